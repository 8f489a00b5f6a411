from django.urls import URLPattern, URLResolver, path

from dashboard.views import health, home, login, new_run

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("", home.home, name="home"),
    path("welcome", home.welcome, name="welcome"),
    path("welcome/run/<str:recipe>", home.run_example, name="run_example"),
    path("login/", login.password_login, name="login"),
    path("login/link/<str:token>", login.login_link, name="login_link"),
    path("logout/", login.log_out, name="logout"),
    path("p/<slug:project>/new", new_run.project_new, name="project_new"),
    path("p/<slug:project>/new/check", new_run.project_new_check, name="project_new_check"),
]
