"""The Celery app. The embedded installation's broker is a folder; Redis or RabbitMQ come by URL."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")


def broker_options(url: str, folder: Path) -> dict[str, Any]:
    """kombu's transport options for ``url``; makes the folders that the filesystem transport needs."""
    if url.startswith(("redis://", "rediss://")):
        # A broker that does not answer must not hold up the click that launched a run.
        return {"socket_connect_timeout": 2, "max_retries": 0}
    if not url.startswith("filesystem://"):
        return {}
    messages, control = folder / "messages", folder / "control"
    for path in (messages, control):
        path.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.05,
        "store_processed": False,
    }


def make_app(url: str, folder: Path) -> Celery:
    """A Celery app that sends and takes "look" messages over the broker at ``url``."""
    app = Celery("trainboard", broker=url)
    if url.startswith("filesystem://"):
        app.conf.broker_transport = "dashboard.folder_broker:Transport"
    app.conf.update(
        broker_transport_options=broker_options(url, folder),
        broker_connection_timeout=2,
        broker_connection_retry_on_startup=True,
        imports=["runs.tasks"],
        task_ignore_result=True,
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_pool="threads",
        worker_hijack_root_logger=False,
        timezone="UTC",
    )
    return app


app = make_app(settings.BROKER_URL, settings.BROKER_DIR)
