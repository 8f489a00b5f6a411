"""The filter language of runs: text → tree → which runs (docs/query.md). Page, REST and command line use the same."""

from runs.query.errors import QueryError
from runs.query.parser import parse
from runs.query.printer import text_of

__all__ = ["QueryError", "parse", "text_of"]
