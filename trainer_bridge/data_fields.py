"""The data a task recipe trains on: where it lies, which columns are used, how it is split. No torch here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainer_bridge import data_source, example_data, folders
from trainer_bridge.data_files import format_of
from trainer_bridge.file_check import first_mistake, is_about_encoding
from trainer_bridge.titled import Broken, Rule, TitledField

SOURCE = "Source"
COLUMNS = "Columns"
SPLITS = "Splits"
TITLES = (SOURCE, COLUMNS, SPLITS)

#: A form that is typed in looks into so many files, and at so many bytes of each.
MOST_FILES, LOOK_AT = 3, 1 << 20

#: What `data.format` may say; "auto" goes by the files' names and the folder's content.
FORMATS = (
    "auto",
    "csv",
    "tsv",
    "json",
    "parquet",
    "arrow",
    "text",
    "imagefolder",
    "audiofolder",
    "saved",
)

DATA_FIELDS: tuple[TitledField, ...] = (
    TitledField(
        "source",
        "text",
        "",
        "A file, several separated by commas, a pattern, a folder, a dataset's id on the hub, example:<name> or "
        "upload:<id>.",
        optional=True,
        title=SOURCE,
    ),
    TitledField(
        "format",
        "choice",
        "auto",
        "How files are read. auto goes by their names and by what lies in a folder.",
        choices=FORMATS,
        title=SOURCE,
    ),
    TitledField("config", "text", None, "Configuration of a hub dataset.", optional=True, title=SOURCE),
    TitledField(
        "revision", "text", None, "Commit, branch or tag of a hub dataset.", optional=True, title=SOURCE
    ),
    TitledField("encoding", "text", "utf-8", "How text files are encoded.", title=SOURCE),
    TitledField(
        "columns",
        "json",
        {},
        'Which column plays which role, where the guess is wrong: {"text": "review", "label": "stars"}.',
        shape="object",
        title=COLUMNS,
    ),
    TitledField(
        "skip_bad_rows",
        "bool",
        False,
        "Leave out rows without text or label, and images and sounds that cannot be decoded.",
        title=COLUMNS,
    ),
    TitledField(
        "max_labels",
        "int",
        1000,
        "More distinct labels than this are taken for a wrong column.",
        minimum=2,
        maximum=1_000_000,
        title=COLUMNS,
    ),
    TitledField("train_split", "text", "train", "The split that is learned from.", title=SPLITS),
    TitledField(
        "eval_split",
        "text",
        None,
        "The split to evaluate on; several, separated by commas, are measured by name. Not set: validation, if there "
        "is one.",
        optional=True,
        title=SPLITS,
    ),
    TitledField(
        "eval_source",
        "text",
        None,
        "Other data to evaluate on: a source, or several as name=source, separated by commas.",
        optional=True,
        title=SPLITS,
    ),
    TitledField(
        "eval_size",
        "float",
        0.1,
        "Held back from the training split where there is nothing else to evaluate on: a share below 1, or rows.",
        above=0,
        step_count=True,
        title=SPLITS,
    ),
    TitledField(
        "eval_seed",
        "int",
        0,
        "Which rows are held back; the same for all runs that are compared.",
        minimum=0,
        maximum=2**32 - 1,
        title=SPLITS,
        sweepable=True,
    ),
    TitledField("stratify", "bool", False, "Hold back the same share of each label.", title=SPLITS),
    TitledField(
        "test_split",
        "text",
        None,
        "Measured once, after training. Not set: test, if there is one.",
        optional=True,
        title=SPLITS,
    ),
    TitledField(
        "max_samples",
        "int",
        None,
        "Learn from so many rows at most.",
        minimum=1,
        optional=True,
        title=SPLITS,
        sweepable=True,
    ),
    TitledField(
        "max_eval_samples",
        "int",
        None,
        "Evaluate on so many rows at most, of each evaluation split.",
        minimum=1,
        optional=True,
        title=SPLITS,
    ),
    TitledField(
        "streaming",
        "bool",
        False,
        "Read rows as they are needed, for data larger than the disk; needs max_steps.",
        title=SPLITS,
    ),
    TitledField(
        "shuffle_buffer",
        "int",
        1000,
        "With streaming, rows that are shuffled among each other; 0 leaves them in order.",
        minimum=0,
        maximum=10_000_000,
        title=SPLITS,
    ),
)


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


def _columns(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    columns = values["data"]["columns"]
    wrong = next((role for role, name in columns.items() if not isinstance(name, str) or not name), None)
    if wrong is not None:
        return Broken("columns", f"“{wrong}” needs the name of a column, as text.")
    doubled = next((name for name in columns.values() if list(columns.values()).count(name) > 1), None)
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
    Rule(frozenset({"columns"}), _columns),
    Rule(frozenset({"streaming"}), _streaming),
    Rule(frozenset({"streaming", "stratify"}), _stream_split),
)
