"""`python manage.py up`: everything Trainboard needs, started, watched and stopped from one terminal.

The parent process (``main``, ``supervisor``) holds no web server and no model: it prepares the data folder,
keeps the listening socket, and watches two children, the web (``web``) and the worker (``worker``).
"""


class StartError(Exception):
    """Trainboard cannot start; the text says why and what to do, in one sentence for people."""
