"""The built-in recipes through the real Trainer, small: a few steps each."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    LlamaConfig,
    PrinterCallback,
    TrainerCallback,
)

from trainer_bridge.checkpoint_weights import load_weights
from trainer_bridge.environment import describe
from trainer_bridge.example_data.digits import digit_splits
from trainer_bridge.example_data.translations import texts_by_language
from trainer_bridge.recipes import byte_lm, language_id
from trainer_bridge.spec import BuiltTraining, build_trainer

SMALL: dict[str, dict[str, Any]] = {
    "digits-vit": {"hidden_size": 8, "num_hidden_layers": 1, "dropout": 0.0},
    "language-id": {"languages": 2, "vocab_size": 500, "hidden_size": 8, "dropout": 0.0},
    "stdlib-lm": {"train_kilobytes": 16, "block_size": 32, "hidden_size": 8, "num_hidden_layers": 1},
}
MODELS = {
    "digits-vit": AutoModelForImageClassification,
    "language-id": AutoModelForSequenceClassification,
    "stdlib-lm": AutoModelForCausalLM,
}
#: 16 samples to one step, no schedule: what is compared depends on weights and data alone.
STEPS = {
    "max_steps": 4,
    "per_device_train_batch_size": 16,
    "warmup_steps": 0,
    "lr_scheduler_type": "constant",
    "logging_steps": 1,
    "eval_strategy": "steps",
    "eval_steps": 2,
    "save_strategy": "steps",
    "save_steps": 2,
}


UNMEASURED = {"eval_strategy": "no", "save_strategy": "no", "load_best_model_at_end": False}


def built(name: str, folder: Path, **args: Any) -> BuiltTraining:
    return build_trainer({"recipe": name, "params": SMALL[name], "args": STEPS | args}, folder)


class Spoil(TrainerCallback):
    """Makes the model worse after step 3, so that the best checkpoint is not the last one."""

    def on_step_end(self, args, state, control, model=None, **kwargs):
        if state.global_step == 3:
            with torch.no_grad():
                for weight in model.parameters():
                    weight.mul_(20)


def losses(training: BuiltTraining) -> list[float]:
    return [log["loss"] for log in training.trainer.state.log_history if "loss" in log]


def test_arguments_are_merged_and_what_trainboard_owns_is_set(tmp_path: Path) -> None:
    training = build_trainer({"recipe": "digits-vit", "args": {"weight_decay": 0.25}}, tmp_path)
    args = training.trainer.args
    assert (args.weight_decay, args.learning_rate, args.adam_beta2) == (0.25, 2e-3, 0.999)
    assert args.output_dir == str(tmp_path)
    assert args.report_to == []
    assert args.disable_tqdm
    assert not args.logging_nan_inf_filter
    assert not training.trainer.pop_callback(PrinterCallback)
    assert (training.objective, training.greater_is_better) == ("eval/accuracy", True)


def test_the_objective_follows_the_metric_of_the_spec(tmp_path: Path) -> None:
    args = {"metric_for_best_model": "eval_loss", "greater_is_better": False}
    training = build_trainer({"recipe": "digits-vit", "args": args}, tmp_path)
    assert (training.objective, training.greater_is_better) == ("eval/loss", False)


def test_a_spec_that_cannot_train_is_refused_with_every_reason(tmp_path: Path) -> None:
    spec = {"recipe": "digits-vit", "params": {"hidden_size": 5}, "args": {"learning_rate": -1}}
    with pytest.raises(
        ValueError,
        match=r"^params.hidden_size: Must be a multiple of 4\..* args.learning_rate: Must be above 0",
    ):
        build_trainer(spec, tmp_path)


def test_callbacks_are_called(tmp_path: Path) -> None:
    class Count(TrainerCallback):
        steps = 0

        def on_step_end(self, args, state, control, **kwargs):
            self.steps += 1

    count = Count()
    spec = {"recipe": "digits-vit", "params": SMALL["digits-vit"], "args": {"max_steps": 2}}
    build_trainer(spec, tmp_path, [count]).trainer.train()
    assert count.steps == 2


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_run_and_another_seed_another(name: str, tmp_path: Path) -> None:
    runs = []
    for seed in (1, 1, 2):
        training = built(name, tmp_path, seed=seed, max_steps=2, **UNMEASURED)
        training.trainer.train()
        runs.append(losses(training))
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("name", SMALL)
def test_a_resumed_training_goes_on_as_if_it_had_not_stopped(name: str, tmp_path: Path) -> None:
    whole = built(name, tmp_path / "whole")
    whole.trainer.train()
    resumed = built(name, tmp_path / "resumed")
    resumed.trainer.train(resume_from_checkpoint=str(tmp_path / "whole" / "checkpoint-2"))
    assert losses(resumed) == losses(whole)


@pytest.mark.parametrize("name", SMALL)
def test_the_best_checkpoint_is_loaded_and_its_folder_measures_the_same(name: str, tmp_path: Path) -> None:
    training = built(name, tmp_path, metric_for_best_model="loss", greater_is_better=False)
    training.trainer.add_callback(Spoil())
    training.trainer.train()
    state = training.trainer.state
    assert state.best_global_step == 2
    exported = MODELS[name].from_pretrained(state.best_model_checkpoint)
    for key, weight in training.trainer.model.state_dict().items():
        assert torch.equal(weight, exported.state_dict()[key]), key
    logged = next(log for log in state.log_history if log["step"] == 2 and "eval_loss" in log)
    training.trainer.model = training.trainer.model_wrapped = exported
    measured = training.trainer.evaluate()
    assert measured[training.objective.replace("/", "_")] == logged[training.objective.replace("/", "_")]


def test_weights_of_another_model_are_not_loaded(tmp_path: Path) -> None:
    AutoModelForCausalLM.from_config(LlamaConfig(**TINY_LLAMA, num_hidden_layers=1)).save_pretrained(tmp_path)
    deeper = AutoModelForCausalLM.from_config(LlamaConfig(**TINY_LLAMA, num_hidden_layers=2))
    with pytest.raises(RuntimeError, match=r"are not those of this LlamaForCausalLM.*model\.layers\.1\."):
        load_weights(deeper, str(tmp_path))


TINY_LLAMA = {"vocab_size": 8, "hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2}


def test_exported_tokenizers_read_and_write_text(tmp_path: Path) -> None:
    text = "def größe(x):\n    return x\n"
    for name in ("language-id", "stdlib-lm"):
        built(name, tmp_path).trainer.save_model(str(tmp_path / name))
    tokens = AutoTokenizer.from_pretrained(tmp_path / "stdlib-lm")(text)["input_ids"]
    assert tokens == list(text.encode())
    assert AutoTokenizer.from_pretrained(tmp_path / "stdlib-lm").decode(tokens) == text
    assert len(AutoTokenizer.from_pretrained(tmp_path / "language-id")("Żółć 日本 🙂")["input_ids"]) > 3


def test_no_sample_is_in_two_splits() -> None:
    texts = language_id.split_texts(texts_by_language(["en", "de", "nb", "da"]))
    splits = {
        "digits": [[scan.tobytes() for scan, _ in split] for split in digit_splits().values()],
        "texts": [[text for text, _ in split] for split in texts.values()],
        "files": list(byte_lm.sources_by_split().values()),
    }
    for name, parts in splits.items():
        assert all(parts), name
        assert sum(map(len, parts)) == len(set().union(*parts)), name


def test_bits_per_byte_are_those_of_the_models_loss(tmp_path: Path) -> None:
    measured = built("stdlib-lm", tmp_path).trainer.evaluate()
    assert measured["eval_bits_per_byte"] == pytest.approx(measured["eval_loss"] / math.log(2), rel=1e-4)
    assert measured["eval_perplexity"] == pytest.approx(2 ** measured["eval_bits_per_byte"])
    # An untrained model knows nothing of 256 bytes.
    assert measured["eval_bits_per_byte"] == pytest.approx(8, abs=0.5)


def test_describe_is_plain_json_and_holds_no_token(tmp_path: Path) -> None:
    found = describe(built("digits-vit", tmp_path))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["arguments"]["max_steps"] == 4
    assert not [name for name in found["arguments"] if name.endswith("_token")]
    assert found["model"]["class"] == "ViTForImageClassification"
    assert found["model"]["parameters"] == found["model"]["trainable_parameters"] > 100
    assert (found["data"]["train"], found["data"]["validation"], found["data"]["test"]) == (1257, 180, 360)
    assert found["packages"]["torch"] == torch.__version__
    assert found["hardware"]["cpus"] >= 1
