"""No inline script or style of ours, and the policy that would refuse a foreign one."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

ROOT = Path(settings.BASE_DIR)
#: A report as one file to take away: it holds its styles, and a policy of its own that lets nothing else in.
ALONE = ROOT / "templates" / "reports" / "file.html"
TEMPLATES = sorted({*(ROOT / "templates").rglob("*.html")} - {ALONE})


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_hold_no_inline_script_or_style(path: Path):
    text = path.read_text()
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "javascript:" not in text


@pytest.mark.django_db
def test_every_answer_has_a_strict_policy(client: Client):
    policy = client.get("/login/").headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["script-src"] == "'self'"
    assert parts["frame-ancestors"] == "'none'"
    assert parts["object-src"] == "'none'"
    assert "*" not in policy
