"""Every address, one line each."""

from django.urls import URLPattern, URLResolver, include, path

from dashboard.views import (
    checkpoints,
    compare,
    console,
    health,
    home,
    login,
    new_run,
    runs,
    sweeps,
    # workspace,  # until dashboard/views/workspace.py is there
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("api/v1/", include("runs.api.urls")),
    path("", home.home, name="home"),
    path("welcome", home.welcome, name="welcome"),
    path("welcome/run/<str:recipe>", home.run_example, name="run_example"),
    path("login/", login.password_login, name="login"),
    path("login/link/<str:token>", login.login_link, name="login_link"),
    path("logout/", login.log_out, name="logout"),
    # path("p/<slug:project>/runs", workspace.project_runs, name="project_runs"),
    # path("p/<slug:project>/runs.csv", workspace.runs_csv, name="project_runs_csv"),
    # path("p/<slug:project>/runs/stop", workspace.stop_runs, name="project_runs_stop"),
    path("p/<slug:project>/new", new_run.project_new, name="project_new"),
    path("p/<slug:project>/new/check", new_run.project_new_check, name="project_new_check"),
    path("p/<slug:project>/sweeps", sweeps.project_sweeps, name="project_sweeps"),
    path("p/<slug:project>/compare", compare.project_compare, name="project_compare"),
    path("p/<slug:project>/checkpoints", checkpoints.project_checkpoints, name="project_checkpoints"),
    path("c/<str:checkpoint>/download", checkpoints.checkpoint_download, name="checkpoint_download"),
    path("s/<str:sweep>", sweeps.sweep, name="sweep"),
    path("s/<str:sweep>/stop", sweeps.sweep_stop, name="sweep_stop"),
    path("r/<str:run>", runs.run_home, name="run_home"),
    path("r/<str:run>/charts", runs.charts, name="run_charts"),
    path("r/<str:run>/overview", runs.overview, name="run_overview"),
    path("r/<str:run>/console", runs.console, name="run_console"),
    path("r/<str:run>/console.txt", console.console_text, name="run_console_text"),
    path("r/<str:run>/console/lines", runs.console_lines, name="run_console_lines"),
    path("r/<str:run>/system", runs.system, name="run_system"),
    path("r/<str:run>/checkpoints", runs.checkpoints, name="run_checkpoints"),
    path("r/<str:run>/best/download", checkpoints.run_best_download, name="run_best_download"),
    path("r/<str:run>/events", runs.events, name="run_events"),
    path("r/<str:run>/live", runs.live, name="run_live"),
    path("r/<str:run>/do/<str:verb>", runs.command, name="run_command"),
]
