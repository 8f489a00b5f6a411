"""Code that comes with a model: never run unasked, and recorded where it was."""

import json
from pathlib import Path
from typing import Any

import pytest
import transformers.dynamic_module_utils

from tests.trainer_bridge.toy import built, first_log, toy
from trainer_bridge.problem import SpecProblem
from trainer_bridge.spec_fields import cautions, problems
from trainer_bridge.trainer_record import trainer_record

CODE = """
from transformers import BertConfig, BertForSequenceClassification

class OwnConfig(BertConfig):
    model_type = "own"

class Own(BertForSequenceClassification):
    config_class = OwnConfig
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A choice of a model whose classes lie beside its weights."""
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(transformers.dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    folder = tmp_path / "models" / "own"
    plain = built(tmp_path / "plain")
    plain.save_model(str(folder))
    (folder / "own.py").write_text(CODE)
    config = json.loads((folder / "config.json").read_text()) | {
        "model_type": "own",
        "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForSequenceClassification": "own.Own"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return {"source": "folder", "name": "own", "config": None}


def test_it_is_not_run_unasked(own: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(
        SpecProblem, match=r"^model\.trust_remote_code: own needs Python code that comes with it"
    ):
        built(tmp_path / "run", model=own)
    assert not (tmp_path / "modules").exists()


def test_turning_it_on_says_what_it_means(own: dict[str, Any]) -> None:
    spec = {"recipe": "toy", "model": own | {"trust_remote_code": True}}
    assert problems(toy(), spec) == {}
    said = cautions(toy(), spec)["model.trust_remote_code"]
    assert "Python code that comes with own will run with all rights of the worker" in said


@pytest.mark.training
def test_it_is_run_on_demand_and_recorded(own: dict[str, Any], tmp_path: Path) -> None:
    trainer = built(tmp_path / "run", model=own | {"trust_remote_code": True})
    assert first_log(trainer)["loss"] > 0
    assert type(trainer.model).__name__ == "Own"
    assert "runs code that came with the model (trust_remote_code)" in trainer_record(trainer)["model"]
