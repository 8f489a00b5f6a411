"""A model as ONNX, and whether it answers what the model answers.

What an input looks like follows from the model's configuration. The file is written with a batch and, for texts and
sounds, a length of its own choice where the exporter allows it; it is compared on inputs of two sizes.
"""

import inspect
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: The optional extra that brings what is needed.
PACKAGES = ("onnx", "onnxscript", "onnxruntime")
#: The largest difference between two answers, relative to the largest answer, that rounding explains.
TOLERANCE = 1e-3
#: Texts and sounds are tried at this many tokens, or samples.
_TOKENS, _SAMPLES = 12, 8000
_OUTPUTS = ("logits", "start_logits", "end_logits", "last_hidden_state")
Tell = Callable[[str], None]


class OnnxFailed(RuntimeError):
    """The text says to a person why there is no ONNX file."""


def missing_packages() -> list[str]:
    """Those that ONNX needs and that are not installed."""
    from importlib.util import find_spec

    return [name for name in PACKAGES if find_spec(name) is None]


def write_onnx(folder: Path, target: Path, tell: Tell) -> dict[str, Any]:
    """Write the model in ``folder`` to ``target`` and compare. Raises OnnxFailed.

    Gives {"largest_difference", "tolerance", "inputs", "outputs", "free": the dimensions of one's own choice}.
    """
    if missing := missing_packages():
        raise OnnxFailed(
            f"ONNX needs {', '.join(missing)}, which the worker does not have. Install Trainboard there with its "
            'extra: pip install "trainboard[onnx]".'
        )
    from trainer_bridge.exporting.whole_model import load_whole

    tell("loading the model")
    model = load_whole(folder).float().eval()
    asked = inputs_for(model, rows=2, longer=0)
    wrapped = _wrapped(model, list(asked), asked)
    tell("exporting to ONNX")
    free = _export(wrapped, asked, target)
    tell("comparing the answers")
    return {
        **_compared(wrapped, model, target, free),
        "inputs": list(asked),
        "outputs": wrapped.names,
        "free": sorted({name for axes in free.values() for name in axes.values()}),
    }


def inputs_for(model: Any, rows: int, longer: int) -> dict[str, Any]:
    """Random inputs as the model takes them; ``longer`` makes texts and sounds longer by a part of 4."""
    import torch

    config, name = model.config, model.main_input_name
    taken = inspect.signature(model.forward).parameters
    if name == "pixel_values":
        side = config.image_size
        height, width = (side, side) if isinstance(side, int) else side
        return {name: torch.rand(rows, config.num_channels, height, width)}
    if name == "input_values":
        return {name: torch.randn(rows, _SAMPLES + longer * _SAMPLES // 4)}
    if name != "input_ids":
        raise OnnxFailed(f"A model that takes {name} cannot be written as ONNX here.")
    choices = (3,) if type(model).__name__.endswith("ForMultipleChoice") else ()
    shape = (rows, *choices, _TOKENS + longer * _TOKENS // 4)
    # Not the special tokens at the beginning, such as padding, which some models leave out of their answer.
    ids = torch.randint(5, max(config.vocab_size, 6), shape)
    found = {"input_ids": ids}
    if "attention_mask" in taken:
        found["attention_mask"] = torch.ones_like(ids)
    if config.is_encoder_decoder:
        found["decoder_input_ids"] = ids.clone()
    return found


def _wrapped(model: Any, names: list[str], example: Mapping[str, Any]) -> Any:
    """The model as a function of tensors to tensors, which is what ONNX knows."""
    import torch

    fixed = {"use_cache": False} if "use_cache" in inspect.signature(model.forward).parameters else {}

    class Wrapped(torch.nn.Module):
        names: list[str] = []

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *values: Any) -> tuple[Any, ...]:
            answer = self.model(**dict(zip(names, values, strict=True)), **fixed)
            return tuple(answer[name] for name in _OUTPUTS if answer.get(name) is not None)

    wrapped = Wrapped()
    with torch.no_grad():
        answer = model(**example, **fixed)
    wrapped.names = [name for name in _OUTPUTS if answer.get(name) is not None]
    if not wrapped.names:
        raise OnnxFailed(f"A {type(model).__name__} gives none of {', '.join(_OUTPUTS)}.")
    return wrapped


def _export(wrapped: Any, asked: Mapping[str, Any], target: Path) -> dict[str, dict[int, str]]:
    """Write the file, with free dimensions if that goes, else without; which they are, by input."""
    free = {name: _free_axes(name, value.dim()) for name, value in asked.items()}
    fewer: list[dict[str, dict[int, str]]] = [free, {name: {0: "batch"} for name in asked}, {}]
    errors = []
    for axes in fewer:
        try:
            _write(wrapped, asked, target, axes)
        except Exception as error:
            # The exporter raises whatever it comes upon; what it cannot do with free dimensions it may do without.
            errors.append(error)
        else:
            return axes
    reason = str(errors[-1]).strip().splitlines() or [type(errors[-1]).__name__]
    raise OnnxFailed(f"torch's exporter does not support this model: {reason[0]}") from errors[-1]


def _free_axes(name: str, dimensions: int) -> dict[int, str]:
    last = {"input_values": "samples", "decoder_input_ids": "answer"}.get(name, "length")
    return {0: "batch"} if name == "pixel_values" else {0: "batch", dimensions - 1: last}


def _write(wrapped: Any, asked: Mapping[str, Any], target: Path, axes: Mapping[str, dict[int, str]]) -> None:
    import torch
    from torch.export import Dim

    dims = {name: Dim(name) for named in axes.values() for name in named.values()}
    shapes = tuple({at: dims[name] for at, name in axes.get(key, {}).items()} for key in asked)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            wrapped,
            tuple(asked.values()),
            str(target),
            dynamo=True,
            input_names=list(asked),
            output_names=wrapped.names,
            dynamic_shapes=(shapes,) if axes else None,
            external_data=_needs_two_files(wrapped),
            verbose=False,
        )


def _needs_two_files(wrapped: Any) -> bool:
    """One file of ONNX ends at 2 GiB; weights beyond that lie in a second one."""
    return sum(p.numel() * p.element_size() for p in wrapped.parameters()) > 1.9 * 2**30


def _compared(wrapped: Any, model: Any, target: Path, free: Mapping[str, dict[int, str]]) -> dict[str, float]:
    """The largest difference between the file's answers and the model's. Raises OnnxFailed where it is too large."""
    import onnxruntime
    import torch

    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    named = {name for axes in free.values() for name in axes.values()}
    sizes = [(2, 0), (3 if "batch" in named else 2, 1 if named & {"length", "samples"} else 0)]
    largest = 0.0
    for rows, longer in sizes:
        values = inputs_for(model, rows, longer)
        with torch.no_grad():
            expected = wrapped(*values.values())
        found = session.run(None, {name: value.numpy() for name, value in values.items()})
        largest = max([largest, *(_difference(a, b) for a, b in zip(expected, found, strict=True))])
    if not largest <= TOLERANCE:
        raise OnnxFailed(
            f"The ONNX file answers otherwise than the model: its largest difference is {largest:.2g} of the largest "
            f"answer, and {TOLERANCE:g} is allowed. It was not kept."
        )
    return {"largest_difference": largest, "tolerance": TOLERANCE}


def _difference(expected: Any, found: Any) -> float:
    """The largest difference, as a part of the largest answer."""
    import torch

    if tuple(expected.shape) != found.shape:
        return float("inf")
    scale = float(expected.abs().max()) or 1.0
    return float((expected - torch.as_tensor(found)).abs().max()) / scale
