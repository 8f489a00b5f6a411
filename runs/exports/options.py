"""What a person may choose about an export, and what goes together."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from trainer_bridge import folders

CONTENTS: tuple[Literal["inference", "full"], ...] = ("inference", "full")
LORA = ("merged", "adapter")
FORMS = ("safetensors", "onnx")
#: "" leaves the weights as they were saved.
DTYPES = ("", "float32", "float16", "bfloat16")
DESTINATIONS = ("download", "folder", "hub")
ARCHIVES = ("zip", "tar")
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
#: Where a relative path of a folder leads to, in the data folder: New run reads models there.
WITHIN = "models"


@dataclass(frozen=True)
class Options:
    """``lora`` counts only for a run with an adapter; ``folder`` and ``repo`` only for their destinations."""

    contents: Literal["inference", "full"] = "inference"
    lora: Literal["merged", "adapter"] = "merged"
    form: Literal["safetensors", "onnx"] = "safetensors"
    dtype: str = ""
    to: Literal["download", "folder", "hub"] = "download"
    archive: Literal["zip", "tar"] = "zip"
    folder: str = ""
    repo: str = ""
    private: bool = True

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


_CHOICES = {
    "contents": CONTENTS, "lora": LORA, "form": FORMS, "dtype": DTYPES, "to": DESTINATIONS, "archive": ARCHIVES,
}  # fmt: skip


def read(given: Mapping[str, Any]) -> tuple[Options, dict[str, str]]:
    """Options from texts as a form sends them, and a sentence for each field that cannot be used so.

    A word that is no choice is a problem of its own and stands at its default in the options. A key that is no option
    is passed over.
    """
    known = {field.name: field.default for field in fields(Options)}
    values = {name: given[name] for name in known if name in given}
    if "private" in values:
        values["private"] = values["private"] in (True, "1", "true", "on")
    problems = {}
    for name, choices in _CHOICES.items():
        if name in values and values[name] not in choices:
            words = ", ".join(word or "as saved" for word in choices)
            problems[name] = f"“{values.pop(name)}” is no choice here. There are: {words}."
    for name in ("folder", "repo"):
        values[name] = str(values.get(name, "")).strip()
    options = Options(**values)
    return options, problems | _together(options)


def _together(options: Options) -> dict[str, str]:
    problems = {}
    if options.contents == "full" and options.dtype:
        problems["dtype"] = (
            "A training goes on exactly only from the weights as they were saved. Choose inference only."
        )
    if options.contents == "full" and options.form == "onnx":
        problems["form"] = "ONNX is for inference; a training cannot go on from it. Choose inference only."
    if options.form == "onnx" and options.dtype not in ("", "float32"):
        problems["dtype"] = "ONNX is written as float32. Choose float32, or safetensors."
    if options.form == "onnx" and options.lora == "adapter":
        problems["form"] = "An adapter alone has no ONNX form. Choose the merged model."
    if options.to == "folder" and (problem := folder_problem(options.folder)):
        problems["folder"] = problem
    if options.to == "hub" and not _REPO.fullmatch(options.repo):
        said = f"“{options.repo}” is no repository. Write" if options.repo else "Name the repository:"
        problems["repo"] = f"{said} owner/name, such as my-team/vit-digits."
    return problems


def folder_problem(path: str) -> str:
    """Why nothing can be put into a folder of this name, as a sentence; "" if it can."""
    if not path:
        return "Name a folder, such as vit-digits."
    try:
        found = folders.find(path, WITHIN)
    except PermissionError:
        return (
            f"{path} is outside the folders that may be written here. Name one in {folders.data_folder() / WITHIN}, "
            "or add its folder to the setting TRAINBOARD_DATA_FOLDERS and start Trainboard again."
        )
    except (OSError, ValueError, RuntimeError) as error:
        return f"{path!r} cannot be used as a folder: {error}."
    if any(mark in path for mark in "*?["):
        return f"{path} has a wildcard in it. Name one folder."
    if found.is_relative_to(folders.data_folder() / "uploads"):
        return "uploads/ is for what people uploaded. Name a folder elsewhere."
    if found in folders.open_folders(WITHIN) or (found.exists() and not found.is_dir()):
        return f"{found} is there already. Name a new folder in it."
    if found.is_dir() and any(found.iterdir()):
        return f"{found} is not empty. Name a new folder."
    return ""
