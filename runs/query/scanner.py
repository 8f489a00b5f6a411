"""Moves over a filter's text, piece by piece."""

from runs.query.errors import QueryError
from runs.query.tree import OPERATORS

#: Characters that end a word, and with ":" those that cannot stand in one without quotes.
BREAKS = frozenset(' \t\r\n()",:<>=~!')
#: A value may hold more: 2026-11-24T14:00, a=b.
VALUE_BREAKS = frozenset(' \t\r\n()",')
KEYWORDS = frozenset({"and", "or", "not"})


class Scanner:
    """``at`` is the place of the next character."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    @property
    def is_over(self) -> bool:
        return self.at >= len(self.text)

    @property
    def next(self) -> str:
        """The next character; "" at the end."""
        return self.text[self.at : self.at + 1]

    def skip_space(self) -> None:
        while self.next and self.next.isspace():
            self.at += 1

    def take(self, wanted: str) -> bool:
        """Step over ``wanted`` if it comes next."""
        if not self.text.startswith(wanted, self.at):
            return False
        self.at += len(wanted)
        return True

    def take_keyword(self, *wanted: str) -> bool:
        """Step over one of these words if it comes next, alone and without quotes."""
        word = self.peek_word().lower()
        if word not in wanted:
            return False
        self.at += len(word)
        return True

    def peek_word(self) -> str:
        end = self.at
        while end < len(self.text) and self.text[end] not in BREAKS:
            end += 1
        return self.text[self.at : end]

    def word(self) -> str:
        """The word that comes next, perhaps quoted, perhaps empty."""
        if self.next == '"':
            return self.quoted()
        found = self.peek_word()
        self.at += len(found)
        return found

    def value(self) -> str:
        """The unquoted value that comes next."""
        begin = self.at
        while self.next and self.next not in VALUE_BREAKS:
            self.at += 1
        return self.text[begin : self.at]

    def quoted(self) -> str:
        """A text in double quotes, in which a backslash protects the character after it."""
        begin, parts = self.at, []
        self.at += 1
        while self.next != '"':
            self.take("\\")
            if self.is_over:
                raise QueryError("The quote is not closed", begin, self.at, expected='a closing "')
            parts.append(self.next)
            self.at += 1
        self.at += 1
        return "".join(parts)

    def operator(self) -> str:
        """The operator that comes next, "" when none does. A space may stand before it."""
        begin = self.at
        self.skip_space()
        if self.take(":"):
            return "="
        for operator in OPERATORS:
            if self.take(operator):
                return operator
        self.at = begin
        return ""
