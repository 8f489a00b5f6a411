"""Fields of runs, times, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from runs.models import Project, Run
from runs.query import QueryError, parse
from runs.query.complete import complete
from runs.query.evaluate import evaluate
from runs.query.marks import rows, tokens
from runs.series import append
from runs.table.columns import RunColumns
from runs.table.index import Index
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def found(project: Project) -> RunColumns:
    """Two runs: "old" of the day before NOON, which took an hour, and "new", which runs since NOON."""
    for name, created, ended in (
        ("old", NOON - timedelta(days=1), NOON - timedelta(hours=23)),
        ("new", NOON, None),
    ):
        spec = {"recipe": "digits-vit", "args": {"seed": 7, "bf16": True}}
        run = Run.objects.create(
            project=project, name=name, tags=["base", "two words"], spec=spec, state="running"
        )
        times = {"created_at": created, "started_at": created, "ended_at": ended}
        Run.objects.filter(pk=run.pk).update(**times)
        append(run.pk, 1, [Metrics(step=1, time=1.0, values={"eval/f1": 0.5 if name == "old" else 0.9})])
    index = Index(project.pk)
    index.refresh()
    return RunColumns(index, (NOON + timedelta(hours=2)).timestamp())


def names(found: RunColumns, q: str) -> set[str]:
    mask = evaluate(parse(q), found)
    return {found.column("name").value(place) for place in range(found.size) if mask[place]}


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("created:2026-11-24", {"new"}),
        ("created>2026-11-23", {"new"}),
        ("created>=2026-11-23", {"old", "new"}),
        ("created<=2026-11-23", {"old"}),
        ("created<2026-11-24T12:00", {"old"}),
        ("created:2026-11-24T12:00", {"new"}),
        ("age<1d", {"new"}),
        ("duration:1h", {"old"}),
        ("duration>90min", {"new"}),
        ("-ended:*", {"new"}),
        ("recipe:digits-vit bf16:true", {"old", "new"}),
        ("seed:7.0", {"old", "new"}),
        ("learning_rate:2e-3", {"old", "new"}),
        ('tag:"two words" -tag:other', {"old", "new"}),
        ("eval/f1:1/2", {"old"}),
        ("TAG:x or name:NEW", set()),
    ],
)
def test_fields(found: RunColumns, q: str, expected: set[str]):
    if q.startswith("TAG"):
        with pytest.raises(QueryError, match="There is no “TAG”"):
            names(found, q)
    else:
        assert names(found, q) == expected


@pytest.mark.parametrize(
    ("q", "at", "said"),
    [
        ("learning_rat<1", 0, "Did you mean learning_rate?"),
        ("vit f1>0.8", 4, "Did you mean eval/f1?"),
        ("eval/f1>abc", 8, "Expected: a number, such as 0.8"),
        ("eval/f1:abc", 8, "Expected: a number"),
        ("name>3x", 5, "Expected: a number"),
        ("created>yesterday", 8, "Expected: a date"),
        ("age<soon", 4, "Expected: a length of time"),
        ("eval/f1>*", 8, "“*” does not fit here"),
    ],
)
def test_refused(found: RunColumns, q: str, at: int, said: str):
    with pytest.raises(QueryError) as error:
        names(found, q)
    assert error.value.at == at
    assert said in error.value.sentence


def offered(found: RunColumns, text: str) -> list[tuple[str, int | None]]:
    mask = evaluate(None, found)
    return [(offer.insert, offer.count) for offer in complete(found, mask, text, len(text)).offers]


def test_keys_then_values_with_counts_are_offered(found: RunColumns):
    assert offered(found, "eval/f")[0] == ("eval/f1>", 2)
    assert ("learning_rate:", 2) in offered(found, "vit (learning")
    assert offered(found, "state:") == [("running", 2)]
    assert offered(found, "tag:base,t") == [('"two words"', 2)]
    assert offered(found, 'tag:"two') == [('"two words"', 2)]
    assert offered(found, "eval/f1>") == [("0.9", None), ("0.7", None), ("0.5", None)]
    assert offered(found, "created:2026") == [("2026-11-23", 1), ("2026-11-24", 1)]
    assert offered(found, "zzz:") == []
    assert offered(found, "vit or") == []
    # Neither run was archived, nor is anything known of its sweep.
    assert [text for text, _ in offered(found, "sweep")] == []


def test_an_offer_replaces_what_was_typed(found: RunColumns):
    text = "vit -sta"
    made = complete(found, evaluate(None, found), text, len(text))
    assert text[: made.begin] + made.offers[0].insert == "vit -state:"


def test_pieces_and_rows_of_a_filter():
    text = 'vit -state:failed,"a b" or eval/f1>0.8'
    tree = parse(text)
    assert [(text[a:b], kind) for a, b, kind in tokens(tree)] == [
        ("vit", "word"),
        ("state", "key"),
        ("failed", "value"),
        ('"a b"', "value"),
        ("eval/f1", "key"),
        ("0.8", "value"),
    ]
    found = rows(tree)
    assert found is not None
    assert [(row.joint, row.is_not, row.key, row.operator, row.value) for row in found] == [
        ("and", False, "", "~", "vit"),
        ("and", True, "state", "=", 'failed,"a b"'),
        ("or", False, "eval/f1", ">", "0.8"),
    ]
    assert rows(parse("a (b or c)")) is None
