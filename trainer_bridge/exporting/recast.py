"""Weights in another number format: a safetensors file is written anew, a tensor at a time.

How large the file will be follows from the header alone. The format: 8 bytes little-endian header length, a JSON header
{name: {"dtype", "shape", "data_offsets"}}, then the tensors one after another.
"""

import json
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

#: What a person chooses → how safetensors calls it, and bytes a number.
FORMATS = {"float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2)}
#: Other formats (whole numbers, 8-bit scales) stay as they are.
_FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
_ALIGNED = 8


@dataclass(frozen=True)
class _Tensor:
    """Where a tensor is in the old file, and what it becomes; offsets in bytes from the first tensor."""

    name: str
    shape: list[int]
    was: str
    start: int
    stop: int
    becomes: str
    size: int


def recast_size(path: Path, dtype: str) -> int:
    """Bytes of the file that ``recast`` would write. Raises ValueError or OSError where the file cannot be read."""
    tensors, metadata, _ = _read(path, dtype)
    return len(_header(tensors, metadata)) + sum(tensor.size for tensor in tensors)


def number_formats(path: Path) -> set[str]:
    """What a person calls the formats of the file's floating-point tensors: {"float32"}."""
    names = {short: name for name, (short, _) in FORMATS.items()} | {"F64": "float64"}
    return {names[tensor.was] for tensor in _read(path, "float32")[0] if tensor.was in names}


def recast(path: Path, target: Path, dtype: str, told: Callable[[int], None] = lambda done: None) -> None:
    """Write ``path`` to ``target`` with its floating-point tensors as ``dtype``; ``told`` hears of bytes written.

    At most one tensor is in memory. Raises OverflowError, naming the tensor, where a finite number would become
    infinite.
    """
    tensors, metadata, begin = _read(path, dtype)
    with path.open("rb") as source, target.open("wb") as file:
        told(file.write(_header(tensors, metadata)))
        for tensor in tensors:
            file.write(_converted(source, begin, tensor))
            told(tensor.size)


def _read(path: Path, dtype: str) -> tuple[list[_Tensor], Any, int]:
    """The tensors in their order, the file's own remarks, and where the first tensor begins."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    metadata = header.pop("__metadata__", None)
    tensors = [_tensor(name, told, dtype) for name, told in header.items()]
    return sorted(tensors, key=lambda tensor: tensor.start), metadata, 8 + length


def _tensor(name: str, told: dict[str, Any], dtype: str) -> _Tensor:
    (start, stop), was = told["data_offsets"], told["dtype"]
    if was not in _FLOATS:
        return _Tensor(name, told["shape"], was, start, stop, was, stop - start)
    becomes, size = FORMATS[dtype]
    return _Tensor(name, told["shape"], was, start, stop, becomes, size * math.prod(told["shape"]))


def _header(tensors: list[_Tensor], metadata: Any) -> bytes:
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    at = 0
    for tensor in tensors:
        offsets = [at, at + tensor.size]
        header[tensor.name] = {"dtype": tensor.becomes, "shape": tensor.shape, "data_offsets": offsets}
        at += tensor.size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNED)
    return struct.pack("<Q", len(text)) + text


def _converted(source: BinaryIO, begin: int, tensor: _Tensor) -> bytes:
    import torch

    source.seek(begin + tensor.start)
    data = source.read(tensor.stop - tensor.start)
    if tensor.was == tensor.becomes or not data:
        return data
    formats: dict[str, Any] = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16}
    formats["BF16"] = torch.bfloat16
    values = torch.frombuffer(bytearray(data), dtype=formats[tensor.was])
    converted = values.to(formats[tensor.becomes])
    if bool((converted.isinf() & ~values.isinf()).any()):
        raise OverflowError(
            f"{tensor.name} has numbers that {converted.dtype} cannot hold: the largest is {values.abs().max():g}."
            " Choose bfloat16, or keep float32."
        )
    return converted.view(torch.uint8).numpy().tobytes()
