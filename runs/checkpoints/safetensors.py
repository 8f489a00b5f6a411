"""Whether a safetensors file is whole, from its header alone: no tensor is read.

The format: 8 bytes little-endian header length, a JSON header {name: {"dtype", "shape", "data_offsets"}},
then the tensors one after another without gaps up to the end of the file.
"""

import json
import math
import struct
from pathlib import Path
from typing import Any

#: The format's own limit on the header, in bytes.
_MAX_HEADER = 100_000_000
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F4": 4,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip


def safetensors_problem(path: Path) -> str:
    """Why the file is not a whole safetensors file, or ""."""
    try:
        return _check(path)
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"the header of {path.name} is not valid"


def _check(path: Path) -> str:
    size = path.stat().st_size
    header, data_start = _read_header(path, size)
    tensors = [entry for name, entry in header.items() if name != "__metadata__"]
    expected = data_start + _end_of_data(tensors)
    if expected != size:
        return f"{path.name} has {size:,} bytes but its header says {expected:,}"
    return ""


def _read_header(path: Path, size: int) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8).ljust(8, b"\xff"))
        if length > _MAX_HEADER or 8 + length > size:
            raise ValueError("header longer than the file")
        return json.loads(file.read(length)), 8 + length


def _end_of_data(tensors: list[dict[str, Any]]) -> int:
    """Where the last tensor ends, in bytes after the header. Raises ValueError on gaps and wrong lengths."""
    end = 0
    for start, stop, length in sorted(_extent(tensor) for tensor in tensors):
        if start != end or stop - start != length:
            raise ValueError("tensors do not follow each other")
        end = stop
    return end


def _extent(tensor: dict[str, Any]) -> tuple[int, int, int]:
    start, stop = tensor["data_offsets"]
    bits = _BITS.get(tensor["dtype"])
    length = stop - start if bits is None else math.prod(tensor["shape"]) * bits // 8
    return start, stop, length
