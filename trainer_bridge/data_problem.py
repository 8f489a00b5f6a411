"""What is wrong with a person's data, said at the field where it is put right."""

from trainer_bridge.problem import SpecProblem


class DataProblem(SpecProblem):
    """``field``: the field of the group "data" to say it at ("source", "columns", …); the text is a sentence."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__({f"data.{field}": sentence})
        self.field = field
        self.sentence = sentence
