"""Answers that Django has no class for."""

from django.http import HttpResponseRedirect


class SeeOther(HttpResponseRedirect):
    """After a POST: the browser gets the other page, and reloading it does not send the form again."""

    status_code = 303
