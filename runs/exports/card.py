"""What goes with an exported checkpoint: a model card for people and ``trainboard.json`` for programs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from runs.catalog import find
from runs.exports.comparison import Standing, over_seeds, standings
from runs.exports.curves import curves
from runs.exports.loading import loading_code
from runs.exports.options import Options
from runs.models import Checkpoint, Command, Run
from runs.specs import effective_config, given_config
from runs.timeline import command_text

#: What a recipe calls its task → what the Hub calls it.
_TASKS = {
    "audio classification": "audio-classification",
    "causal language model": "text-generation",
    "extractive question answering": "question-answering",
    "image classification": "image-classification",
    "masked language model": "fill-mask",
    "multiple choice": "multiple-choice",
    "text classification": "text-classification",
    "text regression": "text-classification",
    "token classification": "token-classification",
}


def provenance(checkpoint: Checkpoint, options: Options) -> bytes:
    """``trainboard.json``: the run, the step, what was measured, what was asked for, what it ran on."""
    run = checkpoint.run
    content = {
        "format": 1,
        "run": {"id": run.pk, "name": run.name, "project": run.project.slug, "tags": run.tags},
        "trial": {"sweep": run.sweep_id, "number": run.trial, "params": run.trial_params},
        "checkpoint": {"step": checkpoint.step, "epoch": checkpoint.epoch, "attempt": checkpoint.attempt},
        "created_at": checkpoint.created_at.isoformat(),
        "metrics": checkpoint.metrics,
        "objective": {"metric": run.objective, "greater_is_better": run.greater_is_better},
        "spec": run.spec,
        "commands": [_command(row) for row in _commands(checkpoint)],
        "environment": run.environment,
        "export": {name: getattr(options, name) for name in ("contents", "lora", "form", "dtype")},
    }
    return json.dumps(content, indent=2, ensure_ascii=False, default=str).encode()


@dataclass(frozen=True)
class Told:
    """What a card says whatever the options are, and what takes a while to find out."""

    compared: list[str]
    pictures: dict[str, bytes]


def told_of(checkpoint: Checkpoint) -> Told:
    return Told(_compared(checkpoint), curves(checkpoint))


def model_card(
    checkpoint: Checkpoint, files: Mapping[str, Path], options: Options, told: Told
) -> dict[str, bytes]:
    """``README.md`` and the pictures it shows: what this is, what it measured and how that compares, how to load it,
    what it was trained on and with. ``files``: exported names → where they lie now.
    """
    run = checkpoint.run
    sections = [
        _metadata(run, options),
        f"# {_plain(run.name)}",
        _origin(checkpoint, options),
        "## Load it",
        f"```python\n{loading_code(files, options.form)}\n```",
        f"## Measured at step {checkpoint.step}",
        _table("Metric", {name: value for name, value in checkpoint.metrics.items() if not _is_speed(name)}),
        *told.compared,
        *_curves(told.pictures),
        "## Data",
        _data(run),
        "## Asked for",
        _recipe(run),
        _table("Setting", given_config(run.spec)),
        *_hands(checkpoint),
        "## Trained on",
        _environment(run),
        "The whole configuration and environment are in `trainboard.json`.",
    ]
    return {"README.md": ("\n\n".join(sections) + "\n").encode(), **told.pictures}


def _metadata(run: Run, options: Options) -> str:
    """What the Hub reads at the top of a card. A JSON text is a YAML text as well."""
    tags = ["trainboard", *(["onnx"] if options.form == "onnx" else [])]
    lines = [
        f"library_name: {'onnx' if options.form == 'onnx' else 'transformers'}",
        f"tags: {json.dumps(tags)}",
    ]
    if task := _TASKS.get(_task(run)):
        lines.append(f"pipeline_tag: {task}")
    return "\n".join(["---", *lines, f"model_name: {json.dumps(run.name)}", "---"])


def _is_speed(name: str) -> bool:
    """How fast it was measured says nothing about the model."""
    return name.startswith("speed/")


def _recipe(run: Run) -> str:
    """The recipe in words, or that there was none."""
    name = str(run.spec.get("recipe", ""))
    if not name:
        return "Started outside Trainboard."
    recipe = find(name)
    return f"Recipe `{_plain(name)}`" + (f": {_plain(recipe.description)}" if recipe else ".")


def _task(run: Run) -> str:
    recipe = find(str(run.spec.get("recipe", "")))
    return recipe.task if recipe else ""


def _compared(checkpoint: Checkpoint) -> list[str]:
    """Its place among the other runs, and what of that may be chance."""
    run = checkpoint.run
    lines = [_place(standing, run) for standing in standings(checkpoint)]
    if lines and (mean := over_seeds(run)) and mean.half is not None:
        lines.append(
            f"- Over {mean.n} seeds of the same settings: {mean.mean:.4g} ± {mean.half:.2g} "
            "(95 % interval of the mean). Differences to other runs that are smaller than that may be chance."
        )
    elif lines:
        lines.append("- One seed of these settings was run: how much of a difference is chance is not known.")
    return ["## Compared", "\n".join(lines)] if lines else []


def _place(standing: Standing, run: Run) -> str:
    way = "highest" if run.greater_is_better else "lowest"
    place = f"{standing.rank} of {standing.n} in {_plain(standing.scope)}"
    head = f"- By `{_plain(run.objective)}`, {way} first, this is {place}"
    others = ", ".join(f"{_plain(name)} {value:.4g}" for name, value in standing.others)
    return f"{head}. Best of the others: {others}." if others else f"{head}, the only run that measured it."


def _curves(pictures: Mapping[str, bytes]) -> list[str]:
    if not pictures:
        return []
    images = [f"![{name.removeprefix('curves/').removesuffix('.svg')}]({name})" for name in pictures]
    return ["## Curves", "The dotted line is the step of this checkpoint.", "\n".join(images)]


def _data(run: Run) -> str:
    """The samples of each split as the training counted them, and what was asked for."""
    told = run.environment.get("data") or {}
    sizes = [f"{told[name]} {name}" for name in ("train", "validation", "test") if told.get(name) is not None]
    source = effective_config(run.spec).get("data.source")
    lines = [f"Source: `{_plain(str(source))}`."] if source else []
    lines += [f"Samples: {', '.join(sizes)}."] if sizes else []
    notes = {name: note for name, note in (told.get("notes") or {}).items() if name not in told}
    lines += [f"{_plain(str(name))}: {_plain(str(note))}." for name, note in sorted(notes.items())]
    return "\n\n".join(lines) or "Nothing is known of it."


def _environment(run: Run) -> str:
    """Machine and versions, as far as the run told them."""
    told = run.environment
    hardware, model = told.get("hardware") or {}, told.get("model") or {}
    devices = ", ".join(hardware.get("gpus") or []) or hardware.get("processor", "")
    rows: dict[str, Any] = {
        "device": devices,
        "model": model.get("class"),
        "parameters": model.get("parameters"),
        "trained parameters": model.get("trainable_parameters"),
        **(told.get("packages") or {}),
    }
    known = {name: value for name, value in rows.items() if value not in (None, "")}
    return _table("What", known) if known else "Nothing is known of it."


def _commands(checkpoint: Checkpoint) -> Iterable[Command]:
    """What people did to the run up to this step, in order."""
    done = checkpoint.run.commands.filter(status=Command.Status.APPLIED, step__lte=checkpoint.step)
    return done.order_by("step", "id")


def _command(row: Command) -> dict[str, Any]:
    when = (row.applied_at or row.created_at).isoformat()
    return {
        "step": row.step, "kind": row.kind, "args": row.args, "result": row.result, "by": row.created_by, "at": when
    }  # fmt: skip


def _hands(checkpoint: Checkpoint) -> list[str]:
    """A section on what people did while it trained; none where nobody did anything."""
    rows = [f"- step {row.step}: {_plain(command_text(row))}" for row in _commands(checkpoint)]
    return ["## Done by hand while it trained", "\n".join(rows)] if rows else []


def _origin(checkpoint: Checkpoint, options: Options) -> str:
    run = checkpoint.run
    epoch = "" if checkpoint.epoch is None else f", epoch {checkpoint.epoch:g}"
    saved = f"saved {checkpoint.created_at:%Y-%m-%d %H:%M} {settings.TIME_ZONE}"
    return (
        f"Checkpoint of the run **{_plain(run.name)}** (`{run.pk}`), project {_plain(run.project.name)}: "
        f"step {checkpoint.step}{epoch}, {saved}. Exported by Trainboard{_form(options)}."
    )


def _form(options: Options) -> str:
    """In which form, where it is not as it was saved."""
    if options.form == "onnx":
        return " as ONNX"
    return f" with weights as {options.dtype}" if options.dtype else ""


def _table(head: str, values: dict[str, Any]) -> str:
    if not values:
        return "Nothing." if head == "Metric" else "All at their defaults."
    rows = [f"| {_plain(name)} | {_plain(str(value))} |" for name, value in sorted(values.items())]
    return "\n".join([f"| {head} | Value |", "|---|---|", *rows])


def _plain(text: str) -> str:
    """Text that stays text in Markdown: no table cells, code or markup out of a name."""
    flat = " ".join(text.split())
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#" else char for char in flat)
