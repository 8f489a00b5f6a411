"""Sorting sounds into classes."""

from typing import Annotated, Any

from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.metrics import classification
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.recipes import Help, TrainerParts, recipe
from trainer_bridge.tasks import defaults, rows

NEEDS = {"audio": Column("audio"), "label": Column("label")}


@recipe(
    name="audio-classification",
    title="Audio classification",
    task="audio classification",
    description="""
        Sorts sounds into classes. Example: seven shapes of a wave, such as square, rising or noise; the sounds are
        synthetic.
    """,
    arguments={**defaults.ARGUMENTS, "num_train_epochs": 8, "logging_steps": 5},
    settings={"data.source": "example:waves", "model.architecture": "wav2vec2"},
    objective="eval/accuracy",
    greater_is_better=True,
    estimate="≈ 15 s, CPU",
)
def audio_classification(
    *,
    model: ModelChoice,
    data: DataChoice,
    sampling_rate: Annotated[
        int, Help("Samples a second, for a new model; a saved one has its own.", minimum=1000, maximum=96_000)
    ] = 8000,
    max_seconds: Annotated[float, Help("What is longer is cut off.", minimum=0.01, maximum=60)] = 1.0,
    seed: int,
) -> TrainerParts:
    """Resample the sounds as the model takes them and put a classifier over it."""
    from transformers import DataCollatorWithPadding

    from trainer_bridge.data_media import waveform

    splits = data.load(NEEDS)
    extractor = model.feature_extractor(sampling_rate=sampling_rate)
    rate = extractor.sampling_rate
    built = model.build("AutoModelForAudioClassification", **rows.labels_config(splits.labels or []))

    def encode(batch: rows.Batch) -> dict[str, list[Any]]:
        sounds = [waveform(sound, rate)[0][: int(rate * max_seconds)] for sound in batch["audio"]]
        return {**extractor(sounds, sampling_rate=rate), "labels": batch["label"]}

    splits = rows.decoded(splits, encode)
    return TrainerParts(
        model=built,
        train_dataset=splits.train,
        eval_dataset=splits.evaluation,
        test_dataset=splits.test,
        data_collator=DataCollatorWithPadding(extractor),
        processing_class=extractor,
        compute_metrics=classification.single_label().compute,
        accepts_loss_kwargs=False,  # one label a row: the mean of equal batches' means is the mean of all
        notes=splits.notes,
    )
