"""``python -m trainer_bridge exec train.py …``, ``… launch spec.yaml``, ``… sync``, ``… new-recipe NAME``, …."""

import argparse
import json
import sys
from pathlib import Path

from trainer_bridge.join.wish import Wish, wish
from trainer_bridge.own.new_recipe import DEFAULT, tasks, write


def main(argv: list[str] | None = None) -> int:
    """Do what the command line says; the exit code."""
    options = _parser().parse_args(argv)
    return options.do(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m trainer_bridge", description="Trainings join Trainboard."
    )
    commands = parser.add_subparsers(
        required=True, metavar="exec | launch | command | sync | new-recipe | introspect"
    )
    run = commands.add_parser("exec", help="run a script as it is, and report it")
    _add_server(run)
    run.add_argument("--project", help="where the run goes, made if it is missing (TRAINBOARD_PROJECT)")
    run.add_argument("--name", help="what the run is called (default: like the script)")
    run.add_argument("--tag", action="append", default=[], dest="tags", help="may be given several times")
    run.add_argument("-m", action="store_true", dest="is_module", help="the script is a module")
    run.add_argument("script")
    run.add_argument("args", nargs=argparse.REMAINDER, help="the script's own arguments")
    run.set_defaults(do=_execute)
    _add_launch(commands.add_parser("launch", help="queue the run or sweep that a YAML file describes"))
    _add_command(commands.add_parser("command", help="ask something of a run: stop, pause, learning_rate, …"))
    deliver = commands.add_parser("sync", help="deliver what was recorded while no server took it")
    _add_server(deliver)
    deliver.add_argument("folder", nargs="?", help="default: TRAINBOARD_DIR, else ./trainboard-runs")
    deliver.set_defaults(do=_sync)
    _add_new_recipe(
        commands.add_parser("new-recipe", help="write a recipe that works at once, to be changed")
    )
    look = commands.add_parser("introspect", help="list the training arguments of the installed transformers")
    look.set_defaults(do=_introspect)
    return parser


def _add_new_recipe(new: argparse.ArgumentParser) -> None:
    new.add_argument("name", help="small letters and digits, with - between words")
    new.add_argument(
        "--task", default=DEFAULT, help=f"what to begin with: {', '.join(tasks())} (%(default)s)"
    )
    new.add_argument(
        "--folder",
        type=Path,
        help="where it is written (TRAINBOARD_RECIPES, else recipes in the data folder)",
    )
    new.set_defaults(do=_new_recipe)


def _add_launch(launch: argparse.ArgumentParser) -> None:
    _add_server(launch)
    launch.add_argument("--project", help="its slug (TRAINBOARD_PROJECT); without one the file's own decides")
    launch.add_argument("file", help="such as “View as YAML” of the New run page; - reads standard input")
    launch.set_defaults(do=_launch)


def _add_command(command: argparse.ArgumentParser) -> None:
    _add_server(command)
    command.add_argument("run", help="the run's id, as in its address")
    command.add_argument("kind", help="what to do (docs/commands.md)")
    command.add_argument("settings", nargs="*", help="such as scale=0.5")
    command.set_defaults(do=_command)


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", help="address of Trainboard (TRAINBOARD_SERVER)")
    parser.add_argument("--token", help="API token with the scope write (better: TRAINBOARD_TOKEN)")


def _asked(options: argparse.Namespace) -> Wish:
    return wish(options.server, options.token, options.project, options.name, options.tags)


def _execute(options: argparse.Namespace) -> int:
    from trainer_bridge.join.execute import Script, execute

    return execute(Script(options.script, options.args, options.is_module), _asked(options))


def _launch(options: argparse.Namespace) -> int:
    from trainer_bridge.launch_file import launch_file

    asked = wish(options.server, options.token, options.project)
    return launch_file(options.file, asked.server, asked.token, asked.project)


def _new_recipe(options: argparse.Namespace) -> int:
    try:
        path = write(options.name, options.task, options.folder)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{path} is written. A running worker offers it on the New run page; change it as you like.")
    return 0


def _command(options: argparse.Namespace) -> int:
    from trainer_bridge.command_line import command

    asked = wish(options.server, options.token)
    return command(options.run, options.kind, options.settings, asked.server, asked.token)


def _sync(options: argparse.Namespace) -> int:
    from trainer_bridge.join.sync import sync

    asked = wish(options.server, options.token, folder=options.folder)
    return 0 if sync(Path(asked.folder), asked.server, asked.token) else 1


def _introspect(options: argparse.Namespace) -> int:
    from trainer_bridge.introspect import describe

    print(json.dumps(describe(), indent=1, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
