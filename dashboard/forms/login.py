"""The log-in form."""

from django.contrib.auth.forms import AuthenticationForm


class LoginForm(AuthenticationForm):
    """Says the same whether the name is unknown, the password wrong or the account closed."""

    error_messages = {
        "invalid_login": "No account has this user name and password. Upper and lower case count.",
        "inactive": "No account has this user name and password. Upper and lower case count.",
    }
