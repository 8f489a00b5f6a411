"""Webhooks to a real HTTP server, e-mails through a real SMTP socket: what arrives, and what does not."""

import json
import socket
import socketserver
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address

import pytest
from django.core import mail
from django.utils import timezone

from runs.models import Delivery
from runs.rules import deliver, webhook
from runs.rules.deliver import WAITS, deliver_due, send_test, try_again
from tests.runs.rules.conftest import loss

pytestmark = pytest.mark.django_db
ABOVE_4 = {"metric": "train/loss", "limit": 4.0}


class Receiver(HTTPServer):
    """Keeps what was posted; answers with what stands in ``answers``, then 200."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got, self.answers = [], []
        self.url = f"http://127.0.0.1:{self.server_port}/hook?room=1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def fired(send, rule, receiver):
    """A rule with a webhook that has just fired."""
    made = rule(options=ABOVE_4, actions=("webhook",), webhook=receiver.url, name="too high")
    send(loss(3, 9.0))
    return made


def test_a_webhook_brings_the_facts_signed(run, fired, receiver):
    assert deliver_due() == 1
    (path, headers, body) = receiver.got[0]
    assert path == "/hook?room=1"
    told = json.loads(body)
    assert told["text"] == f"{run.name}: train/loss is 9, above 4"
    assert (told["rule"]["name"], told["run"]["id"], told["step"]) == ("too high", run.pk, 3)
    moment = int(headers["X-Trainboard-Signature"].split(",")[0].removeprefix("t="))
    secret = webhook.secret_of(run.project_id)
    assert headers["X-Trainboard-Signature"] == webhook.signature(secret, moment, body)
    assert Delivery.objects.get().state == "delivered"
    assert deliver_due() == 0


def test_a_failed_call_is_tried_again_ever_later_and_given_up(fired, receiver):
    receiver.answers = [500] * (len(WAITS) + 1)
    now = timezone.now()
    waits = []
    for _ in range(len(WAITS)):
        assert deliver_due(now) == 1
        row = Delivery.objects.get()
        waits.append((row.next_at - now).total_seconds())
        assert deliver_due(row.next_at - timedelta(seconds=1)) == 0
        now = row.next_at
    assert waits == list(WAITS)
    deliver_due(now)
    row = Delivery.objects.get()
    assert (row.state, row.last_error) == ("failed", "answered 500 Internal Server Error")
    assert try_again(row)
    assert deliver_due() == 1
    assert Delivery.objects.get().state == "delivered"
    assert not try_again(row)


def test_a_redirect_is_not_followed(fired, receiver):
    receiver.answers = [302]
    deliver_due()
    assert Delivery.objects.get().last_error == "answered 302 Found"


def test_nobody_there_is_told(fired, receiver):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        Delivery.objects.update(target=f"http://127.0.0.1:{free.getsockname()[1]}/")
        deliver_due()
    assert "ConnectionRefusedError" in Delivery.objects.get().last_error


def test_two_processes_send_a_delivery_once(fired, receiver, monkeypatch):
    row = Delivery.objects.get()
    assert deliver._claimed_and_sent(row, timezone.now())
    row.state = "waiting"
    assert not deliver._claimed_and_sent(row, timezone.now())
    assert len(receiver.got) == 1


INSIDE = "127.0.0.1 10.1.2.3 192.168.0.1 169.254.169.254 0.0.0.0 224.0.0.1 100.64.0.1 ::1 fe80::1 fd00::1 ::ffff:7f00:1"


@pytest.mark.parametrize("address", INSIDE.split())
def test_what_is_not_on_the_public_internet_is_refused(address, settings):
    settings.WEBHOOK_NETWORKS = []
    assert "not on the public internet" in webhook.forbidden(ip_address(address))
    assert webhook.address_problem(f"http://[{address}]/" if ":" in address else f"http://{address}/")


def test_public_and_allowed_addresses_are_called(settings):
    settings.WEBHOOK_NETWORKS = ["10.0.0.0/8"]
    assert not webhook.forbidden(ip_address("8.8.8.8"))
    assert not webhook.forbidden(ip_address("10.9.9.9"))
    assert webhook.forbidden(ip_address("192.168.1.1"))


def test_a_name_that_points_inside_is_refused_when_it_is_called(fired, receiver, settings):
    settings.WEBHOOK_NETWORKS = []
    Delivery.objects.update(target=receiver.url.replace("127.0.0.1", "localhost"))
    deliver_due()
    assert receiver.got == []
    assert "not on the public internet" in Delivery.objects.get().last_error


@pytest.mark.parametrize(
    "url", ["", "ftp://a.b/", "http://", "http://u:p@example.org/", "http://a.b:99999/", "http://a.b/\nX: y", "file:///etc"]
)  # fmt: skip
def test_what_is_no_address_is_said(url):
    assert webhook.address_problem(url)


def test_an_email_says_rule_run_and_where_to_look(run, send, rule, settings):
    settings.EMAIL_READY = True
    settings.CSRF_TRUSTED_ORIGINS = ["https://train.example.org"]
    rule(options=ABOVE_4, actions=("email",), email_to=["ada@example.org", "bob@example.org"])
    send(loss(3, 9.0))
    assert deliver_due() == 2
    assert sorted(message.to[0] for message in mail.outbox) == ["ada@example.org", "bob@example.org"]
    assert mail.outbox[0].subject == f"[Trainboard] {run.name}: train/loss is 9, above 4"
    assert f"https://train.example.org/r/{run.pk}/events" in mail.outbox[0].body


class _Smtp(socketserver.StreamRequestHandler):
    """As much of a mail server as one message needs."""

    def handle(self):
        self._say("220 ready")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            if verb == "DATA":
                self._say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.letters.append(b"".join(lines).decode())
            self._say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return

    def _say(self, text):
        self.wfile.write(f"{text}\r\n".encode())


def test_an_email_goes_through_a_mail_server(fired, settings):
    settings.EMAIL_READY = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    fired.email_to, fired.actions = ["ada@example.org"], ["email"]
    Delivery.objects.all().delete()
    with socketserver.TCPServer(("127.0.0.1", 0), _Smtp) as server:
        server.letters = []
        settings.EMAIL_PORT = server.server_address[1]
        threading.Thread(target=server.handle_request, daemon=True).start()
        send_test(fired)
        assert deliver_due() == 1
    assert Delivery.objects.get().state == "delivered", Delivery.objects.get().last_error
    assert "A test of the rule" in server.letters[0]


def test_a_mail_server_that_is_away_is_told(fired, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    Delivery.objects.update(channel="email", target="ada@example.org")
    deliver_due()
    row = Delivery.objects.get()
    assert row.state == "waiting"
    assert "refused" in row.last_error
