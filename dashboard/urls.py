from django.urls import URLPattern, URLResolver, path

from dashboard.views.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
]
