"""Serbian words in Cyrillic and in Latin letters, out of the two translations of Django."""

from collections.abc import Iterator
from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._splits import datasets_of, grouped
from trainer_bridge.example_data.translations import messages, plain


@example(
    name="serbian-letters",
    title="Serbian words in Cyrillic letters, and the same in Latin letters",
    columns=("source", "target"),
)
def serbian_letters() -> dict[str, Any]:
    """Each word once, split by word. One in ten differs in more than its letters: the translators differed."""
    pairs = dict(word_pairs())
    return datasets_of(grouped((word, {"source": word, "target": latin}) for word, latin in pairs.items()))


def word_pairs() -> Iterator[tuple[str, str]]:
    """Cyrillic and Latin words that stand in the same place of the same message, in small letters."""
    latin = dict(messages("sr_Latn"))
    for source, cyrillic in messages("sr"):
        words, others = plain(cyrillic).lower().split(), plain(latin.get(source, "")).lower().split()
        if len(words) == len(others):
            both = (
                (word.strip(_SIGNS), other.strip(_SIGNS)) for word, other in zip(words, others, strict=True)
            )
            yield from (pair for pair in both if all(pair) and not pair[0].isascii())


_SIGNS = ".,:;!?()[]\"'“”„‘’«»-–…/"
