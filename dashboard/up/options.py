"""The command line of `up`, read before Django's settings are."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from dashboard.up import worker_options
from trainer_bridge.own.files import WORDS
from trainer_bridge.own.places import FOLDERS, SETTINGS

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Options:
    """What `up` was asked for; ``worker`` is what its worker is told; ``recipes`` and ``scripts`` are folders of a
    person's own, None for those that the settings name.
    """

    host: str
    port: int
    data_dir: Path
    browser: bool
    worker: tuple[str, ...] = ()
    recipes: Path | None = None
    scripts: Path | None = None

    def own_folders(self) -> dict[str, Path]:
        """Setting → the folder that was chosen on the command line."""
        chosen = {SETTINGS["recipe"]: self.recipes, SETTINGS["script"]: self.scripts}
        return {setting: folder.expanduser().resolve() for setting, folder in chosen.items() if folder}


def parse(arguments: list[str]) -> Options:
    """Options from the command line; exits with a usage line (status 2) where it cannot be read."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if problem := worker_options.problem(vars(given)):
        parser.error(problem)
    return Options(
        host=given.host,
        port=given.port,
        data_dir=given.data_dir.expanduser().resolve(),
        browser=given.browser,
        worker=tuple(worker_options.command_line(vars(given))),
        recipes=given.recipes,
        scripts=given.scripts,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="manage.py up",
        description="Start Trainboard: the web pages and one worker that trains. Ctrl-C stops both in order.",
        allow_abbrev=False,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=os.environ.get("TRAINBOARD_DATA_DIR") or PROJECT / "data",
        help="folder for the database, runs and checkpoints (default: TRAINBOARD_DATA_DIR, else ./data)",
    )
    worker_options.add_arguments(parser)
    for kind, what in WORDS.items():
        parser.add_argument(
            f"--{FOLDERS[kind]}",
            type=Path,
            help=f"folder with {what}s (default: {SETTINGS[kind]}, else {FOLDERS[kind]} in the data folder)",
        )
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open a browser")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; give a number from 1 to 65535")
    return int(text)
