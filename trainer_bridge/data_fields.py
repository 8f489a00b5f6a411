"""The data a task recipe trains on: where it lies, which columns are used, how it is split. No torch here."""

from collections.abc import Mapping
from typing import Any

from trainer_bridge import data_source, example_data, folders
from trainer_bridge.titled import Broken, Rule, TitledField

SOURCE = "Data"
SPLITS = "Splits"

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
)


def _source(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    text = values["data"]["source"] or ""
    if not text.strip():
        return Broken("source", "Name the data to learn from.")
    sentence = source_problem(text)
    return Broken("source", sentence) if sentence else None


def source_problem(text: str) -> str | None:
    """Why this source cannot be used, as far as a look at names and folders tells; None if it can."""
    try:
        source = data_source.parse(text)
    except ValueError as error:
        return str(error)
    if source.kind == "example":
        return example_data.unknown(source.place)
    if source.kind == "files":
        return next((said for path in source.paths if (said := folders.problem(path, "datasets"))), None)
    return None


def _eval_source(values: Mapping[str, Mapping[str, Any]]) -> Broken | None:
    given = data_source.named(values["data"]["eval_source"] or "")
    said = next((problem for text in given.values() if (problem := source_problem(text))), None)
    return Broken("eval_source", said) if said else None


DATA_RULES: tuple[Rule, ...] = (
    Rule(frozenset({"source"}), _source),
    Rule(frozenset({"eval_source"}), _eval_source),
)
