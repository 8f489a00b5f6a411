"""Reports: their syntax with every mistake by its line, how they are kept and shared, over REST."""

import pytest

from runs.errors import RunError
from runs.models import Report, ReportLink
from runs.reports.store import (
    ReportChangedError,
    create_report,
    issue_link,
    report_mark,
    revoke_link,
    save_report,
    shared_report,
)
from runs.reports.syntax import MOST_BLOCKS, Block, Text, parse

THERE_ARE = "There are chart, table, compare, run, sweep."
CHART = "```trainboard chart\nruns: state:finished\nseries: eval/f1, eval/loss\n```"


def problems(text):
    return [str(problem) for part in parse(text) if isinstance(part, Block) for problem in part.problems]


def test_text_and_blocks_stay_in_their_order():
    found = parse(f"# A\n\nb\n\n{CHART}\n\nc")
    assert [type(part) for part in found] == [Text, Block, Text]
    assert (found[0].text.strip(), found[0].line, found[2].text.strip(), found[2].line) == (
        "# A\n\nb",
        1,
        "c",
        9,
    )
    assert found[1].fields == {"runs": "state:finished", "series": "eval/f1, eval/loss"}
    assert (found[1].kind, found[1].line, found[1].lines["series"], found[1].problems) == ("chart", 5, 7, [])


def test_code_of_other_languages_is_text_whatever_stands_in_it():
    text = f"````markdown\n{CHART}\n````\n\n~~~\n```trainboard run\n~~~"
    assert [type(part) for part in parse(text)] == [Text]


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("```trainboard charts\n```", f"Line 1: There is no block “charts”. {THERE_ARE} Did you mean “chart”?"),
        ("```trainboard\n```", f"Line 1: The block does not say of which kind it is. {THERE_ARE}"),
        ("x\n\n```trainboard run\nid 3\n```", "Line 4: “id 3” is no field: write “name: value”."),
        ("```trainboard run\nid: 3\nid: 4\n```", "Line 3: “id” stands here twice; take one of them out."),
        ("```trainboard chart\nruns: a\n```", "Line 1: A chart needs “series: keys with commas”."),
        ("```trainboard run\nid: 3", "Line 1: The block is not closed: a line ``` is missing."),
    ],
)  # fmt: skip
def test_mistakes_are_told_by_line(block, told):
    assert problems(block) == [told]


def test_an_unknown_field_offers_the_nearest():
    (told,) = problems("```trainboard chart\nserie: a\nseries: a\n```")
    assert told.startswith("Line 2: A chart has no “serie”.")
    assert told.endswith("Did you mean “series”?")


def test_too_many_blocks_are_told():
    found = problems("\n".join(["```trainboard run\nid: a\n```"] * (MOST_BLOCKS + 2)))
    assert len(found) == 2
    assert f"{MOST_BLOCKS} blocks at most" in found[0]


@pytest.mark.django_db
class TestStore:
    def test_the_second_of_two_editors_is_told_by_name(self, project, user):
        report = create_report(project, "  A   report ", "a")
        assert report.title == "A report"
        base = report_mark(report)
        save_report(report, "A report", "b", base, user)
        with pytest.raises(ReportChangedError, match="ada changed the report while you wrote") as refused:
            save_report(report, "A report", "c", base)
        assert (refused.value.text, Report.objects.get().text) == ("b", "b")
        save_report(report, "Other", "c", report_mark(Report.objects.get()))
        assert Report.objects.get().title == "Other"

    @pytest.mark.parametrize("title", ["", "  ", "x" * 121, "a\x07"])
    def test_titles_that_cannot_be_are_refused(self, project, title):
        with pytest.raises(RunError):
            create_report(project, title)

    def test_a_link_opens_its_report_until_it_is_closed_and_is_not_kept(self, project):
        report, other = create_report(project, "a"), create_report(project, "b")
        secret = issue_link(report)
        assert shared_report(secret) == report
        link = ReportLink.objects.get()
        assert secret not in str(vars(link))
        assert not revoke_link(other, link.pk)
        assert revoke_link(report, link.pk)
        assert shared_report(secret) is None
        assert shared_report("tbr_x") is None

    def test_rest_makes_changes_shares_and_deletes(self, owner_client, project):
        reports, json = f"/api/v1/projects/{project.slug}/reports", {"content_type": "application/json"}
        made = owner_client.post(reports, {"title": "A", "text": "```trainboard x\n```"}, **json)
        found = made.json()
        assert (made.status_code, found["problems"][0]["line"]) == (201, 1)
        address = f"/api/v1/reports/{found['id']}"
        changed = owner_client.put(
            address, {"title": "B", "text": CHART, "base": found["base"]}, **json
        ).json()
        assert (changed["title"], changed["problems"]) == ("B", [])
        assert owner_client.put(address, {"title": "C", "base": found["base"]}, **json).status_code == 409
        assert [row["title"] for row in owner_client.get(reports).json()] == ["B"]
        link = owner_client.post(f"{address}/links").json()
        assert owner_client.get(f"{address}/links").json() == [{k: v for k, v in link.items() if k != "path"}]
        assert owner_client.delete(f"{address}/links/{link['id']}").status_code == 204
        assert owner_client.get(f"{address}/links").json() == []
        assert owner_client.delete(address).status_code == 204
        assert not Report.objects.exists()
