"""Weights in another number format: the values that torch gives, the size that was foretold."""

import pytest

from trainer_bridge.exporting.recast import number_formats, recast, recast_size

torch = pytest.importorskip("torch")
from safetensors.torch import load_file, save_file  # noqa: E402


@pytest.fixture
def weights(tmp_path):
    """A file with float and whole numbers; its path."""
    values = {
        "a": torch.randn(3, 5),
        "empty": torch.empty(0, 4),
        "half": torch.randn(7).half(),
        "ids": torch.arange(4),
        "scalar": torch.tensor(1.5),
    }
    save_file(values, tmp_path / "model.safetensors", metadata={"format": "pt"})
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_values_are_those_of_torch_and_the_size_is_foretold(weights, tmp_path, dtype):
    target = tmp_path / "other.safetensors"
    recast(weights, target, dtype)
    assert target.stat().st_size == recast_size(weights, dtype)
    before, after = load_file(weights), load_file(target)
    assert before.keys() == after.keys()
    for name, value in before.items():
        expected = value.to(getattr(torch, dtype)) if value.is_floating_point() else value
        assert after[name].dtype == expected.dtype
        assert torch.equal(after[name], expected)
    assert number_formats(target) == {dtype}


def test_what_a_format_cannot_hold_is_refused(tmp_path):
    save_file({"big": torch.tensor([1.0, 1e6])}, tmp_path / "model.safetensors")
    with pytest.raises(OverflowError, match=r"big has numbers that torch\.float16 cannot hold.*1e\+06"):
        recast(tmp_path / "model.safetensors", tmp_path / "other.safetensors", "float16")
