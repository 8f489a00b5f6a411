"""Word2Vec: skip-gram with negative sampling, as a plain ``nn.Module``, its data and a callback."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import numpy
import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid, normalize
from transformers import TrainerCallback

#: A place beside a word where no word stands.
IGNORED = -100
_WORD = re.compile(r"[a-z]{2,}")


class SkipGram(nn.Module):
    """A vector for each word in the middle and one for each word around it.

    Its loss is a sum over pairs of words, divided by ``num_items_in_batch`` where that is given: the Trainer counts
    the pairs of the whole step, so a step may be cut into batches at will. ``accepts_loss_kwargs`` says so.
    """

    accepts_loss_kwargs = True

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        self.middle = nn.Embedding(words, size)
        self.around = nn.Embedding(words, size)
        nn.init.uniform_(self.middle.weight, -0.5 / size, 0.5 / size)
        nn.init.zeros_(self.around.weight)

    def forward(
        self, center: Tensor, labels: Tensor, noise: Tensor, num_items_in_batch: Tensor | int | None = None
    ) -> dict[str, Tensor]:
        """``center`` (rows,), ``labels`` (rows, places) the words around, IGNORED where none, ``noise`` (rows, k).

        "right" and "wrong" are the scores of the words around and of the noise.
        """
        vectors = self.middle(center)
        pairs = labels.ne(IGNORED)
        right = _scores(vectors, self.around(labels.clamp(min=0)))
        wrong = _scores(vectors, self.around(noise))
        # Each pair is set against all noise words of its row.
        lost = -(logsigmoid(right) * pairs).sum(-1) - logsigmoid(-wrong).sum(-1) * pairs.sum(-1)
        count = pairs.sum() if num_items_in_batch is None else num_items_in_batch
        return {"loss": lost.sum() / count, "right": right, "wrong": wrong}

    def nearest(self, word: int, count: int) -> list[int]:
        """The words whose vectors point most nearly the same way, the nearest first."""
        vectors = normalize(self.middle.weight.detach(), dim=-1)
        closeness = vectors @ vectors[word]
        closeness[word] = -1
        return closeness.topk(count).indices.tolist()


def _scores(vectors: Tensor, others: Tensor) -> Tensor:
    """Products of (rows, size) with (rows, n, size): (rows, n)."""
    return (others @ vectors[:, :, None]).squeeze(-1)


def words_of(texts: Iterable[str]) -> list[list[str]]:
    """The words of each text, in small letters."""
    return [_WORD.findall(text.lower()) for text in texts]


def vocabulary(texts: list[list[str]], min_count: int) -> dict[str, int]:
    """Word → number, the most frequent first, of those that occur often enough."""
    counts = Counter(word for text in texts for word in text)
    return {word: number for number, (word, count) in enumerate(counts.most_common()) if count >= min_count}


def frequencies(texts: list[list[str]], numbers: Mapping[str, int]) -> Any:
    """How often each word occurs, (words,)."""
    found = [numbers[word] for text in texts for word in text if word in numbers]
    return numpy.bincount(found, minlength=len(numbers))


class Windows:
    """A row for each word of the texts with the words around it: "center", "labels", "noise".

    Very frequent words are left out at random (``keep``: the chance of each word to stay), which lets a window reach
    farther. Noise words come from one long list drawn beforehand, so that a row is the same however often it is read.
    """

    def __init__(self, texts: list[list[int]], window: int, noise: Any, keep: Any, random: Any) -> None:
        kept = [[word for word in text if random.random() < keep[word]] for text in texts]
        beside = [step for step in range(-window, window + 1) if step]
        rows = [
            (
                text[place],
                [text[place + step] if 0 <= place + step < len(text) else IGNORED for step in beside],
            )
            for text in kept
            if len(text) > 1
            for place in range(len(text))
        ]
        self._centers = torch.tensor([center for center, _ in rows])
        self._around = torch.tensor([around for _, around in rows])
        self._noise = torch.as_tensor(noise)

    def __len__(self) -> int:
        return len(self._centers)

    def __getitem__(self, row: int) -> dict[str, Tensor]:
        noise = self._noise[row % len(self._noise)]
        return {"center": self._centers[row], "labels": self._around[row], "noise": noise}


class Neighbours(TrainerCallback):
    """Prints the nearest words of some words at each evaluation: what the vectors are good for, seen growing."""

    def __init__(self, probes: list[str], numbers: Mapping[str, int], count: int = 6) -> None:
        self._probes = [word for word in probes if word in numbers]
        self._numbers, self._words, self._count = numbers, list(numbers), count

    def on_evaluate(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        for probe in self._probes if state.is_world_process_zero else ():
            print(f"step {state.global_step}  {probe}: {', '.join(self.nearest(model, probe))}")

    def nearest(self, model: SkipGram, probe: str) -> list[str]:
        """The words nearest to ``probe``."""
        return [self._words[number] for number in model.nearest(self._numbers[probe], self._count)]
