"""What can be wrong with data as it is typed: told at the field, before anything is read. No torch here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer_bridge import data_source, example_data, folders
from trainer_bridge.data_files import format_of
from trainer_bridge.file_check import first_mistake, is_about_encoding
from trainer_bridge.titled import Broken, Rule

#: A form that is typed in looks into so many files, and at so many bytes of each.
MOST_FILES, LOOK_AT = 3, 1 << 20


def source_problem(text: str, encoding: str = "utf-8") -> str | None:
    """Why this source cannot be used, as far as a look at names, folders and the files' beginnings tells; None if it
    can."""
    try:
        source = data_source.parse(text)
    except ValueError as error:
        return str(error)
    if source.kind == "example":
        return example_data.unknown(source.place)
    if source.kind == "upload":
        return folders.uploaded_problem(source.place) or _mistake(
            [str(folders.uploaded(source.place))], encoding
        )
    if source.kind == "files":
        said = (folders.problem(path, "datasets") for path in source.paths)
        return next(filter(None, said), None) or _mistake(source.paths, encoding)
    return None


def _mistake(paths: list[str], encoding: str) -> str | None:
    """The first mistake in the beginning of the first files; a folder's files are left to the preview."""
    try:
        found = [path for path in (folders.find(path, "datasets") for path in paths) if path.exists()]
    except PermissionError as refused:
        return str(refused)
    files = [
        path for path in found[:MOST_FILES] for path in (path.glob("*.*") if _is_upload(path) else [path])
    ]
    said = (
        first_mistake(f, format_of([f]) or "", encoding, LOOK_AT) for f in files[:MOST_FILES] if f.is_file()
    )
    return next(filter(None, said), None)


def _is_upload(path: Path) -> bool:
    return path.parent == folders.data_folder() / "uploads"


def _source(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    data = values["data"]
    if not (data["source"] or "").strip():
        return Broken("source", "Name the data to learn from.")
    return _broken("source", data["source"], data["encoding"])


def _eval_source(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    data = values["data"]
    given = data_source.named(data["eval_source"] or "")
    said = (_broken("eval_source", text, data["encoding"]) for text in given.values())
    return next(filter(None, said), None)


def _broken(field: str, text: str, encoding: str) -> Broken | None:
    sentence = source_problem(text, encoding)
    if sentence is None:
        return None
    return Broken("encoding" if is_about_encoding(sentence) else field, sentence)


def _best_by(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    """Of several evaluations each has metrics of its own name; the Trainer fails where the best is told by another."""
    data, metric = values["data"], values.get("args", {}).get("metric_for_best_model") or ""
    field = "eval_source" if data["eval_source"] else "eval_split"
    names = evaluations(data)
    if (
        not names
        or not metric
        or metric.removeprefix("eval_").startswith(tuple(f"{name}_" for name in names))
    ):
        return None
    plain = metric.removeprefix("eval_")
    return Broken(
        field,
        f"Named evaluations have metrics by name: set metric_for_best_model to {names[0]}_{plain}, say.",
    )


def evaluations(data: Mapping[str, Any]) -> list[str]:
    """The names of the evaluations that are asked for; none where one is without a name."""
    if data["eval_source"]:
        return [name for name in data_source.named(data["eval_source"]) if name]
    names = [name.strip() for name in (data["eval_split"] or "").split(",") if name.strip()]
    return names if len(names) > 1 else []


def _columns(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    columns = values["data"]["columns"]
    wrong = next(
        (role for role, name in columns.items() if name is not None and not isinstance(name, str)), None
    )
    if wrong is not None:
        return Broken("columns", f"“{wrong}” needs the name of a column, as text, or null for none.")
    names = [name for name in columns.values() if name]
    doubled = next((name for name in names if names.count(name) > 1), None)
    return Broken("columns", f"The column “{doubled}” cannot play two roles.") if doubled else None


def _streaming(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    data, args = values["data"], values.get("args", {})
    if not data["streaming"] or args.get("max_steps", 0) > 0:
        return None
    return Broken(
        "streaming", "A stream has no length, so no epochs: set max_steps, how many steps to train."
    )


def _stream_split(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    data = values["data"]
    if not data["streaming"] or data["eval_split"] or data["eval_source"]:
        return None
    if data["stratify"]:
        return Broken("stratify", "Cannot be had of a stream, whose labels are not known beforehand.")
    return None


DATA_RULES: tuple[Rule, ...] = (
    Rule(frozenset({"source", "encoding"}), _source),
    Rule(frozenset({"eval_source", "encoding"}), _eval_source),
    Rule(frozenset({"eval_source", "eval_split"}), _best_by),
    Rule(frozenset({"columns"}), _columns),
    Rule(frozenset({"streaming"}), _streaming),
    Rule(frozenset({"streaming", "stratify"}), _stream_split),
)
