"""Folders of images and sounds."""

import wave
from pathlib import Path

import numpy
import pytest
from PIL import Image

from tests.trainer_bridge.datasets.conftest import Load
from trainer_bridge.data_choice import Column, DataProblem
from trainer_bridge.data_media import waveform

IMAGES = {"image": Column("image"), "label": Column("label")}
SOUNDS = {"audio": Column("audio"), "label": Column("label")}


def draw(folder: Path, count: int = 3, shade: int = 0) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        Image.new("L", (4, 4), shade + number).save(folder / f"{number}.png")


def sound(path: Path, rate: int = 8000, seconds: float = 0.1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = numpy.arange(int(rate * seconds)) / rate
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((numpy.sin(2 * numpy.pi * 440 * time) * 20000).astype("<i2").tobytes())


def test_folders_of_images_are_labels(folder: Path, load: Load) -> None:
    draw(folder / "pets" / "cat")
    draw(folder / "pets" / "train", shade=100)  # a label, though it sounds like a split
    splits = load("pets", IMAGES, eval_size=2, stratify=True)
    assert splits.labels == ["cat", "train"]
    shades = {(row["image"].getpixel((0, 0)) >= 100, row["label"]) for row in splits.train}
    assert shades == {(False, 0), (True, 1)}


def test_outer_folders_are_splits_where_all_are(folder: Path, load: Load) -> None:
    for split, count in {"train": 4, "val": 2, "test": 1}.items():
        for label in ("a", "b"):
            draw(folder / "archive" / "inner" / split / label, count)
    splits = load("archive", IMAGES)
    assert [len(part) for part in (splits.train, splits.evaluation, splits.test)] == [8, 4, 2]


def test_metadata_beside_images_says_more(folder: Path, load: Load) -> None:
    draw(folder / "seen")
    (folder / "seen" / "metadata.csv").write_text("file_name,species\n0.png,owl\n1.png,fox\n")
    splits = load("seen", IMAGES, columns={"label": "species"}, eval_size=1)
    assert splits.labels == ["fox", "owl"]
    assert len(splits.train) == 1
    (folder / "seen" / "metadata.csv").write_text("file_name,species\n0.png,owl\n9.png,fox\n")
    with pytest.raises(DataProblem, match=r"metadata\.csv, row 2: there is no file .*9\.png"):
        load("seen", IMAGES)


def test_broken_images_are_counted_and_named(folder: Path, load: Load) -> None:
    draw(folder / "pets" / "cat")
    draw(folder / "pets" / "dog")
    (folder / "pets" / "dog" / "torn.png").write_bytes((folder / "pets" / "dog" / "0.png").read_bytes()[:40])
    (folder / "pets" / "dog" / "words.jpg").write_text("not an image")
    with pytest.raises(DataProblem) as problem:
        load("pets", IMAGES)
    assert problem.value.field == "skip_bad_rows"
    assert "2 of 8 rows" in problem.value.sentence
    assert "torn.png cannot be decoded" in problem.value.sentence
    assert "words.jpg cannot be decoded: is not a file of a known kind" in problem.value.sentence
    splits = load("pets", IMAGES, skip_bad_rows=True)
    assert len(splits.train) + len(splits.evaluation) == 6


def test_sounds_are_decoded_at_the_rate_asked_for(folder: Path, load: Load) -> None:
    for label in ("hum", "hiss"):
        for number in range(3):
            sound(folder / "noises" / label / f"{number}.wav")
    splits = load("noises", SOUNDS, eval_size=2)
    samples, rate = waveform(splits.train[0]["audio"], 16_000)
    assert (len(samples), rate, samples.dtype.name) == (1600, 16_000, "float32")
    assert 0.5 < abs(samples).max() <= 0.7
    (folder / "noises" / "hum" / "4.wav").write_text("no sound")
    with pytest.raises(DataProblem, match=r"audio 4\.wav cannot be decoded"):
        load("noises", SOUNDS)
