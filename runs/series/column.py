"""One column of 64-bit numbers as bytes, exactly: integers and the bit patterns of floats alike.

Raw columns cost nothing to write. Compressed ones look at what the numbers do: constant, evenly spaced, a
ratio of the step (the Trainer's epoch), else byte planes of the bits or of their differences. Noise does not
compress, so planes that are noise stay as they are and decoding them is a copy.
"""

import struct
import zlib
from enum import IntEnum

import numpy as np

SMALL = 16  # Columns this short are not worth a directory of planes.
_SAMPLE = 2048
_PLANE_OFFSETS = np.arange(8)[:, None] * 256
_PLANE = struct.Struct("<BI")
_PAIR = struct.Struct("<qq")


class Kind(IntEnum):
    """How the bytes of a column are to be read."""

    RAW = 0
    CONSTANT = 1
    EVEN = 2  # first value and difference
    RATIO = 3  # step / n
    SPLIT_RATIO = 4  # step // n + step % n / n, as the Trainer counts epochs
    BITS = 5
    DELTAS = 6


RATIOS = (Kind.RATIO, Kind.SPLIT_RATIO)


class _Plane(IntEnum):
    RAW = 0
    CONSTANT = 1
    DEFLATED = 2


def encode(column: np.ndarray, steps: np.ndarray | None = None) -> tuple[Kind, bytes]:
    """A column, compressed. ``steps`` lets a float column be written as a ratio of them."""
    bits = np.ascontiguousarray(column).view("<i8")
    kind, data = encode_fast(bits, steps)
    return _cheaper(bits) if kind == Kind.RAW and len(bits) >= SMALL else (kind, data)


def encode_fast(column: np.ndarray, steps: np.ndarray | None = None) -> tuple[Kind, bytes]:
    """A column without looking for more than what costs next to nothing to see."""
    bits = np.ascontiguousarray(column).view("<i8")
    if len(bits) >= SMALL:
        if simple := _simple(bits):
            return simple
        if steps is not None and (ratio := _as_ratio(bits.view("<f8"), steps)):
            return ratio
    return Kind.RAW, bits.tobytes()


def _simple(bits: np.ndarray) -> tuple[Kind, bytes] | None:
    """Constant or evenly spaced numbers."""
    # Most columns are neither, which the first three tell.
    first = bits[1:3] - bits[:2]
    if first[0] != first[1]:
        return None
    if not (bits[1:] - bits[:-1] == first[0]).all():
        return None
    if first[0] == 0:
        return Kind.CONSTANT, bits[:1].tobytes()
    return Kind.EVEN, _PAIR.pack(int(bits[0]), int(first[0]))


def decode(kind: int, data: memoryview, n: int, steps: np.ndarray | None = None) -> np.ndarray:
    """The n numbers as int64 (view them as float64 where they are floats). ValueError: not such a column."""
    if kind == Kind.RAW:
        return np.frombuffer(data, "<i8", n)
    if kind == Kind.CONSTANT:
        return np.full(n, np.frombuffer(data, "<i8", 1)[0])
    if kind == Kind.EVEN:
        first, difference = _PAIR.unpack(data)
        return np.arange(n, dtype="<i8") * difference + first
    if kind == Kind.BITS:
        return _join_planes(data, n)
    if kind == Kind.DELTAS:
        return _undo_deltas(data, n)
    if kind not in RATIOS:
        raise ValueError(f"no such kind of column: {kind}")
    if steps is None:
        raise ValueError("a ratio column without its steps")
    per_epoch = float(np.frombuffer(data, "<f8", 1)[0])
    return _ratio(kind, steps, per_epoch).view("<i8")


def _as_ratio(column: np.ndarray, steps: np.ndarray) -> tuple[Kind, bytes] | None:
    with np.errstate(all="ignore"):
        at = int(np.argmax(column)) if len(column) else 0
        per_epoch = np.round(steps[at] / column[at])
        if not (np.isfinite(per_epoch) and per_epoch >= 1):
            return None
        for kind in (Kind.RATIO, Kind.SPLIT_RATIO):
            if np.array_equal(_ratio(kind, steps, per_epoch).view("<i8"), column.view("<i8")):
                return kind, np.array([per_epoch], "<f8").tobytes()
    return None


def _ratio(kind: int, steps: np.ndarray, per_epoch: float) -> np.ndarray:
    if kind == Kind.RATIO:
        return steps / per_epoch
    whole, rest = np.divmod(steps, np.int64(per_epoch))
    return whole + rest / per_epoch


def _cheaper(bits: np.ndarray) -> tuple[Kind, bytes]:
    difference = bits[1:] - bits[:-1]
    # Zigzag: small differences of either sign become small numbers.
    zigzag = (difference << 1) ^ (difference >> 63)
    plain_cost, delta_cost = _entropies(bits), _entropies(zigzag)
    if delta_cost.sum() < plain_cost.sum():
        return Kind.DELTAS, bits[:1].tobytes() + _pack_planes(zigzag, delta_cost)
    return Kind.BITS, _pack_planes(bits, plain_cost)


def _undo_deltas(data: memoryview, n: int) -> np.ndarray:
    zigzag = _join_planes(data[8:], n - 1).view("<u8")
    out = np.empty(n, "<i8")
    out[0] = np.frombuffer(data, "<i8", 1)[0]
    out[1:] = (zigzag >> np.uint64(1)).view("<i8") ^ -(zigzag & np.uint64(1)).view("<i8")
    return np.cumsum(out, out=out)


def _planes(bits: np.ndarray) -> np.ndarray:
    """The eight bytes of each number, all lowest bytes first: (8, n) uint8."""
    return np.ascontiguousarray(bits.view("u1").reshape(-1, 8).T)


def _entropies(bits: np.ndarray) -> np.ndarray:
    """Bits per byte of each plane, were its bytes independent, from at most _SAMPLE of the numbers: (8,)."""
    planes = _planes(np.ascontiguousarray(bits[:: max(1, len(bits) // _SAMPLE)]))
    counts = np.bincount((planes + _PLANE_OFFSETS).ravel(), minlength=2048).reshape(8, 256)
    shares = counts / planes.shape[1]
    return -(shares * np.log2(shares, where=shares > 0, out=np.zeros_like(shares))).sum(axis=1)


def _pack_planes(bits: np.ndarray, entropies: np.ndarray) -> bytes:
    parts = [_pack_plane(plane, e) for plane, e in zip(_planes(bits), entropies.tolist(), strict=True)]
    return b"".join(_PLANE.pack(mode, len(data)) for mode, data in parts) + b"".join(d for _, d in parts)


def _pack_plane(plane: np.ndarray, entropy: float) -> tuple[_Plane, bytes]:
    raw = plane.tobytes()
    if entropy < 0.5 and raw.count(raw[:1]) == len(raw):
        return _Plane.CONSTANT, raw[:1]
    # Few bytes look less random than they are, so the entropy only saves the try where it is plainly noise.
    if entropy < 7.5:
        deflated = zlib.compress(raw, 1)
        if len(deflated) < 0.95 * len(raw):
            return _Plane.DEFLATED, deflated
    return _Plane.RAW, raw


def _join_planes(data: memoryview, n: int) -> np.ndarray:
    planes = np.empty((n, 8), "u1")
    at = 8 * _PLANE.size
    for i in range(8):
        mode, length = _PLANE.unpack_from(data, i * _PLANE.size)
        planes[:, i] = _unpack_plane(mode, data[at : at + length])
        at += length
    return planes.view("<i8").reshape(n)


def _unpack_plane(mode: int, data: memoryview) -> np.ndarray:
    if mode == _Plane.DEFLATED:
        return np.frombuffer(zlib.decompress(data), "u1")
    return np.frombuffer(data, "u1")
