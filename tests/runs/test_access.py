"""Tokens and log-in links."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from runs.access import api_token_for, issue_api_token, issue_login_link, redeem_login_link, revoke_api_tokens
from runs.models import ApiToken, LoginLink

pytestmark = pytest.mark.django_db


def test_a_token_is_found_by_its_text_which_is_not_stored(user):
    token, text = issue_api_token(user, "ci", ["write", "read"])
    assert api_token_for(text) == token
    assert token.scopes == ["read", "write"]
    assert text not in str(ApiToken.objects.values())


def test_a_token_that_is_wrong_revoked_or_of_a_closed_account_opens_nothing(user):
    _, text = issue_api_token(user, "ci", ["read"])
    assert api_token_for(text + "x") is None
    user.is_active = False
    user.save()
    assert api_token_for(text) is None
    user.is_active = True
    user.save()
    assert revoke_api_tokens("ci") == 1
    assert api_token_for(text) is None


def test_the_last_use_is_noted_but_not_with_every_request(user, django_assert_num_queries):
    token, text = issue_api_token(user, "ci", ["read"])
    api_token_for(text)
    token.refresh_from_db()
    first = token.used_at
    api_token_for(text)
    token.refresh_from_db()
    assert token.used_at == first
    ApiToken.objects.update(used_at=first - timedelta(minutes=2))
    api_token_for(text)
    token.refresh_from_db()
    assert token.used_at >= first


@pytest.mark.parametrize("scopes", [["admin"], [], ["read", "everything"]])
def test_unknown_scopes_are_refused(user, scopes):
    with pytest.raises(ValueError, match="scope"):
        issue_api_token(user, "ci", scopes)


def test_a_login_link_works_once(user):
    text = issue_login_link(user)
    assert redeem_login_link(text) == user
    assert redeem_login_link(text) is None


def test_a_login_link_that_is_old_wrong_or_of_a_closed_account_lets_nobody_in(user):
    assert redeem_login_link("tbl_no") is None
    text = issue_login_link(user)
    LoginLink.objects.update(expires_at=timezone.now())
    assert redeem_login_link(text) is None
    text = issue_login_link(user)
    get_user_model().objects.update(is_active=False)
    assert redeem_login_link(text) is None


def run_token(*args):
    out, err = StringIO(), StringIO()
    call_command("token", *args, stdout=out, stderr=err)
    return out.getvalue().strip()


def test_the_token_command_makes_lists_and_revokes(user):
    text = run_token("--name", "ci", "--scopes", "read,write")
    assert api_token_for(text).scopes == ["read", "write"]
    assert run_token("--list").startswith("ci  read,write  ada  used ")
    assert run_token("--revoke", "ci") == "revoked: ci"
    assert api_token_for(text) is None
    assert run_token("--list").endswith("revoked")


def test_the_token_command_says_what_is_missing(user):
    with pytest.raises(CommandError, match="--name ci"):
        run_token()
    with pytest.raises(CommandError, match="unknown scope root"):
        run_token("--name", "ci", "--scopes", "root")
    with pytest.raises(CommandError, match="no active account “eve”"):
        run_token("--name", "ci", "--user", "eve")
    with pytest.raises(CommandError, match="no open token “x”"):
        run_token("--revoke", "x")
    get_user_model().objects.create_user("bob")
    with pytest.raises(CommandError, match="--user NAME"):
        run_token("--name", "ci")
