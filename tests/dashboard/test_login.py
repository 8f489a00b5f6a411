"""Logging in: by password, by a link that works once."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from runs.access import issue_login_link


@pytest.fixture
def person(db):
    return User.objects.create_user("ada", password="a long enough password")


def logged_in(client):
    return "_auth_user_id" in client.session


def log_in(client, **fields):
    return client.post("/login/", {"username": "ada", "password": "a long enough password"} | fields)


def test_the_right_password_logs_in(client, person):
    assert log_in(client)["Location"] == "/"
    assert logged_in(client)


def test_the_page_that_was_asked_for_comes_after(client, person):
    assert log_in(client, next="/welcome")["Location"] == "/welcome"


def test_no_other_site_comes_after(client, person):
    assert log_in(client, next="https://evil.example/")["Location"] == "/"


def test_every_failure_reads_the_same(client, person):
    closed = User.objects.create_user("closed", password="a long enough password", is_active=False)
    tries = [{"password": "wrong"}, {"username": "nobody"}, {"username": closed.username}]
    texts = [log_in(client, **fields).context["form"].non_field_errors() for fields in tries]
    assert texts == [["No account has this user name and password. Upper and lower case count."]] * 3
    assert not logged_in(client)


def test_a_failure_keeps_the_name_and_not_the_password(client, person):
    page = log_in(client, password="wr0ng-word").content.decode()
    assert 'value="ada"' in page
    assert "wr0ng-word" not in page


def test_a_link_logs_in_once(client, person):
    link = f"/login/link/{issue_login_link(person)}"
    assert client.get(link)["Location"] == "/"
    assert logged_in(client)
    client.logout()
    answer = client.get(link)
    assert answer.status_code == 410
    assert "python manage.py login_link" in answer.content.decode()
    assert not logged_in(client)


def test_a_link_pressed_again_while_logged_in_just_goes_on(client, person):
    link = f"/login/link/{issue_login_link(person)}"
    client.get(link)
    assert client.get(link)["Location"] == "/"


@pytest.mark.parametrize("token", ["nonsense", "tbl_" + "x" * 43])
def test_an_unknown_link_is_refused(client, db, token):
    assert client.get(f"/login/link/{token}").status_code == 410


def test_a_link_that_is_too_old_is_refused(client, person):
    link = issue_login_link(person, valid=timedelta(seconds=-1))
    assert client.get(f"/login/link/{link}").status_code == 410
    assert not logged_in(client)


def test_a_preview_of_the_link_does_not_use_it_up(client, person):
    link = f"/login/link/{issue_login_link(person)}"
    assert client.head(link).status_code == 405
    assert client.get(link)["Location"] == "/"


def test_logging_out_needs_a_press(owner_client):
    assert owner_client.get("/logout/").status_code == 405
    assert owner_client.post("/logout/")["Location"] == "/login/"
    assert not logged_in(owner_client)


def test_the_command_prints_a_link_that_works(client, person):
    out = StringIO()
    call_command("login_link", "--user", "ada", "--url", "http://box:9000/", stdout=out)
    link = out.getvalue().strip()
    assert link.startswith("http://box:9000/login/link/tbl_")
    assert client.get(link.removeprefix("http://box:9000"))["Location"] == "/"


@pytest.mark.parametrize("options", [{}, {"user": "nobody"}])
def test_the_command_without_an_account_says_what_makes_one(db, options):
    with pytest.raises(CommandError, match="makes the owner's account"):
        call_command("login_link", **options)
