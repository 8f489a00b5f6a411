"""Where a person's own recipes and scripts lie: two folders of the worker's machine, chosen when it is started."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trainer_bridge.folders import data_folder
from trainer_bridge.own.files import Kind

#: Where each kind lies: the setting that names the folder, and its name within the data folder without one.
SETTINGS: dict[Kind, str] = {"recipe": "TRAINBOARD_RECIPES", "script": "TRAINBOARD_SCRIPTS"}
FOLDERS: dict[Kind, str] = {"recipe": "recipes", "script": "scripts"}
#: More files than this are not looked at, nor larger ones (bytes).
MAX_FILES = 200
MAX_SIZE = 1_000_000
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}\.py", re.ASCII)


@dataclass(frozen=True)
class Places:
    """The folder of each kind; it need not exist."""

    recipe: Path
    script: Path

    @classmethod
    def of(cls, data_dir: Path | str) -> "Places":
        """Those that the settings name, else the ones in the data folder."""
        return cls(_chosen("recipe", data_dir), _chosen("script", data_dir))

    def folder(self, kind: Kind) -> Path:
        return self.recipe if kind == "recipe" else self.script

    def to_json(self) -> dict[str, str]:
        return {"recipe": str(self.recipe), "script": str(self.script)}

    def use(self) -> None:
        """Make them the places of this process."""
        for kind, setting in SETTINGS.items():
            os.environ[setting] = str(self.folder(kind))


def _chosen(kind: Kind, data_dir: Path | str) -> Path:
    named = os.environ.get(SETTINGS[kind], "").strip()
    return Path(named or Path(data_dir, FOLDERS[kind])).expanduser().resolve()


def places() -> Places:
    """Those of this process."""
    return Places.of(data_folder())


def files_in(folder: Path, after: int = 0) -> Iterator[Path]:
    """The Python files that may offer something, by name: helpers begin with _ or lie in folders of their own.

    At most MAX_FILES, ``after`` so many.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".py" and path.name[0] not in "_.")
    except OSError:  # there is none
        return
    yield from found[after : after + MAX_FILES]


def problem_with(path: Path) -> str:
    """Why a file of the folder is not read, as a sentence; "" when it can be."""
    if not _NAME.fullmatch(path.name):
        return "Its name may have letters, digits, _, - and . only, and at most 100 of them."
    if path.resolve().parent != path.parent.resolve():
        return "It is a link that leads out of the folder. Put the file itself here."
    if not path.is_file():
        return "It is no file."
    return f"It is larger than {MAX_SIZE:,} bytes." if path.stat().st_size > MAX_SIZE else ""
