"""The web process: HTTP, the two websockets, and what runs beside them."""

import os
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
# Loads the apps; what follows imports models.
pages = get_asgi_application()

from dashboard.archive_sending import ArchiveSending  # noqa: E402
from dashboard.guards import BodyLimit, OriginGuard, not_found  # noqa: E402
from dashboard.lifespan import Lifespan  # noqa: E402
from dashboard.static_files import static_files  # noqa: E402
from runs.consumers import BridgeConsumer, LiveConsumer  # noqa: E402

# A training is no browser: it sends no Origin, and if one does it must be a page of ours.
bridge: Any = OriginGuard(BridgeConsumer.as_asgi(), required=False)
live: Any = OriginGuard(AuthMiddlewareStack(LiveConsumer.as_asgi()), required=True)
sockets = URLRouter([path("ws/bridge/", bridge), path("ws/live/", live), re_path("", not_found)])
files: Any = static_files
limited: Any = BodyLimit(ArchiveSending(pages))
http = URLRouter([re_path("^static/", files), re_path("", limited)])
application = ProtocolTypeRouter({"http": http, "websocket": sockets, "lifespan": Lifespan()})
