"""Logging in by password or by a link that works once, and logging out."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from dashboard.forms.login import LoginForm
from runs import live
from runs.access import redeem_login_link

_BACKEND = "django.contrib.auth.backends.ModelBackend"

password_login = LoginView.as_view(
    template_name="login.html", authentication_form=LoginForm, redirect_authenticated_user=True
)


class LogOut(LogoutView):
    """Logs out and closes the log-in's open live connections, in other tabs too."""

    next_page = "login"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.session.session_key
        response = super().post(request, *args, **kwargs)
        # Afterwards: a page that reconnects at once must find the session gone.
        if key:
            live.logged_out(key)
        return response


log_out = LogOut.as_view()


@login_not_required
@never_cache
@require_GET  # a HEAD, as link previews send it, must not use the link up
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """Log in whom the link belongs to; 410 with the way to a new one when it was used or is too old."""
    user = redeem_login_link(token)
    if user is not None:
        login(request, user, backend=_BACKEND)
        return redirect("home")
    if request.user.is_authenticated:
        # Reload or Back after the link did its work.
        return redirect("home")
    return render(request, "login_link_gone.html", status=410)
