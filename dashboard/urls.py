"""Every address, one line each."""

from django.urls import URLPattern, URLResolver, path

from dashboard.views import console, runs, workspace

urlpatterns: list[URLPattern | URLResolver] = [
    path("p/<slug:project>/runs", workspace.project_runs, name="project_runs"),
    path("p/<slug:project>/runs.csv", workspace.runs_csv, name="project_runs_csv"),
    path("p/<slug:project>/runs/stop", workspace.stop_runs, name="project_runs_stop"),
    path("r/<str:run>", runs.run_home, name="run_home"),
    path("r/<str:run>/charts", runs.charts, name="run_charts"),
    path("r/<str:run>/overview", runs.overview, name="run_overview"),
    path("r/<str:run>/console", runs.console, name="run_console"),
    path("r/<str:run>/console.txt", console.console_text, name="run_console_text"),
    path("r/<str:run>/console/lines", runs.console_lines, name="run_console_lines"),
    path("r/<str:run>/system", runs.system, name="run_system"),
    path("r/<str:run>/checkpoints", runs.checkpoints, name="run_checkpoints"),
    path("r/<str:run>/events", runs.events, name="run_events"),
    path("r/<str:run>/live", runs.live, name="run_live"),
    path("r/<str:run>/do/<str:verb>", runs.command, name="run_command"),
]
