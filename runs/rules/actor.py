"""How a rule is called where a person's name would stand: no user's name holds a space."""

from dataclasses import dataclass

_BEFORE = "rule "


@dataclass(frozen=True)
class RuleActor:
    """Who asks, in the record of a command that a rule gave."""

    name: str

    def get_username(self) -> str:
        return f"{_BEFORE}{self.name}"


def by_rule(name: str) -> bool:
    """Whether this is a rule, not a person."""
    return name.startswith(_BEFORE)
