"""The runs of a project on the terminal: the same filter, order and columns as the page's (docs/query.md)."""

import csv
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard import numbers
from dashboard.management.asked import project_of
from runs.listing import FIXED, Listing, listing
from runs.query import QueryError


class Command(BaseCommand):
    help = "List runs: python manage.py runs --project digits --q 'eval/f1>0.8 state:finished' --format csv"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", help="slug of the project; that of the newest run if left out")
        parser.add_argument("--q", default="", help="the filter, as in the query bar; see docs/query.md")
        parser.add_argument("--sort", default="", help="keys with commas between, - for the greatest first")
        parser.add_argument("--cols", default="", help="keys of the columns; those of the page if left out")
        parser.add_argument("--limit", type=int, help="the most runs; all if left out")
        parser.add_argument("--format", choices=("table", "csv", "json"), default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_of(options["project"])
        texts = {name: options[name] for name in ("q", "sort", "cols")}
        try:
            found = listing(project, **texts, limit=options["limit"])
        except QueryError as error:
            raise CommandError(error.pointed(texts[error.field])) from error
        {"table": self._table, "csv": self._csv, "json": self._json}[options["format"]](found)

    def _table(self, found: Listing) -> None:
        heads = ["name", "state", *(numbers.setting_name(key) for key in found.keys)]
        rows = [
            [row["name"], row["state"], *(_text(row["values"][key]) for key in found.keys)]
            for row in found.rows
        ]
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        for row in [heads, *rows]:
            cells = (text.ljust(width) for text, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())
        self.stderr.write(f"{found.matching} of {found.total} runs match; {len(found.rows)} shown")

    def _csv(self, found: Listing) -> None:
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow([*FIXED, *found.keys])
        for row in found.rows:
            fixed = [", ".join(row[name]) if name == "tags" else row[name] for name in FIXED]
            writer.writerow([*fixed, *(row["values"][key] for key in found.keys)])

    def _json(self, found: Listing) -> None:
        self.stdout.write(json.dumps(found.rows, indent=1, ensure_ascii=False, default=str))


def _text(value: Any) -> str:
    return numbers.number(value) if isinstance(value, float) else numbers.config_value(value)
