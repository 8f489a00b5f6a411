"""What is known of the installed transformers without importing it."""

import dataclasses
import json
from pathlib import Path

import pytest
from transformers import Seq2SeqTrainingArguments, TrainingArguments

from trainer_bridge import argument_snapshot
from trainer_bridge.__main__ import main
from trainer_bridge.argument_fields import argument_fields, deprecated, generation_names, owned
from trainer_bridge.argument_groups import REST
from trainer_bridge.introspect import describe, docstring_groups

OTHER = {"transformers": "9.9.9", "arguments": []}


def test_the_committed_snapshot_is_that_of_the_installed_transformers(capsys: pytest.CaptureFixture) -> None:
    assert main(["introspect"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(argument_snapshot.PACKAGED.read_text())


def test_every_argument_can_be_set_or_is_set_here_with_a_reason_or_is_deprecated() -> None:
    installed = {field.name for field in dataclasses.fields(Seq2SeqTrainingArguments)}
    settable, ours, gone = argument_fields().keys(), owned().keys(), deprecated().keys()
    assert settable | ours | gone == installed
    assert len(settable) + len(ours) + len(gone) == len(installed) == 119
    assert gone == {"gradient_checkpointing", "gradient_checkpointing_kwargs"}
    assert generation_names() == installed - {field.name for field in dataclasses.fields(TrainingArguments)}
    assert all(owned().values())


def test_every_field_says_what_it_is_for_and_stands_under_a_heading() -> None:
    assert [field.name for field in argument_fields().values() if not field.help] == []
    assert [f.name for f in argument_fields().values() if f.title == REST] == ["debug", "skip_memory_metrics"]


def test_headings_of_the_documentation() -> None:
    text = """Words.

    Parameters:
        first (`int`): One.

        > Some heading

        second (`str`, *optional*): Two.
            > [!TIP]
            > not a heading
        third(`float`): Three.
    """
    assert docstring_groups(text) == {"first": "", "second": "Some heading", "third": "Some heading"}


@pytest.fixture
def another_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Another release is installed, which this process has not imported; what a process was asked is counted."""
    asked = []
    monkeypatch.setattr(argument_snapshot, "installed_version", lambda: "9.9.9")
    monkeypatch.setattr(argument_snapshot, "_ask_a_process", lambda: asked.append("asked") or OTHER)
    monkeypatch.setattr(argument_snapshot, "_is_imported", lambda: False)
    monkeypatch.setenv(argument_snapshot.FOLDER_VARIABLE, str(tmp_path))
    yield asked
    argument_snapshot.snapshot.cache_clear()


def test_another_version_is_looked_at_once(another_version: list[str], tmp_path: Path) -> None:
    for _ in range(2):  # two processes, one after the other
        argument_snapshot.snapshot.cache_clear()
        assert argument_snapshot.snapshot() == OTHER
    assert another_version == ["asked"]
    assert [path.name for path in tmp_path.glob("snapshots/*")] == ["training_arguments-9.9.9.json"]


def test_where_it_cannot_be_looked_at_the_packaged_snapshot_serves(
    another_version: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(argument_snapshot, "_ask_a_process", lambda: None)
    argument_snapshot.snapshot.cache_clear()
    assert argument_snapshot.snapshot() == json.loads(argument_snapshot.PACKAGED.read_text())
    assert not (tmp_path / "snapshots").exists()


def test_a_process_that_has_transformers_asks_no_other(
    another_version: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(argument_snapshot, "_is_imported", lambda: True)
    argument_snapshot.snapshot.cache_clear()
    assert argument_snapshot.snapshot() == describe()
    assert another_version == []
