"""The data a task recipe trains on: where it lies, which columns are used, how it is split. No torch here."""

from functools import partial

from trainer_bridge.data_rules import DATA_RULES
from trainer_bridge.titled import TitledField

__all__ = ["DATA_FIELDS", "DATA_RULES"]

SOURCE = "Source"
COLUMNS = "Columns"
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

_source = partial(TitledField, title=SOURCE)
_column = partial(TitledField, title=COLUMNS)
_split = partial(TitledField, title=SPLITS)
#: Rows that are counted, where a number of them may be left open.
_rows = partial(_split, kind="int", default=None, minimum=1, optional=True)

DATA_FIELDS: tuple[TitledField, ...] = (
    _source(
        "source",
        "text",
        "",
        "A file, several separated by commas, a pattern, a folder, a dataset's id on the hub, example:<name> or "
        "upload:<id>.",
        optional=True,
        sweepable=True,
    ),
    _source(
        "format",
        "choice",
        "auto",
        "How files are read. auto goes by their names and by what lies in a folder.",
        choices=FORMATS,
        advanced=True,
    ),
    _source(
        "config",
        "text",
        None,
        "Configuration of a hub dataset.",
        optional=True,
        sweepable=True,
        advanced=True,
    ),
    _source(
        "revision",
        "text",
        None,
        "Commit, branch or tag of a hub dataset.",
        optional=True,
        sweepable=True,
        advanced=True,
    ),
    _source("encoding", "text", "utf-8", "How text files are encoded.", advanced=True),
    _column(
        "columns",
        "json",
        {},
        'Which column plays which role, where the guess is wrong: {"text": "review", "label": "stars"}.',
        shape="object",
    ),
    _column(
        "skip_bad_rows",
        "bool",
        False,
        "Leave out rows without text or label, and images and sounds that cannot be decoded.",
    ),
    _column(
        "max_labels",
        "int",
        1000,
        "More distinct labels than this are taken for a wrong column.",
        minimum=2,
        maximum=1_000_000,
        advanced=True,
    ),
    _split(
        "eval_split",
        "text",
        None,
        "The split to evaluate on; several, separated by commas, are measured by name. Not set: validation, if there "
        "is one.",
        optional=True,
    ),
    _split(
        "eval_source",
        "text",
        None,
        "Other data to evaluate on: a source, or several as name=source, separated by commas.",
        optional=True,
    ),
    _split(
        "eval_size",
        "float",
        0.1,
        "Held back from the training split where there is nothing else to evaluate on: a share below 1, or rows.",
        above=0,
        step_count=True,
    ),
    _split("stratify", "bool", False, "Hold back the same share of each label."),
    _rows("max_samples", help="Learn from so many rows at most.", sweepable=True),
    _split(
        "train_split",
        "text",
        "train",
        "The split that is learned from.",
        sweepable=True,
        advanced=True,
    ),
    _split(
        "test_split",
        "text",
        None,
        "Measured once, after training. Not set: test, if there is one.",
        optional=True,
        advanced=True,
    ),
    _split(
        "eval_seed",
        "int",
        0,
        "Which rows are held back; the same for all runs that are compared.",
        minimum=0,
        maximum=2**32 - 1,
        sweepable=True,
        advanced=True,
    ),
    _rows(
        "max_eval_samples",
        help="Evaluate on so many rows at most, of each evaluation split.",
        advanced=True,
    ),
    _split(
        "streaming",
        "bool",
        False,
        "Read rows as they are needed, for data larger than the disk; needs max_steps.",
        advanced=True,
    ),
    _split(
        "shuffle_buffer",
        "int",
        1000,
        "With streaming, rows that are shuffled among each other; 0 leaves them in order.",
        minimum=0,
        maximum=10_000_000,
        advanced=True,
    ),
)
