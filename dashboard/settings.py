"""Settings, all from the environment; the defaults are the embedded installation in one data folder."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("TRAINBOARD_DATA_DIR", BASE_DIR / "data")).resolve()
# For the bridge, which knows no Django and keeps something there too (argument_snapshot.py).
os.environ["TRAINBOARD_DATA_DIR"] = str(DATA_DIR)
# The part that trains, in this process and in those it starts, reads it there (trainer_bridge/folders.py).
os.environ.setdefault("TRAINBOARD_DATA_DIR", str(DATA_DIR))


def _secret_key() -> str:
    """The key that signs sessions: from the environment, else made once and kept in the data folder."""
    if key := os.environ.get("TRAINBOARD_SECRET_KEY"):
        return key
    path = DATA_DIR / "secret-key"
    try:
        return path.read_text()
    except OSError:
        # Commands that only look (makemigrations) work without a data folder; `up` writes the file first.
        return secrets.token_urlsafe(50)


def _database(url: str) -> dict[str, Any]:
    """Django's database setting from a URL: sqlite:///file or postgres://user:password@host:port/name."""
    parts = urlparse(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                # FULL: an acknowledged point survives a power cut.
                # auto_vacuum: a new file can be shrunk later (runs/upkeep.py); it has to come first.
                "init_command": "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; "
                "PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }


SECRET_KEY = _secret_key()
DEBUG = False
# Names that a browser may call this server by; this machine itself (worker, health check) always may.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS += [host for host in os.environ.get("TRAINBOARD_HOSTS", "").split(",") if host]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("TRAINBOARD_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "channels",
    "runs",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "dashboard.middleware.ContentSecurityPolicyMiddleware",
    "dashboard.middleware.StorageTroubleMiddleware",
]
ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.top_bar",
            ],
        },
    }
]

_database_url = os.environ.get("TRAINBOARD_DATABASE_URL", f"sqlite:///{DATA_DIR / 'trainboard.sqlite3'}")
DATABASES = {"default": _database(_database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_redis_url = os.environ.get("TRAINBOARD_REDIS_URL")
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [_redis_url]}}
        if _redis_url
        else {"BACKEND": "runs.local_layer.LocalLayer", "CONFIG": {"capacity": 1000}}
    )
}

# Where runs keep their files: <data folder>/runs/<run id>/…
RUNS_DIR = DATA_DIR / "runs"
# What is made for exports until it is downloaded: <data folder>/exports/<export id>/…
EXPORTS_DIR = DATA_DIR / "exports"
BROKER_URL = os.environ.get("TRAINBOARD_BROKER_URL", "filesystem://")
BROKER_DIR = DATA_DIR / "broker"
# Imported when the first run is queued: the web process starts without Celery.
CELERY_APP = "dashboard.celery.app"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
SESSION_COOKIE_SAMESITE = "Lax"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"


def _storages(place: str) -> dict[str, Any]:
    """Django's storages; "checkpoints" is a folder, or s3://bucket/prefix, in which checkpoints are kept besides."""
    found: dict[str, Any] = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    if place.startswith("s3://"):
        parts = urlparse(place)
        options = {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "endpoint_url": os.environ.get("TRAINBOARD_S3_ENDPOINT") or None,
            "file_overwrite": True,
            "default_acl": None,
        }
        found["checkpoints"] = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    elif place:
        folder = str(Path(place).expanduser().resolve())
        backend = "django.core.files.storage.FileSystemStorage"
        found["checkpoints"] = {"BACKEND": backend, "OPTIONS": {"location": folder}}
    return found


STORAGES = _storages(os.environ.get("TRAINBOARD_CHECKPOINT_STORAGE", ""))
# The largest REST body, in bytes; checkpoints do not come this way.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# The largest file that may be uploaded, in bytes; it comes in parts no larger than a REST body.
UPLOAD_LIMIT = int(os.environ.get("TRAINBOARD_UPLOAD_LIMIT", 2 * 1024**3))
# A run whose bridge was silent this long, in seconds, is crashed.
HEARTBEAT_TIMEOUT = float(os.environ.get("TRAINBOARD_HEARTBEAT_TIMEOUT", "60"))

# What rules send (runs/rules/deliver.py): e-mail through this server, webhooks also to these networks, not only to
# addresses of the public internet.
_email = urlparse(os.environ.get("TRAINBOARD_EMAIL_URL", ""))
EMAIL_READY = _email.scheme in ("smtp", "smtp+tls", "smtps")
EMAIL_HOST = _email.hostname or ""
EMAIL_PORT = _email.port or {"smtps": 465, "smtp+tls": 587}.get(_email.scheme, 25)
EMAIL_HOST_USER = unquote(_email.username or "")
EMAIL_HOST_PASSWORD = unquote(_email.password or "")
EMAIL_USE_TLS = _email.scheme == "smtp+tls"
EMAIL_USE_SSL = _email.scheme == "smtps"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("TRAINBOARD_EMAIL_FROM", "trainboard@localhost")
WEBHOOK_NETWORKS = [one for one in os.environ.get("TRAINBOARD_WEBHOOK_NETWORKS", "").split(",") if one]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "short": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{", "datefmt": "%H:%M:%S"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "short"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        # It warns that the filesystem broker has no host name.
        "kombu.connection": {"level": "ERROR"},
    },
}
