"""A real Trainer's evaluations, listened to."""

import pytest

from tests.trainer_bridge.trainings import Events, line_trainer
from trainer_bridge import protocol
from trainer_bridge.evaluations import watch as watching
from trainer_bridge.evaluations.watch import watch
from trainer_bridge.protocol import Evaluated, Metrics, Warning

pytestmark = pytest.mark.training


def trained(tmp_path, metrics=None, **arguments):
    events = Events()
    trainer, _ = line_trainer(
        tmp_path, events, metrics=metrics, eval_strategy="epoch", num_train_epochs=2, **arguments
    )
    watch(trainer, events.emit)
    trainer.train()
    return events, trainer


def test_every_evaluation_is_told_with_the_loss_that_is_logged(tmp_path):
    events, trainer = trained(tmp_path)
    told = events.of(Evaluated)
    assert [(event.name, event.step, event.view["kind"]) for event in told] == [
        ("eval", 4, "regression"),
        ("eval", 8, "regression"),
    ]
    logged = [log["eval_loss"] for log in trainer.state.log_history if "eval_loss" in log]
    assert [event.view["mean_loss"] for event in told] == pytest.approx(logged, rel=1e-5)
    assert told[0].view["rows"] == 8
    assert protocol.decode_event(protocol.encode(told[0])) == told[0]
    assert told[0].view["samples"][0]["text"].startswith("x = ")


def test_metrics_and_kept_predictions_are_those_without_it(tmp_path):
    seen = []

    def measure(prediction):
        seen.append(prediction.predictions.copy())
        return {"error": float(abs(prediction.predictions - prediction.label_ids).mean())}

    events, _ = trained(tmp_path, measure)
    plain = Events()
    trainer, _ = line_trainer(
        tmp_path / "2", plain, metrics=measure, eval_strategy="epoch", num_train_epochs=2
    )
    trainer.train()
    values = [
        [event.values for event in one.of(Metrics) if "eval/error" in event.values] for one in (events, plain)
    ]
    names = ("eval/error", "eval/loss")
    assert [[v[n] for n in names] for v in values[0]] == [[v[n] for n in names] for v in values[1]]
    assert seen[0].tolist() == seen[2].tolist()


def test_several_splits_and_a_test_have_names_of_their_own(tmp_path):
    events = Events()
    trainer, _ = line_trainer(tmp_path, events)
    watch(trainer, events.emit)
    trainer.evaluate({"near": trainer.eval_dataset, "far": trainer.eval_dataset})
    trainer.evaluate(trainer.eval_dataset, metric_key_prefix="test")
    assert [event.name for event in events.of(Evaluated)] == ["eval_near", "eval_far", "test"]


def test_outputs_that_cannot_be_looked_at_leave_the_loss_alone(tmp_path):
    events = Events()
    trainer, _ = line_trainer(tmp_path, events)
    step = trainer.prediction_step

    def only_loss(model, inputs, prediction_loss_only, ignore_keys=None):
        if not prediction_loss_only:
            raise TypeError("these outputs are no tensors")
        return step(model, inputs, True, ignore_keys=ignore_keys)

    trainer.prediction_step = only_loss
    watch(trainer, events.emit)
    assert trainer.evaluate()["eval_loss"] > 0
    assert not events.of(Evaluated)
    assert not events.of(Warning)


def test_a_fault_is_a_warning_and_the_training_goes_on(tmp_path, monkeypatch):
    def fault(*arguments):
        raise RuntimeError("no view today")

    monkeypatch.setattr(watching, "view_of", fault)
    events, trainer = trained(tmp_path)
    (warning,) = events.of(Warning)
    assert "no view today" in warning.text
    assert not events.of(Evaluated)
    assert trainer.state.global_step == 8
