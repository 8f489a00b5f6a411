"""What is wrong with a person's data, said at the field where it is put right."""


class DataProblem(ValueError):
    """``field``: the field of the group "data" to say it at ("source", "columns", …); the text is a sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field

    def __str__(self) -> str:
        return f"data.{self.field}: {self.args[0]}"

    @property
    def sentence(self) -> str:
        """Without the field, for a page that shows it there."""
        return str(self.args[0])
