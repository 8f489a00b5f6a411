"""Which column plays which role: what a recipe asks for, what a person said, what names and types suggest.

No training library is imported here; columns come as names with their types in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trainer_bridge.data_problem import DataProblem
from trainer_bridge.fields import did_you_mean

Kind = Literal["text", "label", "float", "tokens", "tags", "image", "audio", "answers", "choices"]
#: A column's type, as far as roles go: "class" is an integer with names, "list" holds texts, "classes" integers with
#: names or plain ones, "struct" anything else.
Type = Literal["text", "class", "int", "float", "bool", "list", "classes", "image", "audio", "struct"]


@dataclass(frozen=True)
class Column:
    """What a recipe needs a column to hold. An ``optional`` one may be absent."""

    kind: Kind
    optional: bool = False


#: Role → the names it usually has, the most telling first; the role's own name comes before them.
NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("sentence", "sentence1", "content", "review", "document", "body", "premise", "text1", "tweet", "title"),
    "text_pair": ("sentence2", "hypothesis", "text2", "text_b", "passage", "second", "context"),
    "label": ("labels", "class", "target", "category", "sentiment", "intent", "language", "lang", "gold", "y"),
    "score": ("label", "rating", "stars", "similarity", "target", "value", "y"),
    "tokens": ("words", "sentence"),
    "tags": ("ner_tags", "labels", "ner", "pos_tags", "pos", "upos"),
    "question": ("query",),
    "context": ("passage", "paragraph", "document", "text"),
    "answers": ("answer",),
    "image": ("img", "picture", "photo", "pixels"),
    "audio": ("speech", "sound", "wav", "file"),
    "source": ("input", "article", "document", "dialogue", "src", "question", "text"),
    "target": ("output", "summary", "highlights", "translation", "tgt", "answer", "title"),
    "choices": ("endings", "options", "answers"),
}  # fmt: skip
#: Kind → the types it can be made of.
FITS: Mapping[Kind, tuple[Type, ...]] = {
    "text": ("text",),
    "label": ("class", "text", "int", "bool"),
    "float": ("float", "int", "class"),
    "tokens": ("list",),
    "tags": ("classes", "list"),
    "image": ("image",),
    "audio": ("audio",),
    "answers": ("struct", "text"),
    "choices": ("list",),
}


def roles(
    needs: Mapping[str, Column], columns: Mapping[str, Type], said: Mapping[str, str | None]
) -> dict[str, str]:
    """Role → column: what was ``said``, else the best guess. An optional role without a column, or of which None was
    said, is left out.

    Raises DataProblem for a role or a column that is not there, a column that does not fit or was said twice, and a
    role that nothing fits.
    """
    found = {role: _checked(role, column, needs, columns) for role, column in said.items() if column}
    if doubled := next((name for name in found.values() if [*found.values()].count(name) > 1), None):
        raise DataProblem("columns", f"The column “{doubled}” cannot play two roles.")
    # Names tell more than types: every role gets its named column before one takes what is left.
    for guess in (_by_name, _by_type):
        for role, need in needs.items():
            free = {name: kind for name, kind in columns.items() if name not in found.values()}
            if role not in {*found, *said} and (column := guess(role, need, free)):
                found[role] = _checked(role, column, needs, columns)
    missing = [role for role, need in needs.items() if role not in found and not need.optional]
    if missing:
        raise DataProblem("columns", _missing(missing, needs, columns))
    return {role: found[role] for role in needs if role in found}


def _checked(role: str, column: str, needs: Mapping[str, Column], columns: Mapping[str, Type]) -> str:
    if role not in needs:
        raise DataProblem(
            "columns", f"This recipe uses no “{role}”, only {', '.join(needs)}.{did_you_mean(role, needs)}"
        )
    if column not in columns:
        raise DataProblem("columns", f"There is no column “{column}”.{nearest(column, columns)}")
    fits = FITS[needs[role].kind]
    if columns[column] not in fits:
        raise DataProblem(
            "columns",
            f"The column “{column}” holds {_WORDS[columns[column]]}, but {role} needs "
            f"{' or '.join(_WORDS[kind] for kind in fits)}.",
        )
    return column


def nearest(column: str, columns: Mapping[str, Type]) -> str:
    """“ Did you mean …?”, or which columns there are."""
    return did_you_mean(column, columns) or f" There are: {', '.join(columns)}."


def _by_name(role: str, need: Column, free: Mapping[str, Type]) -> str | None:
    """The column that is called like the role, whether it fits or not; else one with a usual name that fits."""
    folded = {name.lower().replace("-", "_"): name for name in free}
    if role in folded:
        return folded[role]
    usual = (folded[name] for name in NAMES.get(role, ()) if name in folded)
    return next((name for name in usual if free[name] in FITS[need.kind]), None)


def _by_type(role: str, need: Column, free: Mapping[str, Type]) -> str | None:
    """For what must be there, the only column that fits; of labels with names the first."""
    for kind in () if need.optional else FITS[need.kind]:
        if fitting := [name for name, own in free.items() if own == kind]:
            return fitting[0] if len(fitting) == 1 or kind == "class" else None
    return None


def _missing(missing: list[str], needs: Mapping[str, Column], columns: Mapping[str, Type]) -> str:
    wanted = " and ".join(f"{role} ({_WORDS[FITS[needs[role].kind][0]]})" for role in missing)
    there = ", ".join(f"{name} ({_WORDS[kind]})" for name, kind in columns.items())
    example = "{" + ", ".join(f'"{role}": "…"' for role in missing) + "}"
    return f"Which column is {wanted}? There are: {there}. Say it as {example}."


_WORDS: Mapping[Type, str] = {
    "text": "text",
    "class": "labels",
    "int": "whole numbers",
    "float": "numbers",
    "bool": "true or false",
    "list": "lists of texts",
    "classes": "lists of labels",
    "image": "images",
    "audio": "audio",
    "struct": "records",
}
