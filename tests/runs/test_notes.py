"""Notes on runs and sweeps: kept from two people at once, found by the filter, over REST."""

import pytest

from runs.errors import RunError
from runs.models import Run, Sweep
from runs.notes import MAX_NOTES, NotesChangedError, mark_of, save_notes
from tests.runs.checkpoints.folders import new_run

pytestmark = pytest.mark.django_db


def test_what_another_person_saved_is_not_overwritten_but_told():
    run = new_run()
    base = mark_of("")
    save_notes(run, "hers", base)
    with pytest.raises(NotesChangedError) as refused:
        save_notes(run, "his", base)
    assert refused.value.text == Run.objects.get().notes == "hers"
    # The same text twice is no conflict, and whoever has seen hers may replace it.
    save_notes(run, "hers", base)
    save_notes(run, "both", mark_of("hers"))
    assert Run.objects.get().notes == "both"


def test_a_change_is_seen_by_tables_and_lines_end_in_one_way():
    run = new_run()
    before = run.version
    save_notes(run, "  a\r\nb\0 \n", None)
    found = Run.objects.get()
    assert (found.notes, found.version) == ("a\nb", before + 1)
    with pytest.raises(RunError, match="100,000"):
        save_notes(run, "x" * (MAX_NOTES + 1), None)


def test_notes_are_found_by_the_filter(owner_client):
    run = new_run(name="a")
    new_run(name="b")
    save_notes(run, "the loss **spikes** at 2k", None)
    found = owner_client.get("/api/v1/projects/digits/runs?q=notes~spikes").json()
    assert [row["name"] for row in found["items"]] == ["a"]
    assert owner_client.get("/api/v1/projects/digits/runs?q=notes:*").json()["matching"] == 1


@pytest.mark.parametrize("kind", ["runs", "sweeps"])
def test_rest_reads_and_changes_notes_with_their_mark(owner_client, kind):
    run = new_run()
    thing = (
        run if kind == "runs" else Sweep.objects.create(project=run.project, name="lr", objective="eval/loss")
    )
    address = f"/api/v1/{kind}/{thing.pk}/notes"
    base = owner_client.get(address).json()["base"]
    put = lambda **body: owner_client.put(address, body, content_type="application/json")  # noqa: E731
    assert put(text="*seen*", base=base).json() == {"text": "*seen*", "base": mark_of("*seen*")}
    refused = put(text="other", base=base)
    assert (refused.status_code, owner_client.get(address).json()["text"]) == (409, "*seen*")
    assert "somebody else" in refused.json()["error"]
    assert put(text="other").status_code == 200
