"""What a run's end means, and what is offered."""

import math

import pytest

from runs.death import ACCUMULATE, BATCH, RATE, cause_of
from runs.series import append
from runs.states import State
from trainer_bridge.protocol import Metrics

pytestmark = pytest.mark.django_db

OUT_OF_MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has …"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (OUT_OF_MEMORY, "device memory"),
        ("RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to …", "memory"),
        ("OSError: [Errno 12] Cannot allocate memory", "memory"),
        ("The training process was killed by signal 9 (SIGKILL). A process that takes more …", "killed"),
        ("OSError: [Errno 28] No space left on device", "disk"),
        ("ValueError: the loss is nan at step 60", "not a number"),
        ("KeyError: 'labels'", "error"),
        ("SystemExit: 3", "error"),
        ("ValueError: information about gradients", "error"),
    ],
)
def test_the_reason_tells_the_cause(make_run, reason, kind):
    assert cause_of(make_run(State.FAILED, reason=reason)).kind == kind


def test_out_of_memory_offers_half_the_batch_with_twice_the_accumulation(make_run):
    run = make_run(State.FAILED, reason=OUT_OF_MEMORY)
    run.spec = {"recipe": "digits-vit", "args": {"gradient_accumulation_steps": 3}}
    cause = cause_of(run)
    assert cause.changes == {BATCH: 32, ACCUMULATE: 6}  # the recipe has 64
    assert cause.words == "batch 32, accumulation 6: the same effective batch"


@pytest.mark.parametrize("batch", [1, 7])
def test_a_batch_that_cannot_be_halved_offers_nothing(make_run, batch):
    run = make_run(State.FAILED, reason=OUT_OF_MEMORY)
    run.spec = {"recipe": "digits-vit", "args": {"per_device_train_batch_size": batch}}
    assert cause_of(run).changes == {}


@pytest.mark.parametrize("state", list(State))
def test_only_a_run_that_did_not_reach_its_end_has_a_cause(make_run, state):
    ended_early = state in (State.FAILED, State.CRASHED, State.STOPPED)
    assert bool(cause_of(make_run(state, reason="because"))) == ended_early


@pytest.mark.parametrize("state", [State.FINISHED, State.STOPPED, State.FAILED])
def test_a_last_loss_that_is_not_finite_says_that_it_diverged(make_run, state):
    run = make_run(state, reason="stop asked by rule diverged")
    append(run.pk, 1, [Metrics(1, 1.0, {"train/loss": 2.0}), Metrics(2, 2.0, {"train/loss": math.nan})])
    cause = cause_of(run)
    assert (cause.kind, cause.changes) == ("not a number", {RATE: 0.0002})  # the recipe has 2e-3
    assert (cause.button, cause.words) == ("Retry with a tenth of the learning rate", "learning rate 2e-4")
    append(run.pk, 1, [Metrics(3, 3.0, {"train/loss": 1.0})])
    found = cause_of(run)
    assert found is None or found.kind != "not a number", "it came back"
