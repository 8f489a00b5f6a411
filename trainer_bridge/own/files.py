"""What is told of a file of a person's own: a recipe's or script's, or why it is none. No training library here."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["recipe", "script"]

#: What the files of a kind are called on pages and in messages.
WORDS: dict[Kind, str] = {"recipe": "own recipe", "script": "own script"}


@dataclass(frozen=True)
class OwnFile:
    """Where a recipe comes from: ``name`` is the file's within its folder, ``digest`` the SHA-256 of its text."""

    kind: Kind
    name: str
    digest: str


@dataclass(frozen=True)
class FileProblem:
    """Why a file offers nothing: ``line`` where it went wrong, when that is known; ``details`` a traceback."""

    kind: Kind
    file: str
    sentence: str
    line: int | None = None
    details: str = ""

    @property
    def words(self) -> str:
        """What kind of file it is: "own recipe"."""
        return WORDS[self.kind]

    @property
    def place(self) -> str:
        """ "my_recipe.py, line 3"."""
        return self.file if self.line is None else f"{self.file}, line {self.line}"


class NotOffered(ValueError):
    """The file, or something in it, cannot be offered; the text is a sentence for people."""
