"""What a block of a report comes to, the same for a page, an HTML file and a Markdown file."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """A cell with the mark of a run, a link inside Trainboard, and how it reads: "best", "tied", "better", "worse"."""

    text: str
    mark: int | None = None
    href: str = ""
    kind: str = ""
    note: str = ""


@dataclass(frozen=True)
class Table:
    """``heads`` above ``rows``, all as long as these."""

    heads: list[Cell]
    rows: list[list[Cell]]


@dataclass(frozen=True)
class Shown:
    """``lead`` is a sentence in bold, ``rest`` what follows it; ``pictures`` are (name, SVG); ``runs`` the ids whose
    news change it."""

    title: str = ""
    href: str = ""
    mark: int | None = None
    lead: str = ""
    rest: str = ""
    pictures: list[tuple[str, str]] = field(default_factory=list)
    table: Table | None = None
    foot: str = ""
    runs: list[str] = field(default_factory=list)
