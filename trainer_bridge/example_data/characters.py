"""The names of Unicode's characters, out of Python's own table, with the kind each character is of."""

import unicodedata
from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._splits import datasets_of, stratified, thinned

#: Unicode's general categories, in words, those that are a kind of their own.
KINDS = {
    "Lu": "capital letter",
    "Ll": "small letter",
    "Lo": "letter without case",
    "Lm": "modifier letter",
    "Mn": "mark above or below",
    "Mc": "mark beside",
    "Nd": "digit",
    "Nl": "letter as number",
    "No": "other number",
    "Po": "punctuation",
    "Sm": "mathematical sign",
    "Sc": "currency",
    "So": "picture or other sign",
}
_OF_EACH_KIND = 600
#: Their names are counted, not given: "CJK UNIFIED IDEOGRAPH-4E00".
_COUNTED = ("CJK", "HANGUL SYLLABLE", "TANGUT", "NUSHU", "KHITAN", "EGYPTIAN", "ANATOLIAN", "CUNEIFORM")


@example(
    name="character-names",
    title="Unicode's names of characters, and what kind of character each is",
    columns=("text", "label"),
)
def character_names() -> dict[str, Any]:
    """Up to 600 names of each of 13 kinds, split 70 : 15 : 15 by kind."""
    from datasets import ClassLabel, Features, Value

    rows = [
        {"text": name, "label": kind}
        for kind, names in names_by_kind().items()
        for name in thinned(names, _OF_EACH_KIND)
    ]
    features = Features({"text": Value("string"), "label": ClassLabel(names=list(KINDS.values()))})
    return datasets_of(stratified(rows, [row["label"] for row in rows]), features)


def names_by_kind() -> dict[str, list[str]]:
    """Kind, in words → the names of its characters, in the order of their numbers, in small letters."""
    found: dict[str, list[str]] = {kind: [] for kind in KINDS.values()}
    for number in range(0x20000):
        name = unicodedata.name(chr(number), "")
        kind = KINDS.get(unicodedata.category(chr(number)))
        if name and kind and not name.startswith(_COUNTED):
            found[kind].append(name.lower())
    return found
