"""What is wrong with a person's data, said at the field where it is put right."""

from trainer_bridge.problem import SpecProblem


class DataProblem(SpecProblem):
    """``field``: where to say it within the group "data" ("source", "columns", …); ``sentence``: what and how."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__({f"data.{field}": sentence})
        self.field = field
        self.sentence = sentence
