"""Every field of the group "trainer", in a real training of a few steps."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from torch.nn import functional
from transformers import DataCollatorWithPadding, TrainerCallback

from tests.trainer_bridge.toy import SAVING, built, first_log, toy
from trainer_bridge import losses
from trainer_bridge.class_weights import balanced_weights
from trainer_bridge.collators import chosen_collator
from trainer_bridge.model_choice import ModelChoice
from trainer_bridge.optimizers import chosen_optimizer
from trainer_bridge.problem import SpecProblem
from trainer_bridge.processing import train_tokenizer
from trainer_bridge.recipes import TrainerParts
from trainer_bridge.spec import build_trainer
from trainer_bridge.spec_fields import problems
from trainer_bridge.trainer_choices import CALLBACKS, COLLATORS, OPTIMIZERS
from trainer_bridge.trainer_record import trainer_record

pytestmark = pytest.mark.training


def said(**groups: dict[str, Any]) -> dict[str, str]:
    """The problems of a toy spec before anything is built."""
    return problems(toy(), {"recipe": "toy", **groups})


def measured(trainer: Any) -> dict[str, float]:
    return {name.removeprefix("eval_"): value for name, value in trainer.evaluate().items()}


# --- loss -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trainer", "args", "divides"),
    [
        ({"loss": "cross_entropy"}, {}, True),
        ({"loss": "cross_entropy", "class_weights": "1, 3"}, {}, False),
        ({"loss": "focal", "class_weights": "balanced"}, {}, False),
        ({}, {"label_smoothing_factor": 0.2}, True),
        ({}, {"label_smoothing_factor": 0.2}, False),
    ],
)
def test_a_chosen_loss_is_the_same_in_one_batch_and_in_four(
    trainer: dict[str, Any], args: dict[str, Any], divides: bool, tmp_path: Path
) -> None:
    """Also for a head that is said to divide by itself, which the Trainer then leaves alone."""

    def change(parts: TrainerParts) -> None:
        parts.accepts_loss_kwargs = divides

    logs = []
    for batch, accumulated in ((8, 1), (2, 4)):
        one_step = {
            "per_device_train_batch_size": batch,
            "gradient_accumulation_steps": accumulated,
            "max_steps": 1,
            "eval_strategy": "no",
        }
        dropless = {"model": {"config": {"hidden_size": 8, "num_attention_heads": 2, **NO_DROPOUT}}}
        logs.append(
            first_log(built(tmp_path, toy(change), trainer=trainer, args=one_step | args, **dropless))
        )
    for name in ("loss", "grad_norm"):
        assert logs[1][name] == pytest.approx(logs[0][name], rel=1e-4), name


NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
LOGITS = torch.tensor([[2.0, 0.0, 1.0], [0.5, 1.0, 0.0], [0.0, 0.0, 3.0]])
LABELS = torch.tensor([0, 2, -100])


def test_losses_are_those_of_torch_for_a_whole_batch() -> None:
    outputs = {"logits": LOGITS}
    kept, labels = LOGITS[:2], LABELS[:2]
    weights = torch.tensor([1.0, 2.0, 3.0])
    assert torch.isclose(losses.CrossEntropy()(outputs, LABELS), functional.cross_entropy(kept, labels))
    smooth = losses.CrossEntropy(None, 0.1)(outputs, LABELS)
    assert torch.isclose(smooth, functional.cross_entropy(kept, labels, label_smoothing=0.1))
    weighted = functional.cross_entropy(kept, labels, weight=weights, reduction="sum") / 2
    assert torch.isclose(losses.CrossEntropy([1, 2, 3])(outputs, LABELS), weighted)
    assert torch.isclose(losses.focal(0.0, [1, 2, 3])(outputs, LABELS), weighted)
    right = kept.softmax(-1).gather(-1, labels[:, None]).squeeze(-1)
    assert torch.isclose(losses.focal(2.0)(outputs, LABELS), (-((1 - right) ** 2) * right.log()).mean())


def test_a_causal_models_loss_is_about_the_next_token() -> None:
    logits, labels = LOGITS[None], torch.tensor([[-100, 1, 2]])
    found = losses.CrossEntropy(shifted=True)({"logits": logits}, labels)
    assert torch.isclose(found, functional.cross_entropy(LOGITS[:2], labels[0, 1:]))


@pytest.mark.parametrize(
    ("name", "function"), [("mse", "mse_loss"), ("mae", "l1_loss"), ("huber", "huber_loss")]
)
def test_losses_between_numbers(name: str, function: str, tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        parts.model.config.problem_type = "regression"

    trainer = built(tmp_path, toy(change), trainer={"loss": name, "metrics": "regression"}, args=LOSS_DECIDES)
    logits, labels = torch.tensor([[0.5], [3.0]]), torch.tensor([1.0, 0.0])
    found = trainer.compute_loss_func({"logits": logits}, labels, num_items_in_batch=torch.tensor(4))
    assert torch.isclose(found, getattr(functional, function)(logits[:, 0], labels) / 2)


@pytest.mark.parametrize(
    ("trainer", "args", "sentence"),
    [
        ({"loss": "mse"}, {}, "trainer.loss: It is for numbers, and the labels of this model are classes."),
        (
            {"loss": "binary_cross_entropy"},
            {},
            "trainer.loss: It is for several classes at once or numbers, and the labels of this model are classes.",
        ),
    ],
)
def test_a_loss_for_other_labels_is_refused(
    trainer: dict[str, Any], args: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(SpecProblem) as refused:
        built(tmp_path, trainer=trainer, args=args)
    assert str(refused.value) == sentence


def test_label_smoothing_reaches_a_recipes_cross_entropy_and_is_refused_by_another_loss(
    tmp_path: Path,
) -> None:
    def smooth(loss: Any) -> Any:
        def change(parts: TrainerParts) -> None:
            parts.compute_loss_func = loss

        return built(tmp_path, toy(change), args={"label_smoothing_factor": 0.25}).compute_loss_func

    assert smooth(losses.CrossEntropy(shifted=True)) == losses.CrossEntropy(None, 0.25, True)
    with pytest.raises(SpecProblem, match="The recipe's own loss does not smooth labels"):
        smooth(lambda outputs, labels, num_items_in_batch=None: outputs.loss)


@pytest.mark.slow
def test_labels_that_are_no_classes_are_not_smoothed(tmp_path: Path) -> None:
    spec = {"recipe": "question-answering", "args": {"label_smoothing_factor": 0.1}}
    spec |= {"data": {"max_samples": 8, "max_eval_samples": 8}, "model": {"vocab_size": 300}}
    with pytest.raises(SpecProblem, match="The labels of BertForQuestionAnswering are no classes"):
        build_trainer(spec, tmp_path)


LOSS_DECIDES = {"metric_for_best_model": "loss", "greater_is_better": False}


def test_rare_classes_count_more_when_balanced() -> None:
    assert balanced_weights([0, 0, 0, 1], 3) == pytest.approx([4 / 6, 4 / 2, 0.0])


@pytest.mark.parametrize(
    ("trainer", "key", "sentence"),
    [
        (
            {"loss": "focal", "class_weights": "1, x"},
            "class_weights",
            "Write balanced, or one number a class",
        ),
        ({"loss": "focal", "class_weights": "-1, 1"}, "class_weights", "Weights must be 0 or more"),
        (
            {"class_weights": "1, 2"},
            "class_weights",
            "Only the loss cross_entropy or focal reads it, not model.",
        ),
        ({"loss": "mse", "focal_gamma": 1.0}, "focal_gamma", "Only the loss focal reads it, not mse."),
        ({"loss": "crossentropy"}, "loss", "Did you mean cross_entropy?"),
        (
            {"metrics": "regression"},
            "metrics",
            "metric_for_best_model is accuracy, which this set does not measure",
        ),
        ({"optimizer_options": {"momentum": 0.9}}, "optimizer_options", "Choose the optimizer's class"),
        (
            {"optimizer": "SGD", "optimizer_options": {"lr": 1}},
            "optimizer_options",
            "lr is set by learning_rate",
        ),
        ({"callbacks": {"ProgresCallback": {}}}, "callbacks", "Did you mean ProgressCallback?"),
        ({"callbacks": {"ProgressCallback": 3}}, "callbacks", "must be an object"),
        (
            {"callbacks": {"WandbCallback": {}}},
            "callbacks",
            "needs the package wandb, which is not installed here",
        ),
        ({"callbacks": {"EarlyStoppingCallback": {}}}, "callbacks", "has fields of its own: early_stopping"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_built(
    trainer: dict[str, Any], key: str, sentence: str
) -> None:
    found = said(trainer=trainer)
    assert list(found) == [f"trainer.{key}"]
    assert sentence in found[f"trainer.{key}"]


def test_early_stopping_needs_evaluations_and_something_to_improve() -> None:
    found = said(trainer={"early_stopping": True}, args={"eval_strategy": "no"})
    assert found == {"trainer.early_stopping": "Needs evaluations: set eval_strategy to steps or epoch."}


def test_weights_for_another_number_of_classes(tmp_path: Path) -> None:
    with pytest.raises(
        SpecProblem, match=r"^trainer.class_weights: 3 weights, but the model has 2 classes\.$"
    ):
        built(tmp_path, trainer={"loss": "focal", "class_weights": "1, 2, 3"})


# --- collator ---------------------------------------------------------------------------------------------


def test_a_chosen_collator_with_options_makes_the_batches(tmp_path: Path) -> None:
    options = {
        "data_collator": "DataCollatorWithPadding",
        "data_collator_options": {"pad_to_multiple_of": 16},
    }
    trainer = built(tmp_path, trainer=options)
    assert next(iter(trainer.get_train_dataloader()))["input_ids"].shape == (8, 16)
    assert math.isfinite(first_log(trainer)["loss"])


def test_the_recipes_collator_takes_options_too(tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        parts.data_collator = DataCollatorWithPadding(parts.processing_class)

    trainer = built(tmp_path, toy(change), trainer={"data_collator_options": {"pad_to_multiple_of": 16}})
    assert next(iter(trainer.get_train_dataloader()))["input_ids"].shape == (8, 16)


@pytest.mark.parametrize(
    ("trainer", "sentence"),
    [
        (
            {"data_collator": "DataCollatorWithPadding", "data_collator_options": {"pad_to_multiple": 8}},
            "data_collator_options: DataCollatorWithPadding has no option pad_to_multiple. "
            "Did you mean pad_to_multiple_of?",
        ),
        (
            {"data_collator_options": {"mlm": True}},
            "data_collator_options: The Trainer's default collator has no option mlm.",
        ),
        (
            {"data_collator": "default_data_collator", "data_collator_options": {"x": 1}},
            "default_data_collator has no option x. It has none.",
        ),
    ],
)
def test_options_that_a_collator_has_not(trainer: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SpecProblem) as refused:
        built(tmp_path, trainer=trainer)
    assert sentence in str(refused.value)


def test_a_collator_that_pads_needs_a_tokenizer(tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        parts.processing_class = None

    with pytest.raises(
        SpecProblem, match="DataCollatorWithPadding pads with a tokenizer, but this recipe has none"
    ):
        built(tmp_path, toy(change), trainer={"data_collator": "DataCollatorWithPadding"})


@pytest.mark.parametrize("name", COLLATORS[1:])
def test_every_collator_of_transformers_can_be_chosen(name: str) -> None:
    tokenizer = train_tokenizer(["red apple"], "bert", 300, {})
    parts = TrainerParts(processing_class=tokenizer, model=None)
    collator = chosen_collator({"data_collator": name, "data_collator_options": None}, parts)
    assert callable(collator)
    assert getattr(collator, "tokenizer", tokenizer) is tokenizer


# --- metrics ----------------------------------------------------------------------------------------------


def test_a_set_of_metrics_takes_the_place_of_the_recipes(tmp_path: Path) -> None:
    found = measured(built(tmp_path, trainer={"metrics": "single_label"}))
    assert {"accuracy", "f1", "precision", "recall", "mcc", "roc_auc"} <= found.keys()


def test_no_metrics_leave_the_loss(tmp_path: Path) -> None:
    trainer = built(tmp_path, trainer={"metrics": "none"}, args=LOSS_DECIDES)
    assert "accuracy" not in measured(trainer)
    trainer.train()
    assert trainer.state.best_metric is not None


def test_a_recipe_whose_metrics_are_no_numbers_fails_by_name_at_the_first_evaluation(tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        parts.compute_metrics = lambda prediction: [0.5]  # type: ignore[assignment,return-value]

    trainer = built(tmp_path, toy(change))
    with pytest.raises(
        TypeError, match=r"compute_metrics of the recipe must return .*it returned list \[0\.5\]"
    ):
        trainer.train()
    assert trainer.state.global_step == 2


def test_only_the_likeliest_class_is_kept(tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        parts.compute_metrics = lambda p: {"accuracy": (p.predictions == p.label_ids).mean()}

    trainer = built(tmp_path, toy(change), trainer={"preprocess_logits_for_metrics": "argmax"})
    assert trainer.predict(trainer.eval_dataset).predictions.shape == (8,)
    assert 0 <= measured(trainer)["accuracy"] <= 1


def test_all_logits_are_kept_on_demand(tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        parts.preprocess_logits_for_metrics = lambda logits, labels: logits.argmax(-1)

    trainer = built(tmp_path, toy(change), trainer={"preprocess_logits_for_metrics": "all"})
    assert trainer.predict(trainer.eval_dataset).predictions.shape == (8, 2)


# --- optimizer --------------------------------------------------------------------------------------------


def test_a_class_of_torch_with_its_options(tmp_path: Path) -> None:
    options = {"optimizer": "SGD", "optimizer_options": {"momentum": 0.5}}
    trainer = built(tmp_path, trainer=options, args={"weight_decay": 0.1})
    trainer.train()
    assert type(trainer.optimizer.optimizer) is torch.optim.SGD
    assert [(group["momentum"], group["weight_decay"]) for group in trainer.optimizer.param_groups] == [
        (0.5, 0.1),
        (0.5, 0.0),
    ]


@pytest.mark.parametrize("name", OPTIMIZERS[1:])
def test_every_class_that_is_offered_makes_steps(name: str) -> None:
    values = {"optimizer": name, "optimizer_options": None}
    made = chosen_optimizer(values, TrainerParts(), 0.1)
    assert made is not None
    weight = torch.nn.Parameter(torch.ones(2, 2))
    optimizer = made[0]([weight], **made[1])
    for _ in range(3):
        optimizer.zero_grad()
        weight.square().sum().backward()
        optimizer.step()
    assert weight.square().sum() < 4


def test_a_wrong_option_of_an_optimizer(tmp_path: Path) -> None:
    with pytest.raises(
        SpecProblem, match=r"^trainer.optimizer_options: SGD: .*unexpected keyword argument 'betas'"
    ):
        built(tmp_path, trainer={"optimizer": "SGD", "optimizer_options": {"betas": [0.9, 0.99]}})


def test_learning_rates_by_layer_and_for_the_head(tmp_path: Path) -> None:
    trainer = built(
        tmp_path,
        trainer={"layer_lr_decay": 0.5, "head_lr_factor": 10.0},
        args={"lr_scheduler_type": "constant", "weight_decay": 0.1},
    )
    assert first_log(trainer)["learning_rate"] == 0.01
    groups = trainer.optimizer.param_groups
    assert {group["name"]: group["lr"] for group in groups} == pytest.approx(
        {"layer 1": 0.01, "above the layers": 0.01, "layer 0": 0.005, "embeddings": 0.0025, "head": 0.1}
    )
    assert {group["weight_decay"] for group in groups} == {0.1, 0.0}
    assert sum(len(group["params"]) for group in groups) == len(list(trainer.model.parameters()))


def test_a_resumed_training_keeps_its_groups(tmp_path: Path) -> None:
    groups = {"trainer": {"layer_lr_decay": 0.5}, "args": SAVING}
    whole, resumed = built(tmp_path / "a", **groups), built(tmp_path / "b", **groups)
    whole.train()
    resumed.train(resume_from_checkpoint=str(tmp_path / "a" / "checkpoint-2"))
    assert losses_of(resumed) == losses_of(whole)


def losses_of(trainer: Any) -> list[float]:
    return [log["loss"] for log in trainer.state.log_history if "loss" in log]


def test_weight_decay_may_reach_biases_and_norms(tmp_path: Path) -> None:
    trainer = built(tmp_path, trainer={"decay_bias_and_norm": True}, args={"weight_decay": 0.1})
    trainer.train()
    assert [group["weight_decay"] for group in trainer.optimizer.param_groups if group["params"]] == [0.1]


def test_the_record_shows_what_weight_decay_leaves_out(tmp_path: Path) -> None:
    trainer = built(tmp_path, args={"weight_decay": 0.1, "max_steps": 1})
    trainer.train()
    kind, weights, rest = trainer_record(trainer)["optimizer"]
    assert kind == "AdamW"
    assert re.fullmatch(r"decayed: [\d,]+ weights, learning rate 0.01, weight decay 0.1", weights)
    assert re.fullmatch(r"biases and norms: [\d,]+ weights, learning rate 0.01, weight decay 0", rest)


def test_a_recipes_own_optimizer_and_schedule(tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        optimizer = torch.optim.SGD(parts.model.parameters(), lr=0.5)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
        parts.optimizers = (optimizer, schedule)

    trainer = built(tmp_path, toy(change))
    trainer.train()
    logged = [log["learning_rate"] for log in trainer.state.log_history if "learning_rate" in log]
    assert logged == pytest.approx([0.5, 0.25, 0.5 / 3, 0.125])
    for chosen in ({"optimizer": "Adam"}, {"layer_lr_decay": 0.5}):
        with pytest.raises(SpecProblem, match="This recipe hands over its own optimizer"):
            built(tmp_path, toy(change), trainer=chosen)


def test_a_recipes_own_optimizer_class(tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        parts.optimizer_cls_and_kwargs = (torch.optim.RMSprop, {"lr": 0.02})

    trainer = built(tmp_path, toy(change), args={"lr_scheduler_type": "constant"})
    assert first_log(trainer)["learning_rate"] == 0.02
    assert type(trainer.optimizer.optimizer) is torch.optim.RMSprop


# --- callbacks, model_init --------------------------------------------------------------------------------


def test_early_stopping_ends_a_training_that_does_not_improve(tmp_path: Path) -> None:
    stopping = {"early_stopping": True, "early_stopping_patience": 2}
    trainer = built(
        tmp_path, trainer=stopping, args={"learning_rate": 1e-9, "max_steps": 20, "eval_steps": 2}
    )
    trainer.train()
    assert trainer.state.global_step == 6  # the first evaluation is an improvement, the next two are none


def test_every_callback_of_transformers_is_offered_or_left_out_on_purpose() -> None:
    modules = (transformers.trainer_callback, transformers.integrations.integration_utils)
    found = {
        name
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, TrainerCallback)
    }
    elsewhere = {
        "TrainerCallback",
        "CallbackHandler",
        "DefaultFlowCallback",  # the Trainer's own, always there
        "PrinterCallback",  # takes total_flos out of the logs
        "EarlyStoppingCallback",  # has fields of its own
    }
    assert found - elsewhere == set(CALLBACKS)


def test_other_callbacks_of_transformers_and_the_recipes_own(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    class Count(TrainerCallback):
        steps = 0

        def on_step_end(self, args, state, control, **kwargs):
            self.steps += 1

    count = Count()

    def change(parts: TrainerParts) -> None:
        parts.callbacks = [count]

    trainer = built(tmp_path, toy(change), trainer={"callbacks": {"ProgressCallback": {"max_str_len": 50}}})
    trainer.train()
    assert count.steps == 4
    assert "4/4" in capsys.readouterr().err


def test_a_recipe_may_hand_over_model_init(tmp_path: Path) -> None:
    def change(parts: TrainerParts) -> None:
        model = parts.model
        parts.model, parts.model_init = None, lambda: type(model)(model.config)

    first, second = (first_log(built(tmp_path / name, toy(change))) for name in "ab")
    assert first["loss"] == second["loss"]


def test_what_the_trainer_takes_only_one_of_is_told_of_the_recipe(tmp_path: Path) -> None:
    def both(parts: TrainerParts) -> None:
        parts.model_init = lambda: parts.model

    with pytest.raises(ValueError, match="The recipe hands over model and model_init: the Trainer takes one"):
        built(tmp_path, toy(both))


def test_new_weights_depend_on_the_seed_alone() -> None:
    """So that trials of a sweep with one seed begin alike, whatever their recipes drew before."""
    weights = []
    for draws, seed in ((0, 1), (5, 1), (0, 2)):
        torch.manual_seed(seed)
        torch.rand(draws)
        model = ModelChoice({"vocab_size": 300}).build("AutoModelForSequenceClassification", vocab_size=300)
        weights.append(model.classifier.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
