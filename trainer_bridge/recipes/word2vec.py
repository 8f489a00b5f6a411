"""Word vectors: the Trainer with a model, a data set and a callback of one's own. See docs/plain-modules.md."""

from dataclasses import replace
from typing import Annotated, Any

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import rows


@recipe(
    name="word2vec",
    title="Word2Vec",
    task="plain nn.Module",
    description="""
        Learns a vector for each word from the words around it (skip-gram with negative sampling), and tells the nearest
        neighbours of some words at each evaluation. Example: Python's documentation.
    """,
    arguments={
        "num_train_epochs": 3,
        "per_device_train_batch_size": 256,
        "per_device_eval_batch_size": 1024,
        "learning_rate": 1e-2,
        "warmup_steps": 0.05,
        "logging_steps": 20,
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "save_total_limit": 2,
    },
    settings={"data.source": "example:python-docs"},
    objective="eval/auc",
    greater_is_better=True,
    estimate="≈ 5 s, CPU",
)
def word2vec(
    *,
    data: DataChoice,
    vector_size: Annotated[int, Help("Numbers in a vector.", minimum=2, maximum=1024)] = 64,
    window: Annotated[int, Help("Words looked at on each side.", minimum=1, maximum=20)] = 4,
    negatives: Annotated[int, Help("Noise words for each word.", minimum=1, maximum=50)] = 5,
    min_count: Annotated[int, Help("Words rarer than this are left out.", minimum=1, maximum=10_000)] = 5,
    sample: Annotated[
        float, Help("Share of a text above which a word is left out at times.", minimum=1e-6, maximum=1)
    ] = 1e-3,
    probes: Annotated[
        str, Help("Words whose nearest neighbours are told, with commas between them.")
    ] = "list, string, file, error, class, thread",
    seed: int,
) -> TrainerParts:
    """Count the words, put rows of words and their surroundings together, and hand over the callback."""
    import numpy

    from trainer_bridge.plain import skip_gram

    splits = data.load({"text": Column("text")})
    texts = skip_gram.words_of(rows.texts(splits.train, "text"))
    numbers = skip_gram.vocabulary(texts, min_count)
    counts = skip_gram.frequencies(texts, numbers)
    random = numpy.random.default_rng(0)
    # Noise words are drawn by the usual power of their frequency.
    noise = random.choice(len(numbers), size=(100_000, negatives), p=counts**0.75 / (counts**0.75).sum())
    keep = numpy.minimum(1, numpy.sqrt(sample * counts.sum() / counts))

    def windows(part: Any) -> skip_gram.Windows:
        found = skip_gram.words_of(rows.texts(part, "text"))
        known = [[numbers[word] for word in text if word in numbers] for text in found]
        return skip_gram.Windows(known, window, noise, keep, random)

    ready = rows.measured(replace(splits, train=windows(splits.train)), windows)
    return TrainerParts(
        model=skip_gram.SkipGram(len(numbers), vector_size),
        train_dataset=ready.train,
        eval_dataset=ready.evaluation,
        test_dataset=ready.test,
        compute_metrics=_auc,
        callbacks=[skip_gram.Neighbours([word.strip() for word in probes.split(",")], numbers)],
        notes=splits.notes | {"words": len(numbers), "windows": len(ready.train)},
    )


def _auc(prediction: Any) -> dict[str, float]:
    """How often a word that stands around scores higher than a noise word; 0.5 knows nothing."""
    right, wrong = prediction.predictions
    pairs = (prediction.label_ids >= 0)[:, :, None]
    higher = (right[:, :, None] > wrong[:, None, :]) & pairs
    return {"auc": float(higher.sum() / (pairs.sum() * wrong.shape[1]))}
