"""Which rows are kept of an evaluation."""

import numpy
import pytest

from tests.trainer_bridge.evaluations.tools import counted, examples, noisy_logits
from trainer_bridge.evaluations import examples as keeping
from trainer_bridge.evaluations.classification import Classification
from trainer_bridge.evaluations.examples import SIZES
from trainer_bridge.evaluations.look import PIXELS, Look

NAMES = list("abcd")


def evaluated(logits, labels, former=None, probes=()):
    chosen = examples(probes, former)
    return counted(Classification(NAMES, chosen), logits, labels), chosen


def in_list(rows, name):
    return [row["row"] for row in rows if name in row["lists"]]


def test_the_worst_and_the_best_rows_are_those_of_all_batches():
    logits, labels = noisy_logits(400, 4)
    loss = -logits.log_softmax(-1)[range(400), labels].numpy()
    _, chosen = evaluated(logits, labels)
    order = numpy.argsort(-loss)
    kept = chosen.kept()
    assert set(in_list(kept, "worst")) == set(order[: SIZES["worst"]].tolist())
    assert set(in_list(kept, "best")) == set(order[-SIZES["best"] :].tolist())
    assert len({row["row"] for row in kept}) == len(kept)


def test_each_cell_has_its_worst_rows():
    logits, labels = noisy_logits(400, 4)
    loss = -logits.log_softmax(-1)[range(400), labels].numpy()
    said = logits.argmax(-1)
    _, chosen = evaluated(logits, labels)
    mistaken = numpy.flatnonzero((labels == 0).numpy() & (said == 1).numpy())
    worst = mistaken[loss[mistaken].argmax()]
    assert int(worst) in {row["row"] for row in chosen.kept() if (row["true"], row["said"]) == (0, 1)}


def test_of_many_cells_the_worst_are_kept_with_their_rows(monkeypatch):
    monkeypatch.setattr(keeping, "MOST", 100)
    logits, labels = noisy_logits(2000, 60)
    chosen = examples()
    counted(Classification([str(c) for c in range(60)], chosen), logits, labels, size=50)
    kept = chosen.kept()
    cells = {(row["true"], row["said"]) for row in kept if "cell" in row["lists"]}
    assert len(cells) == keeping.CELLS
    assert len(kept) < 300


def test_fixed_rows_are_followed():
    logits, labels = noisy_logits(50, 4)
    _, chosen = evaluated(logits, labels, probes=[3, 17])
    assert in_list(chosen.kept(), "probe") == [3, 17]


def test_rows_that_changed_are_counted_and_kept_with_what_was_said_before():
    logits, labels = noisy_logits(50, 4)
    first, before = evaluated(logits, labels)
    changed = logits.clone()
    row = int((logits.argmax(-1) == labels).nonzero()[0])
    changed[row] = -logits[row]
    _, chosen = evaluated(changed, labels, former=before.former)
    assert chosen.changed.tolist() == [1, 0]
    (told,) = [told for told in chosen.kept() if "lost" in told["lists"]]
    assert (told["row"], told["before"]) == (row, int(logits[row].argmax()))
    assert first.examples.changed.tolist() == [0, 0]


def test_a_loss_that_is_no_number_is_the_worst_and_harms_no_order():
    logits, labels = noisy_logits(60, 4)
    logits[7] = float("nan")
    _, chosen = evaluated(logits, labels)
    assert in_list(chosen.kept(), "worst")[0] == 7


def test_a_picture_is_sent_once_as_a_small_png():
    torch = pytest.importorskip("torch")
    look = Look(None)
    inputs = {"pixel_values": torch.rand(2, 3, 200, 100)}
    rows, media = look.show([look.keep(inputs, 0), look.keep(inputs, 0)])
    assert rows[0]["media"] == rows[1]["media"]
    (data,) = media.values()
    assert data.startswith(b"\x89PNG")
    assert int.from_bytes(data[20:24], "big") == PIXELS
    _, again = look.show([look.keep(inputs, 0)])
    assert again == {}


def test_a_sound_is_sent_as_wav():
    import torch

    look = Look(None)
    rows, media = look.show([look.keep({"input_values": torch.sin(torch.arange(20000) / 10)[None]}, 0)])
    data = media[rows[0]["media"]]
    assert data.startswith(b"RIFF")
    assert len(data) == pytest.approx(16_000, abs=100)
