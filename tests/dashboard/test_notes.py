"""Notes as people see them: Markdown that can do no harm, edited in place."""

from html.parser import HTMLParser

import pytest

from dashboard.markdown import render
from runs.models import Run
from runs.notes import mark_of, save_notes
from tests.runs.checkpoints.folders import new_run


class Markup(HTMLParser):
    """Which tags and attributes there really are."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: dict[str, str] = {}

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= dict(attrs)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "![a](https://tracker.example/x.png)",
        '<a href="https://example.org" onclick="x()">a</a>',
        '[a](https://example.org "x" onclick=x())',
        "<style>body{display:none}</style>",
        "<iframe src=//example.org></iframe>",
    ],
)
def test_no_markup_of_strangers_survives(text):
    reader = Markup()
    reader.feed(render(text))
    assert reader.tags <= {"p", "a"}
    assert set(reader.attributes) <= {"href", "rel", "title"}
    assert not reader.attributes.get("href", "").startswith(("javascript:", "data:"))


def test_markdown_becomes_its_html_and_links_say_nothing_of_the_page():
    html = render("# A\n\n- **b** ~~c~~\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n[d](https://example.org)")
    for part in (
        "<h1>A</h1>",
        "<strong>b</strong>",
        "<s>c</s>",
        "<td>2</td>",
        'rel="noopener noreferrer nofollow"',
    ):
        assert part in html


@pytest.mark.django_db
def test_notes_are_saved_from_the_overview_and_shown_there(owner_client):
    run = new_run()
    answer = owner_client.post(f"/r/{run.pk}/notes", {"text": "**seen**", "base": mark_of("")}, follow=True)
    assert "<strong>seen</strong>" in answer.content.decode()
    card = owner_client.post(f"/r/{run.pk}/notes", {"text": "new"}, headers={"X-Requested-With": "fetch"})
    assert card.content.decode().lstrip().startswith("<section")
    assert owner_client.post("/notes/preview", {"text": "*x*"}).json()["html"] == "<p><em>x</em></p>\n"


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "fetch"}])
def test_who_comes_second_is_told_and_keeps_what_was_typed(owner_client, headers):
    run = new_run()
    save_notes(run, "theirs <b>", None)
    answer = owner_client.post(f"/r/{run.pk}/notes", {"text": "mine", "base": mark_of("")}, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "changed by somebody else" in page
    assert ">mine</textarea>" in page
    assert "theirs &lt;b&gt;" in page
    assert f'value="{mark_of("theirs <b>")}"' in page
    assert Run.objects.get().notes == "theirs <b>"
