"""The types of a dataset's columns, in the few words that roles are matched by."""

from typing import Any

from trainer_bridge.data_roles import Type


def types(features: Any) -> dict[str, Type]:
    """Column → type, of ``datasets.Features``; the parts of a record stand beside it as "record.part"."""
    found: dict[str, Type] = {}
    for name, feature in features.items():
        found[name] = type_of(feature)
        if isinstance(feature, dict):
            found |= {f"{name}.{part}": type_of(inner) for part, inner in feature.items()}
    return found


def type_of(feature: Any) -> Type:
    """One feature's type."""
    from datasets import Audio, ClassLabel, Image, LargeList, List, Value

    if isinstance(feature, List | LargeList):
        return _list_type(type_of(feature.feature))
    if isinstance(feature, Value):
        return _value_type(feature.dtype)
    kinds: tuple[tuple[Any, Type], ...] = ((ClassLabel, "class"), (Image, "image"), (Audio, "audio"))
    return next((word for kind, word in kinds if isinstance(feature, kind)), _record_type(feature))


def _list_type(inner: Type) -> Type:
    if inner == "text":
        return "list"
    return "classes" if inner in ("class", "int") else "struct"


def _value_type(dtype: str) -> Type:
    if dtype.startswith(("string", "large_string")):
        return "text"
    if dtype.startswith(("int", "uint")):
        return "int"
    if dtype.startswith(("float", "double", "decimal")):
        return "float"
    return "bool" if dtype == "bool" else "struct"


def _record_type(feature: Any) -> Type:
    """Audio that is read here stands as {"bytes", "path"}, undecoded (see data_media.py)."""
    if isinstance(feature, dict) and set(feature) == {"bytes", "path"}:
        return "audio"
    return "struct"
