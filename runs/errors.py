"""What the domain refuses, in words for people; pages and the REST API show the same texts."""


class SpecError(ValueError):
    """A specification cannot run. ``problems`` maps each field at fault to a sentence for a person."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {sentence}" for field, sentence in problems.items()))
        self.problems = problems


class RunError(ValueError):
    """A run cannot do this now; the text says why and what can be done."""


class ErrandError(ValueError):
    """An errand that cannot be asked for; the text says why."""


class UploadError(ValueError):
    """A file that cannot be taken; the text says why and what can be done."""


class ExportError(ValueError):
    """A checkpoint that cannot be exported so; the text says why, ``field`` names the option at fault."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field
