"""Batches of events, exactly once."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runs import series
from runs.ingest import BatchRefused, Sender, apply_batch, heard, last_number
from runs.models import Attempt, Command, ConsoleBlock, Project, Run, RunWarning, Series, Source
from runs.states import State
from trainer_bridge import protocol
from trainer_bridge.blocks import pack
from trainer_bridge.protocol import Batch, Console, ConsoleLine, Metrics, Progress, System

pytestmark = pytest.mark.django_db


def metrics(step, **values):
    return Metrics(
        step=step, time=1000.0 + step, values={f"train/{k}": v for k, v in values.items()}, epoch=step / 10
    )


def losses(run):
    found = series.read([run.pk], ["train/loss"])
    return list(zip(found[0].step.tolist(), found[0].y.tolist(), strict=True)) if found else []


@pytest.fixture
def run(make_run):
    return make_run(State.RUNNING)


@pytest.fixture
def sender(make_sender, run):
    return make_sender(run)


def test_a_batch_is_stored_and_numbered(run, sender):
    applied = apply_batch(sender, Batch(1, [metrics(1, loss=2.0), metrics(2, loss=1.0)]))
    assert applied.last == 2
    assert losses(run) == [(1, 2.0), (2, 1.0)]
    assert Source.objects.get().last == 2
    run.refresh_from_db()
    assert (run.version, run.step) == (1, 2)
    assert applied.update == {
        "type": "update", "run": run.pk, "from": 0, "to": 1, "step": 2,
        "points": {"train/loss": [[1, 0.1, 1001.0, 2.0], [2, 0.2, 1002.0, 1.0]]},
    }  # fmt: skip


def test_tokens_come_last_in_a_told_point_where_they_are_counted(run, sender):
    batch = protocol.Batch(1, [protocol.Metrics(1, 1001.0, {"train/loss": 2.0}, 0.1, 640)])
    applied = apply_batch(sender, batch)
    assert applied.update["points"] == {"train/loss": [[1, 0.1, 1001.0, 2.0, 640]]}


def test_a_block_is_one_event_that_brings_many_points(run, sender):
    block = pack([metrics(step, loss=float(step)) for step in range(1, 4)])
    applied = apply_batch(sender, Batch(1, [block, metrics(4, loss=4.0)]))
    assert applied.last == 2
    assert losses(run) == [(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]
    assert applied.update["step"] == 4
    told = [[n, n / 10, 1000.0 + n, float(n)] for n in range(1, 5)]
    assert applied.update["points"] == {"train/loss": told}


def test_a_block_too_large_for_one_message_is_fetched_by_pages(run, sender):
    applied = apply_batch(sender, Batch(1, [pack([metrics(step, loss=1.0) for step in range(3000)])]))
    assert (applied.update["from"], applied.update["to"]) == (1, 1)
    assert "points" not in applied.update
    assert series.summaries([run.pk])[run.pk]["train/loss"].count == 3000


def test_a_batch_sent_again_changes_nothing(run, sender):
    batch = Batch(1, [metrics(1, loss=2.0)])
    apply_batch(sender, batch)
    again = apply_batch(sender, batch)
    assert (again.last, again.update) == (1, None)
    assert losses(run) == [(1, 2.0)]
    run.refresh_from_db()
    assert run.version == 1


def test_of_an_overlapping_batch_only_the_new_part_counts(run, sender):
    apply_batch(sender, Batch(1, [metrics(1, loss=2.0), metrics(2, loss=1.5)]))
    assert apply_batch(sender, Batch(2, [metrics(2, loss=1.5), metrics(3, loss=1.0)])).last == 3
    assert losses(run) == [(1, 2.0), (2, 1.5), (3, 1.0)]


def test_a_gap_is_refused_and_told(run, sender):
    with pytest.raises(BatchRefused, match="expected event 1, but the batch begins with event 3") as refused:
        apply_batch(sender, Batch(3, [metrics(3, loss=1.0)]))
    assert not refused.value.final
    assert losses(run) == []


def test_an_older_attempt_is_refused_for_good(run, sender, make_sender):
    make_sender(run, number=2)
    with pytest.raises(BatchRefused, match="attempt 2 of this run has taken over from attempt 1") as refused:
        apply_batch(sender, Batch(1, [metrics(1, loss=1.0)]))
    assert refused.value.final
    with pytest.raises(BatchRefused):
        last_number(sender)


def test_a_deleted_run_is_refused_for_good(run, sender):
    run.delete()
    with pytest.raises(BatchRefused, match="was deleted") as refused:
        apply_batch(sender, Batch(1, [metrics(1, loss=1.0)]))
    assert refused.value.final


def test_sources_are_numbered_apart(run, sender):
    other = Sender(sender.attempt_id, "supervisor")
    last_number(other)
    apply_batch(sender, Batch(1, [metrics(5, loss=1.0)]))
    assert apply_batch(other, Batch(1, [System(time=1.0, values={"system/cpu": 50.0})])).last == 1
    point = series.read([run.pk], ["system/cpu"])[0]
    assert (point.step.tolist(), point.y.tolist()) == ([5], [50.0])


def test_console_lines_are_numbered_through(run, sender):
    lines = [ConsoleLine(1.0, "stdout", "one"), ConsoleLine(2.0, "stderr", "t\x00wo")]
    apply_batch(sender, Batch(1, [Console(lines[:1]), Console(lines[1:])]))
    applied = apply_batch(sender, Batch(3, [Console([ConsoleLine(3.0, "stdout", "three")])]))
    blocks = [(block.first, block.count, block.lines) for block in ConsoleBlock.objects.all()]
    assert blocks == [
        (0, 2, [[1.0, "stdout", "one"], [2.0, "stderr", "t\ufffdwo"]]),
        (2, 1, [[3.0, "stdout", "three"]]),
    ]
    assert applied.update["console"] == {"first": 2, "lines": [[3.0, "stdout", "three"]]}
    run.refresh_from_db()
    assert run.console_lines == 3


def test_of_a_flood_of_lines_browsers_are_told_the_end(sender):
    lines = [ConsoleLine(1.0, "stdout", str(number)) for number in range(3000)]
    told = apply_batch(sender, Batch(1, [Console(lines)])).update["console"]
    assert (told["first"], len(told["lines"])) == (2800, 200)
    assert told["lines"][-1] == [1.0, "stdout", "2999"]


def test_the_first_step_makes_a_starting_run_running(make_run, make_sender):
    run = make_run(State.STARTING, worker="box")
    event = protocol.State("running", time=100.0, max_steps=80, num_train_epochs=2.0)
    applied = apply_batch(make_sender(run), Batch(1, [event]))
    run.refresh_from_db()
    assert (run.state, run.max_steps, run.num_train_epochs, run.started_at.timestamp()) == (
        "running",
        80,
        2.0,
        100.0,
    )
    assert (applied.update["from"], applied.update["to"]) == (0, run.version)
    assert applied.update["state"] == "running"


def test_a_stop_is_not_undone_by_the_first_step(make_run, make_sender):
    run = make_run(State.STOPPING, reason="stop asked by ada")
    apply_batch(make_sender(run), Batch(1, [protocol.State("running", time=100.0)]))
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopping", "stop asked by ada")


def test_an_evaluation_is_shown_while_it_runs_and_its_time_is_not_the_steps(run, sender):
    steps = [Progress(10, 100.0, 90, tokens=500), Progress(30, 104.0, 90, tokens=1500)]
    apply_batch(sender, Batch(1, steps))
    apply_batch(sender, Batch(3, [Progress(30, 130.0, 90, evaluated=7, to_evaluate=20, seconds_left=49.5)]))
    run.refresh_from_db()
    assert run.evaluation == {"done": 7, "of": 20, "left": 49.5}
    apply_batch(
        sender, Batch(4, [Progress(30, 170.0, 90, tokens=1500), Progress(35, 171.0, 90, tokens=1750)])
    )
    run.refresh_from_db()
    assert (run.evaluation, run.speed, run.token_speed) == (None, 5.0, 250.0)


def test_progress_tells_step_epoch_and_speed(run, sender):
    apply_batch(sender, Batch(1, [Progress(10, time=100.0, max_steps=90, epoch=0.5)]))
    apply_batch(sender, Batch(2, [Progress(30, time=104.0, max_steps=90, epoch=1.5)]))
    run.refresh_from_db()
    assert (run.step, run.max_steps, run.epoch, run.speed) == (30, 90, 1.5, 5.0)


def test_a_resumed_attempt_shows_one_history(run, sender, make_sender):
    apply_batch(sender, Batch(1, [metrics(step, loss=float(step)) for step in (10, 20, 30)]))
    second = make_sender(run, number=2)
    events = [protocol.State("running", time=1.0, resumed_step=20), metrics(25, loss=0.5)]
    applied = apply_batch(second, Batch(1, events))
    assert losses(run) == [(10, 10.0), (20, 20.0), (25, 0.5)]
    assert Attempt.objects.get(number=2).resumed_step == 20
    # Pages cannot take points away by themselves: they are made to fetch.
    assert applied.update["from"] == applied.update["to"]
    assert "points" not in applied.update


@pytest.mark.parametrize(
    ("event", "state", "reason"),
    [
        (protocol.Exit("finished", time=9.0, step=80), "finished", ""),
        (protocol.Exit("stopped", time=9.0, reason="stop asked by ada"), "stopped", "stop asked by ada"),
        (protocol.Exit("failed", time=9.0, error="a\nValueError: no"), "failed", "ValueError: no"),
        (protocol.Exit("failed", time=9.0, signal=9), "failed", "the training process was ended by signal 9"),
        (protocol.Exit("failed", time=9.0, exit_code=3), "failed",
         "the training process ended with exit code 3 and left no error message"),
    ],
)  # fmt: skip
def test_exit_ends_the_run_with_its_reason(run, sender, event, state, reason):
    applied = apply_batch(sender, Batch(1, [event]))
    run.refresh_from_db()
    assert (run.state, run.reason, run.ended_at.timestamp()) == (state, reason, 9.0)
    assert applied.slots_changed
    assert applied.ended


def test_a_killed_process_was_stopped_and_did_not_fail(make_run, make_sender):
    run = make_run(State.STOPPING, reason="kill asked by ada")
    apply_batch(make_sender(run), Batch(1, [protocol.Exit("failed", time=9.0, signal=9)]))
    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "kill asked by ada")


def test_a_second_exit_changes_nothing(run, sender):
    apply_batch(sender, Batch(1, [protocol.Exit("failed", time=9.0, error="first", traceback="tb")]))
    apply_batch(sender, Batch(2, [protocol.Exit("finished", time=10.0)]))
    run.refresh_from_db()
    assert (run.state, run.reason, run.traceback) == ("failed", "first", "tb")


def test_exit_closes_commands_that_nobody_will_answer(run, sender):
    command = Command.objects.create(run=run, kind="save")
    apply_batch(sender, Batch(1, [protocol.Exit("finished", time=9.0)]))
    command.refresh_from_db()
    assert (command.status, command.reason) == ("refused", "the run finished first")


def test_a_crashed_run_that_is_heard_again_goes_on(make_run, make_sender):
    run = make_run(
        State.CRASHED, reason="no word", started_at="2026-01-01T00:00:00Z", ended_at="2026-01-02T00:00:00Z"
    )
    sender = make_sender(run)
    assert heard(sender).update["state"] == "running"
    run.refresh_from_db()
    assert (run.state, run.reason, run.ended_at) == ("running", "", None)
    assert heard(sender).update is None


def test_command_answers_are_stored(run, sender):
    command = Command.objects.create(run=run, kind="stop")
    acks = [
        protocol.CommandAck(command.pk, "received", time=1.0),
        protocol.CommandAck(command.pk, "applied", 2.0, step=7),
    ]
    applied = apply_batch(sender, Batch(1, acks))
    command.refresh_from_db()
    assert (command.status, command.step) == ("applied", 7)
    assert applied.update["commands"] is True


@pytest.mark.parametrize(
    ("others", "state"),
    [([], "running"), (["sent"], "stopping"), (["applied"], "stopping"), (["refused"], "running")],
)
def test_a_stop_that_the_training_refuses_stops_nothing(make_run, make_sender, others, state):
    run = make_run(State.STOPPING, reason="stop asked by ada", started_at="2026-01-01T00:00:00Z")
    Command.objects.create(run=run, kind="kill", status="applied")  # of an earlier attempt
    sender = make_sender(run)
    command = Command.objects.create(run=run, kind="stop")
    for status in others:
        Command.objects.create(run=run, kind="stop", status=status)
    ack = protocol.CommandAck(command.pk, "refused", time=1.0, reason="the loop cannot be stopped")
    applied = apply_batch(sender, Batch(1, [ack]))
    run.refresh_from_db()
    command.refresh_from_db()
    assert (run.state, command.status, command.reason) == (state, "refused", "the loop cannot be stopped")
    assert applied.update.get("state") == (state if state == "running" else None)


def test_a_refused_save_leaves_a_stopping_run_stopping(make_run, make_sender):
    run = make_run(State.STOPPING)
    sender = make_sender(run)
    save, _ = (Command.objects.create(run=run, kind=kind) for kind in ("save", "stop"))
    apply_batch(sender, Batch(1, [protocol.CommandAck(save.pk, "refused", time=1.0)]))
    run.refresh_from_db()
    assert run.state == "stopping"


def test_a_command_of_another_run_is_not_answered(run, sender, make_run):
    command = Command.objects.create(run=make_run(State.RUNNING), kind="stop")
    apply_batch(sender, Batch(1, [protocol.CommandAck(command.pk, "applied", time=1.0)]))
    command.refresh_from_db()
    assert command.status == "sent"


def test_environment_is_made_storable(run, sender):
    values = {"torch": "2.13", "nan": math.nan, "bytes": b"x", "nested": {"n\x00": [1, 2**70]}}
    apply_batch(sender, Batch(1, [protocol.Environment(values)]))
    run.refresh_from_db()
    assert run.environment == {
        "torch": "2.13",
        "nan": "nan",
        "bytes": "b'x'",
        "nested": {"n\ufffd": [1, str(2**70)]},
    }


def test_a_checkpoint_outside_the_run_is_refused_alone(run, sender):
    bad = protocol.Checkpoint(step=5, time=1.0, path="../../etc", files=[])
    applied = apply_batch(sender, Batch(1, [metrics(1, loss=2.0), bad, metrics(2, loss=1.0)]))
    assert applied.last == 3
    assert losses(run) == [(1, 2.0), (2, 1.0)]
    assert RunWarning.objects.get().code == "refused-checkpoint"
    assert not run.checkpoints.exists()


def test_a_repeated_warning_replaces_the_former(run, sender):
    apply_batch(sender, Batch(1, [protocol.Warning("w", "one", 1.0), protocol.Warning("w", "two", 2.0)]))
    assert [warning.text for warning in RunWarning.objects.all()] == ["two"]


def test_values_that_json_lacks_are_named(run, sender):
    event = metrics(1, a=math.nan, b=math.inf, c=-math.inf)
    points = apply_batch(sender, Batch(1, [event])).update["points"]
    assert [points[f"train/{k}"][0][3] for k in "abc"] == ["NaN", "Infinity", "-Infinity"]


def test_numbers_that_no_column_holds_change_nothing(run, sender):
    events = [
        Progress(5, time=math.nan, max_steps=-3, epoch=math.inf),
        protocol.State("running", time=math.inf, max_steps=2**62, num_train_epochs=math.nan),
    ]
    apply_batch(sender, Batch(1, events))
    run.refresh_from_db()
    assert (run.step, run.max_steps, run.epoch, run.num_train_epochs) == (5, None, None, None)


def test_a_long_batch_makes_pages_fetch(run, sender):
    update = apply_batch(sender, Batch(1, [metrics(step, loss=1.0) for step in range(1, 3002)])).update
    assert (update["from"], update["to"]) == (1, 1)
    assert "points" not in update


@pytest.mark.parametrize("count", [1, 50])
def test_a_batch_costs_a_fixed_number_of_queries(run, sender, django_assert_max_num_queries, count):
    apply_batch(sender, Batch(1, [metrics(1, loss=1.0)]))
    events = [metrics(2 + i, loss=1.0) for i in range(count)]
    events += [Progress(100, time=5.0, max_steps=100), Console([ConsoleLine(1.0, "stdout", "x")])]
    with django_assert_max_num_queries(12):
        apply_batch(sender, Batch(2, events))


@given(deliveries=st.lists(st.tuples(st.integers(1, 12), st.integers(1, 5)), max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_deliveries_ends_like_the_events_once(db, deliveries):
    """Against a model: events 1 … n are stored, and n grows with each batch that begins at most at n + 1."""
    project, _ = Project.objects.get_or_create(slug="h", name="h")
    run = Run.objects.create(project=project, name="r", state=State.RUNNING)
    sender = Sender(Attempt.objects.create(run=run, number=1, token_hash="h").pk, "trainer")
    last = last_number(sender)
    for first, count in deliveries:
        batch = Batch(first, [metrics(n, loss=float(n)) for n in range(first, first + count)])
        if first > last + 1:
            with pytest.raises(BatchRefused):
                apply_batch(sender, batch)
        else:
            last = max(last, first + count - 1)
            assert apply_batch(sender, batch).last == last
    assert losses(run) == [(n, float(n)) for n in range(1, last + 1)]
    assert sum(Series.objects.filter(run=run).values_list("count", flat=True)) == last


def test_a_batch_that_stood_out_keeps_its_rows_and_step(run, sender):
    details = {"kind": "batch", "loss": math.nan, "grad_norm": 3.5, "rows": [4, 9], "count": 2}
    event = protocol.Warning("batch 7", "In step 7 the loss is NaN.", 1.0, step=7, details=details)
    apply_batch(sender, Batch(1, [event]))
    kept = RunWarning.objects.get()
    assert (kept.step, kept.details) == (7, details | {"loss": "nan"})


def test_the_patience_of_early_stopping_is_kept_and_goes(run, sender):
    waits = Progress(1, 1.0, 10, patience_left=2, patience=3)
    apply_batch(sender, Batch(1, [waits]))
    run.refresh_from_db()
    assert run.patience == {"left": 2, "of": 3}
    apply_batch(sender, Batch(2, [Progress(2, 2.0, 10)]))
    run.refresh_from_db()
    assert run.patience is None
