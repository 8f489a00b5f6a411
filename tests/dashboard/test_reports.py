"""Reports as pages, previews, shared links and files."""

import io
import re
import zipfile
from html.parser import HTMLParser

import pytest
from django.test import Client

from runs.models import Project, Report, ReportLink, Run, Sweep
from runs.reports.store import create_report, issue_link, report_mark
from runs.series import append
from tests.dashboard.runs_for_tests import make_run
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db
KEY = "eval/accuracy"


@pytest.fixture
def project(db) -> Project:
    return Project.objects.create(slug="digits", name="Digits")


@pytest.fixture
def report(project) -> Report:
    """One with every kind of block, about two groups of two seeds and a sweep."""
    sweep = Sweep.objects.create(
        project=project, name="lr sweep", objective=KEY, space={"args.learning_rate": []}
    )
    runs = [
        make_run(
            project,
            f"<b>{rate}</b>-{seed}",
            state="finished",
            accuracy=0.8 + seed / 100 + rate,
            args={"learning_rate": rate, "seed": seed},
            sweep=sweep,
            trial=round(200 * rate) + seed,
        )
        for rate in (0.01, 0.02)
        for seed in (1, 2)
    ]
    blocks = [
        ("chart", f"series: {KEY}\nseeds: yes\nsmoothing: 0.5"),
        ("table", f"runs: state:finished\nsort: -{KEY}\ncolumns: {KEY}, learning_rate"),
        ("compare", ""),
        ("run", f"id: {runs[0].pk}"),
        ("sweep", f"id: {sweep.pk}"),
    ]
    text = "\n\n".join(f"```trainboard {kind}\n{fields}\n```" for kind, fields in blocks)
    return create_report(project, "What helps", f"Some *words*.\n\n{text}")


def address(report, name=""):
    return f"/p/digits/reports/{report.pk}{name}"


def test_every_block_shows_what_it_asks_for(owner_client, report):
    response = owner_client.get(address(report))
    page = response.content.decode()
    assert response.context["problems"] == []
    assert "<em>words</em>" in page
    assert 'class="band"' in page
    assert page.count('class="report-block') == 5
    assert "On eval/accuracy, &lt;b&gt;0.02&lt;/b&gt;-1 is" in page or "within noise of" in page
    assert "4 of 4 trials have ended · best eval/accuracy 0.8400" in page
    assert "<b>0.0" not in page


def test_series_runs_and_values_that_cannot_be_had_are_told_at_their_line(owner_client, project, report):
    blocks = [
        "chart\nseries: eval/acuracy",
        "chart\nruns: stat:finished\nseries: eval/accuracy",
        "chart\nruns: state:failed\nseries: eval/accuracy",
        "chart\nseries: eval/accuracy\nsmoothing: 2",
        "chart\nseries: eval/accuracy\nx: steps",
        "table\nsort: lr_rate",
        "table\ncolumns: nothing",
        "table\nlimit: many",
        "compare\nbase: x",
        "run\nid: gone",
        "sweep\nid: gone",
    ]
    text = "\n".join(f"```trainboard {block}\n```" for block in blocks)
    found = owner_client.post("/p/digits/reports/preview", {"text": text}).json()
    told = [problem["text"] for problem in found["problems"]]
    assert len(told) == len(blocks)
    assert told[0] == "None of these 4 runs has measured “eval/acuracy”. Did you mean “eval/accuracy”?"
    assert told[2] == "No run matches. Filters are written as on the runs page."
    assert told[3] == "“2” is not a number from 0 to 0.99."
    assert told[4] == "“steps” is none of step, epoch, relative, wall, tokens."
    assert told[9] == "There is no run “gone” in Digits. It may have been deleted."
    lines = text.split("\n")
    named = [lines[problem["line"] - 1] for problem in found["problems"]]
    assert named[:4] == ["series: eval/acuracy", "runs: stat:finished", "runs: state:failed", "smoothing: 2"]
    assert found["html"].count('class="report-problem"') == len(blocks)


def test_a_group_of_seeds_is_called_without_its_seed(owner_client, project):
    for seed in (1, 2):
        make_run(project, f"lr-s{seed}", state="finished", accuracy=0.8 + seed / 100, args={"seed": seed})
    found = owner_client.post("/p/digits/reports/preview", {"text": "```trainboard compare\n```"}).json()[
        "html"
    ]
    assert ">lr</a>" in found
    assert "± 0.064" in found


def test_a_new_report_is_about_trainings(owner_client, project, report):
    make_run(project, "once more", state="finished", kind="evaluation", objective="test/accuracy")
    owner_client.post("/p/digits/reports/new", {"title": "Mine"})
    assert f"series: {KEY}" in Report.objects.get(title="Mine").text


def test_a_new_report_shows_something_at_once_and_is_edited_and_deleted(owner_client, report):
    page = owner_client.post("/p/digits/reports/new", {"title": "Mine"}, follow=True)
    mine = Report.objects.get(title="Mine")
    assert page.context["problems"] == []
    saved = owner_client.post(
        address(mine, "/save"), {"title": "Ours", "text": "new", "base": page.context["base"]}, follow=True
    )
    assert "<h1>Ours</h1>" in saved.content.decode()
    assert "Ours" in owner_client.get("/p/digits/reports").content.decode()
    owner_client.post(address(mine, "/delete"))
    assert not Report.objects.filter(pk=mine.pk).exists()
    untitled = owner_client.post("/p/digits/reports/new", {"title": " "}, follow=True)
    assert "Give the report a title." in untitled.content.decode()


def test_the_second_of_two_editors_keeps_what_was_typed_and_sees_the_other(owner_client, report):
    base = report_mark(report)
    owner_client.post(address(report, "/save"), {"title": "T", "text": "theirs", "base": base})
    answer = owner_client.post(address(report, "/save"), {"title": "M", "text": "mine", "base": base})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert ">mine</textarea>" in page
    assert ">theirs</pre>" in page
    again = owner_client.post(
        address(report, "/save"), {"title": "M", "text": "mine", "base": answer.context["base"]}
    )
    assert (again.status_code, Report.objects.get(pk=report.pk).text) == (302, "mine")
    empty = owner_client.post(address(report, "/save"), {"title": "", "text": "kept"})
    assert (empty.status_code, ">kept</textarea>" in empty.content.decode()) == (422, True)


class Addresses(HTMLParser):
    """Everything that a page would fetch or lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.found += [
            value or "" for name, value in attrs if name in ("src", "href", "action", "data", "xlink:href")
        ]


def fetched(html):
    reader = Addresses()
    reader.feed(html)
    return reader.tags & {"script", "link", "img", "iframe", "form"}, reader.found


def test_the_html_file_needs_nothing_and_leads_nowhere(owner_client, report):
    answer = owner_client.get(address(report, "/report.html"))
    html = answer.content.decode()
    assert answer["Content-Disposition"] == 'attachment; filename="what-helps.html"'
    assert fetched(html) == (set(), [])
    assert re.findall(r"url\(|@import", html) == []
    assert html.count('class="picture"') == 1
    assert "default-src 'none'" in html


def test_the_markdown_file_has_tables_and_pictures(owner_client, report):
    answer = owner_client.get(address(report, "/report.zip"))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["images/01.svg", "report.md"]
        text, picture = archive.read("report.md").decode(), archive.read("images/01.svg").decode()
    assert text.startswith("# What helps\n\nSome *words*.")
    assert "![eval/accuracy](images/01.svg)" in text
    assert "| run | state | eval/accuracy | learning\\_rate |" in text
    assert "&lt;b&gt;0.02&lt;/b&gt;-2" in text
    assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg"')


def test_a_shared_link_is_read_without_an_account_until_it_is_closed(owner_client, report):
    shown = owner_client.post(address(report, "/share"))
    secret = re.search(r"/shared/(tbr_[\w-]+)", shown.content.decode())[1]
    stranger = Client()
    answer = stranger.get(f"/shared/{secret}")
    assert answer.status_code == 200
    assert fetched(answer.content.decode()) == (set(), [])
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "private, no-store")
    assert "script-src" not in answer["Content-Security-Policy"]
    # It opens this one page only.
    assert stranger.get(address(report)).status_code == 302
    owner_client.post(address(report, f"/links/{ReportLink.objects.get().pk}/revoke"))
    assert stranger.get(f"/shared/{secret}").status_code == 404


def test_pages_need_an_account_and_a_report_belongs_to_its_project(client, owner_client, report):
    for name in ("", "/edit", "/report.html", "/report.zip"):
        assert client.get(address(report, name)).status_code == 302
    Project.objects.create(slug="other", name="Other")
    assert owner_client.get(f"/p/other/reports/{report.pk}").status_code == 404
    assert issue_link(report) not in owner_client.get(address(report)).content.decode()


def test_a_report_costs_the_same_for_few_runs_and_for_many(
    owner_client, project, report, django_assert_max_num_queries
):
    def cost():
        with django_assert_max_num_queries(70) as found:
            owner_client.get(address(report))
        return len(found)

    cost()
    before = cost()
    sweep = Sweep.objects.get()
    for seed in range(3, 9):
        make_run(
            project, f"more-{seed}", state="finished", args={"learning_rate": 0.01, "seed": seed}, sweep=sweep
        )
    # One more where more seeds would settle something: which are free.
    assert cost() <= before + 1


def test_nan_gaps_logarithms_and_a_single_point_are_drawn(owner_client, project):
    run = Run.objects.create(project=project, name="odd", state="finished", mark=13)
    values = [1.0, float("nan"), 10.0, float("inf"), -1.0, 100.0]
    append(
        run.pk,
        1,
        [Metrics(step=n, time=float(n), epoch=None, values={"eval/x": v}) for n, v in enumerate(values)],
    )
    text = "\n".join(f"```trainboard chart\nseries: eval/x\nlog: {log}\n```" for log in ("yes", "no"))
    page = owner_client.post("/p/digits/reports/preview", {"text": text}).json()
    assert page["problems"] == []
    logarithmic, linear = page["html"].split("<svg")[1:]
    assert (logarithmic.count("<polyline"), linear.count("<polyline")) == (3, 3)
    assert "nan" not in page["html"].lower()
