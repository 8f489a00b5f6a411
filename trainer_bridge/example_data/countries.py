"""How long people lived, by country and year, out of the Gapminder table that plotly installs."""

import csv
import gzip
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._splits import datasets_of, thinned


@example(
    name="life-expectancy",
    title="142 countries from 1952 to 2007 in a sentence each, and how long people lived there",
    columns=("text", "text_pair", "score"),
)
def life_expectancy() -> dict[str, Any]:
    """1,704 rows, 70 : 15 : 15 at random: every country is in every split, in other years.

    ``text`` is country and continent, ``text_pair`` year, income and population, ``score`` years of life expected.
    """
    rows = thinned([_described(row) for row in _table()], 10_000)
    held = round(0.15 * len(rows))
    splits = {"train": rows[2 * held :], "validation": rows[:held], "test": rows[held : 2 * held]}
    return datasets_of(splits)


def _described(row: dict[str, str]) -> dict[str, Any]:
    income, people = float(row["gdpPercap"]), float(row["pop"]) / 1e6
    return {
        "text": f"{row['country']}, {row['continent']}",
        "text_pair": f"{row['year']}, {_two_digits(income)} dollars a head, {people:.1f} million people",
        "score": float(row["lifeExp"]),
    }


def _two_digits(number: float) -> int:
    """Rounded to two digits that count: exact sums would be names of rows rather than amounts."""
    return int(float(f"{number:.1e}"))


def _table() -> Iterator[dict[str, str]]:
    # Only where the package lies is asked: plotly itself is not imported.
    package = find_spec("plotly")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("This reads the Gapminder table of plotly, which is not installed here.")
    path = Path(package.submodule_search_locations[0]) / "package_data" / "datasets" / "gapminder.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)
