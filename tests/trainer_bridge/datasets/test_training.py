"""Real trainings on data of a person's choice, through a spec, as a run does them."""

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import torch
from torch import nn

from tests.trainer_bridge.datasets.conftest import table
from tests.trainer_bridge.datasets.test_media import draw
from trainer_bridge import recipes
from trainer_bridge.data_cache import remove_prepared
from trainer_bridge.data_choice import Column, DataChoice
from trainer_bridge.environment import describe
from trainer_bridge.recipes import TrainerParts, recipe
from trainer_bridge.spec import BuiltTraining, build_trainer

pytestmark = pytest.mark.training


class Linear(nn.Module):
    """Tells labels from a vector."""

    def __init__(self, width: int, labels: int) -> None:
        super().__init__()
        self.out = nn.Linear(width, labels)

    def forward(self, x: Any, labels: Any = None) -> dict[str, Any]:
        logits = self.out(x)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


def parts_of(data: DataChoice, kind: str, vector: Callable[[Any], list[float]], width: int) -> TrainerParts:
    splits = data.load({kind: Column(kind), "label": Column("label")})

    def prepared(part: Any) -> Any:
        return part.map(
            lambda row: {"x": vector(row[kind]), "labels": row["label"]}, remove_columns=[kind, "label"]
        )

    evaluation = splits.evaluation
    is_several = isinstance(evaluation, dict) and not hasattr(evaluation, "map")
    return TrainerParts(
        model=Linear(width, len(splits.labels or ())),
        train_dataset=prepared(splits.train),
        eval_dataset={n: prepared(p) for n, p in evaluation.items()} if is_several else prepared(evaluation),
        notes=splits.notes,
    )


LEARN = {
    "num_train_epochs": 6.0,
    "learning_rate": 0.2,
    "per_device_train_batch_size": 4,
    "eval_strategy": "epoch",
    "save_strategy": "no",
    "load_best_model_at_end": False,
}


@recipe(
    name="first-letter",
    title="First letter",
    task="text classification",
    description="Which letters stand in a text?",
    objective="eval/loss",
    greater_is_better=False,
    arguments=LEARN,
)
def first_letter(*, data: DataChoice, seed: int) -> TrainerParts:
    return parts_of(data, "text", lambda text: [float(text.count(chr(97 + n))) for n in range(26)], 26)


@recipe(
    name="shade",
    title="Shade",
    task="image classification",
    description="How dark is an image?",
    objective="eval/loss",
    greater_is_better=False,
    arguments=LEARN,
)
def shade(*, data: DataChoice, seed: int) -> TrainerParts:
    return parts_of(data, "image", lambda image: [image.getpixel((0, 0)) / 255, 1.0], 2)


@pytest.fixture
def build(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., BuiltTraining]:
    made = MappingProxyType({"first-letter": first_letter, "shade": shade})
    monkeypatch.setattr(recipes, "catalog", lambda: made)

    def build(data: dict[str, Any], name: str = "first-letter", **args: Any) -> BuiltTraining:
        return build_trainer({"recipe": name, "data": data, "args": args}, tmp_path / "out")

    return build


Build = Callable[..., BuiltTraining]


def words(rows: int) -> str:
    return "text,label\n" + "".join(f"{'ab'[n % 2] * (n % 5 + 1)},{'ab'[n % 2]}\n" for n in range(rows))


def losses(built: BuiltTraining, key: str = "eval_loss") -> list[float]:
    built.trainer.train()
    return [entry[key] for entry in built.trainer.state.log_history if key in entry]


def test_a_csv_is_learned_and_its_record_kept(folder: Path, build: Build) -> None:
    (folder / "words.csv").write_text(words(40))
    built = build({"source": "words.csv", "stratify": True})
    found = losses(built)
    assert found[-1] < found[0] / 2
    data = describe(built)["data"]
    assert (data["train"], data["validation"]) == (36, 4)
    assert data["notes"]["fingerprint"].startswith("sha256:")


def test_prepared_rows_are_not_kept(folder: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.fingerprint._TEMP_DIR_FOR_TEMP_CACHE_FILES", None)
    (folder / "words.csv").write_text(words(40))
    built = build({"source": "words.csv"})
    lie = {Path(file["filename"]).parent for file in built.trainer.train_dataset.cache_files}
    assert lie
    assert all(place.is_dir() and folder.parent / "cache" not in place.parents for place in lie)
    remove_prepared()
    assert not any(place.exists() for place in lie)
    assert len(losses(build({"source": "words.csv"}, num_train_epochs=1.0))) == 1  # the file is read again


def test_a_stream_is_learned_in_so_many_steps(folder: Path, build: Build) -> None:
    (folder / "words.csv").write_text(words(200))
    with pytest.raises(ValueError, match=r"data\.streaming: A stream has no length"):
        build({"source": "words.csv", "streaming": True})
    built = build(
        {"source": "words.csv", "streaming": True, "eval_size": 20},
        max_steps=60,
        eval_strategy="steps",
        eval_steps=20,
    )
    assert isinstance(built.trainer.train_dataset, torch.utils.data.IterableDataset)
    found = losses(built)
    assert len(found) == 3
    assert found[-1] < found[0]
    assert describe(built)["data"]["notes"]["rows"] == {"train": None, "evaluation": 20}


def test_several_evaluations_are_measured_by_name(folder: Path, build: Build) -> None:
    for name in ("words", "more", "other"):
        (folder / f"{name}.csv").write_text(words(20))
    data = {"source": "words.csv", "eval_source": "easy=more.csv, hard=other.csv"}
    with pytest.raises(ValueError, match=r"data\.eval_source: .*set metric_for_best_model to easy_loss"):
        build(data)
    built = build(data, metric_for_best_model="easy_loss", greater_is_better=False, num_train_epochs=2.0)
    assert len(losses(built, "eval_easy_loss")) == 2
    assert "eval_hard_loss" in built.trainer.state.log_history[-2] | built.trainer.state.log_history[-3]


def test_a_folder_of_images_is_learned(folder: Path, build: Build) -> None:
    draw(folder / "shades" / "dark", 10)
    draw(folder / "shades" / "light", 10, shade=200)
    found = losses(build({"source": "shades", "eval_size": 4, "stratify": True}, "shade"))
    assert found[-1] < found[0]


def test_the_trainer_needs_nothing_of_a_table_with_more_columns(folder: Path, build: Build) -> None:
    lines = table(12).replace("sentence,", "id,sentence,").replace("\ntext", "\n7,text")
    (folder / "wide.csv").write_text(lines)
    assert losses(build({"source": "wide.csv"}, num_train_epochs=1.0))
