"""Rows of a training set as the model sees them, by their numbers."""

import pytest

from tests.trainer_bridge.toy import built
from trainer_bridge.data_batch import batch_of
from trainer_bridge.errands import rows

pytestmark = pytest.mark.training


def test_rows_are_those_of_the_training_set_in_their_order(tmp_path):
    trainer = built(tmp_path)
    batch = batch_of(trainer, [2, 0])
    texts = ["".join(token["text"] for token in sample["tokens"]) for sample in batch["samples"]]
    assert ["cherry" in texts[0], "apple" in texts[1]] == [True, True]
    assert {"name": "labels", "shape": [2], "dtype": "int64"} in batch["tensors"]


def test_a_row_that_is_gone_is_said(tmp_path):
    with pytest.raises(ValueError, match="no row 99999"):
        rows.run({"spec": {"recipe": "linear-regression"}, "rows": [99_999]}, lambda text: None)
