"""The files under /static/: ours, and Plotly's out of its Python package (nothing vendored, no CDN)."""

from typing import Any

from django.conf import settings
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

#: How long a browser may use a file without asking whether it changed, in seconds.
MAX_AGE = 60


class Files(StaticFiles):
    """A folder whose files say how long they keep and that they are what they say they are."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


static_files = Starlette(
    routes=[
        Mount("/static/plotly", Files(packages=[("plotly", "package_data")])),
        Mount("/static", Files(directory=settings.BASE_DIR / "static")),
    ]
)
