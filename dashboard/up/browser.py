"""Opens the log-in link in the person's browser, where there is a screen."""

import os
import sys
import threading
import webbrowser


def open_browser(url: str) -> None:
    """Show ``url`` in the default browser; nothing happens on a machine without a display."""
    if has_display():
        # Some browsers keep the caller waiting until they are closed.
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
