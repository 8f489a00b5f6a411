"""Which of four texts is in the language asked for?"""

from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._splits import datasets_of, stratified
from trainer_bridge.example_data.translations import LANGUAGES, texts_by_language

#: Languages asked for and answered with.
_LANGUAGES = 12
_CHOICES = 4


@example(
    name="which-language",
    title="Which of four texts is in the language asked for? Twelve languages, out of Django's translations",
    columns=("question", "choices", "label"),
)
def which_language() -> dict[str, Any]:
    """One question for each text, the wrong answers drawn from the same split; a text is in one split only."""
    codes = list(LANGUAGES)[:_LANGUAGES]
    items = [(code, text) for code, texts in texts_by_language(codes).items() for text in texts]
    splits = stratified(items, [code for code, _ in items])
    return datasets_of({name: asked(rows) for name, rows in splits.items()})


def asked(items: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """A question about each (code, text), with three texts of three other languages, the right one anywhere."""
    import numpy

    random = numpy.random.default_rng(0)
    by_code: dict[str, list[str]] = {}
    for code, text in items:
        by_code.setdefault(code, []).append(text)
    rows = []
    for code, text in items:
        others = random.choice([other for other in by_code if other != code], _CHOICES - 1, replace=False)
        wrong = [by_code[other][random.integers(len(by_code[other]))] for other in others]
        place = int(random.integers(_CHOICES))
        choices = [*wrong[:place], text, *wrong[place:]]
        rows.append({"question": f"Which one is {LANGUAGES[code]}?", "choices": choices, "label": place})
    return rows
