"""Every setting and every message is described in the docs, and nothing is that does not exist."""

import re
from typing import get_args

from tests.live import PROJECT
from trainer_bridge import protocol

PACKAGES = ("dashboard", "runs", "trainer_bridge")
SETTING = re.compile(r"TRAINBOARD_[A-Z0-9_]+")


def documented(name: str) -> str:
    return (PROJECT / "docs" / name).read_text()


def settings_in_code() -> set[str]:
    files = [path for package in PACKAGES for path in (PROJECT / package).rglob("*.py")]
    return {name for path in files for name in SETTING.findall(path.read_text())}


def test_settings_are_documented() -> None:
    assert set(SETTING.findall(documented("settings.md"))) == settings_in_code()


def test_messages_are_documented() -> None:
    messages = [*get_args(protocol.ClientFrame), *get_args(protocol.ServerFrame), *get_args(protocol.Event)]
    headings = re.findall(r"^### `(\w+)`", documented("protocol.md"), re.MULTILINE)
    assert sorted(headings) == sorted(str(message.__struct_config__.tag) for message in messages)


def test_fields_of_messages_are_documented() -> None:
    sections = re.split(r"^### `(\w+)`", documented("protocol.md"), flags=re.MULTILINE)[1:]
    told = dict(zip(sections[::2], sections[1::2], strict=True))
    for message in (
        *get_args(protocol.ClientFrame),
        *get_args(protocol.ServerFrame),
        *get_args(protocol.Event),
    ):
        missing = [
            name
            for name in message.__struct_fields__
            if f"`{name}`" not in told[message.__struct_config__.tag]
        ]
        assert missing == [], f"{message.__name__}: not in docs/protocol.md"


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_readme_begins_with_the_two_commands() -> None:
    first_screen = "\n".join((PROJECT / "README.md").read_text().splitlines()[:30])
    assert re.findall(r"^pip install .*$", first_screen, re.MULTILINE) == [
        "pip install -e . && python manage.py up",
        "pip install -e '.[test]' && pytest",
    ]


def test_ci_calls_the_readme_command_and_names_no_machine() -> None:
    script = (PROJECT / ".ci" / "run").read_text()
    assert "\npip install -e '.[test]' && pytest\n" in script
    assert not re.search(r"--index-url|--extra-index|https?://", script)
