"""What is wrong with a spec and only showed while its training was being built."""

from collections.abc import Mapping


class SpecProblem(ValueError):
    """``problems``: key ("model.name") → sentence. Its text is all of them, each with its key."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{key}: {sentence}" for key, sentence in problems.items()))
        self.problems = dict(problems)
