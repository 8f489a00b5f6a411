"""Bytes in sentences."""

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def bytes_size(value: float) -> str:
    """In binary units: 512 B, 11.2 GiB."""
    size = float(value)
    for unit in _UNITS:
        if size < 1024 or unit == _UNITS[-1]:
            break
        size /= 1024
    return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
