"""The small language of constraints: what it computes, and what it refuses."""

import pytest

from runs.sweeps.constraints import ConstraintError, parse_constraint

KNOWN = ("args.batch", "args.steps", "params.seed", "args.seed", "args.optim")
VALUES = {"args.batch": 8, "args.steps": 4, "args.seed": 1, "params.seed": 2, "args.optim": "sgd"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("batch * steps <= 32", True),
        ("batch * steps < 32", False),
        ("args.seed < params.seed", True),
        ("2 <= batch <= 8 and not steps == 3", True),
        ("optim in ('adamw', 'sgd')", True),
        ("optim not in ['sgd']", False),
        ("max(batch, steps) == 8 or steps > 9", True),
        ("batch % 3 == 2 and batch // 3 == 2 and steps ** 2 == 16", True),
        ("batch / (steps - 4) > 1", False),
        ("log2(batch) == 3 and -batch < 0", True),
    ],
)
def test_what_it_computes(text, holds):
    assert parse_constraint(text, KNOWN).holds(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "is a text"),
        (3, "is a text"),
        ("batch <=", "cannot be read"),
        ("batch ! 3", "at character"),
        ("speed < 3", "no field “speed”"),
        ("seed < 3", "args.seed"),
        ("1 < 3", "no field"),
        ("__import__('os').system('x') < batch", "functions are"),
        ("batch.__class__ < 3", "no field “batch.__class__”"),
        ("(lambda: batch)() < 3", "functions are"),
        ("[b for b in batch] == 3", "may hold"),
        ("batch if steps else 3", "may hold"),
        ("batch < 3j", "may hold"),
        ("x" * 501, "at most 500"),
        ("(" * 240 + "batch" + ")" * 240, "cannot be read"),
    ],
)
def test_what_it_refuses(text, part):
    with pytest.raises(ConstraintError, match=part):
        parse_constraint(text, KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "optim < 3",
        "batch ** 65 > 1",
        "log(batch - 8) > 0",
        "((batch ** 64) ** 64) ** 64 > 1",
        "'a' * 10 ** 12 == batch",
        "'%9d' % batch == 1",
    ],
)
def test_what_cannot_be_computed_is_told(text):
    with pytest.raises(ConstraintError):
        parse_constraint(text, KNOWN).holds(VALUES)


def test_where_its_field_does_not_exist_it_holds():
    assert parse_constraint("batch < 1", KNOWN).holds({"args.steps": 4})
