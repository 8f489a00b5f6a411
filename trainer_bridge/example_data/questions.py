"""Questions about functions of Python's standard library, answered by a piece of their source."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from trainer_bridge.example_data import example
from trainer_bridge.example_data._python import functions, place
from trainer_bridge.example_data._splits import datasets_of, grouped, thinned

#: Signs of the longest function asked about, and of the longest answer.
_LONGEST, _LONGEST_ANSWER = 200, 60
_MOST = {"train": 4000, "validation": 500, "test": 500}


@example(
    name="code-questions",
    title="Questions about short functions of Python's standard library, each answered by a piece of the source",
    columns=("question", "context", "answers"),
)
def code_questions() -> dict[str, Any]:
    """Five kinds of question, split by module; "answers" holds text and place, as in SQuAD."""
    found = grouped(
        (module, row) for module, source, tree in functions(_LONGEST) for row in asked(source, tree)
    )
    return datasets_of({split: thinned(rows, _MOST[split]) for split, rows in found.items()})


def asked(source: str, tree: ast.FunctionDef) -> Iterator[dict[str, Any]]:
    """Every question that this function has exactly one short answer to."""
    for question, find in _QUESTIONS.items():
        start, text = find(source, tree) or (0, "")
        if text and len(text) <= _LONGEST_ANSWER and "\n" not in text:
            yield {
                "question": question,
                "context": source,
                "answers": {"text": [text], "answer_start": [start]},
            }


def _called(source: str, tree: ast.FunctionDef) -> tuple[int, str] | None:
    return source.index("def ") + 4, tree.name


def _first_parameter(source: str, tree: ast.FunctionDef) -> tuple[int, str] | None:
    own = [arg for arg in tree.args.posonlyargs + tree.args.args if arg.arg not in ("self", "cls")]
    return (place(source, own[0].lineno, own[0].col_offset), own[0].arg) if own else None


def _returned(source: str, tree: ast.FunctionDef) -> tuple[int, str] | None:
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value]
    return _only(source, values)


def _raised(source: str, tree: ast.FunctionDef) -> tuple[int, str] | None:
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
    return _only(source, [one.func if isinstance(one, ast.Call) else one for one in raised])


def _documented(source: str, tree: ast.FunctionDef) -> tuple[int, str] | None:
    lines = (ast.get_docstring(tree) or "").splitlines()
    start = source.find(lines[0]) if lines else -1
    return (start, lines[0]) if start >= 0 else None


def _only(source: str, nodes: list[ast.expr]) -> tuple[int, str] | None:
    """Place and text of the one node; None for none or several."""
    if len(nodes) != 1:
        return None
    text = ast.get_source_segment(source, nodes[0]) or ""
    return place(source, nodes[0].lineno, nodes[0].col_offset), text


_QUESTIONS: dict[str, Callable[[str, ast.FunctionDef], tuple[int, str] | None]] = {
    "What is the function called?": _called,
    "What is its first parameter?": _first_parameter,
    "What does it return?": _returned,
    "Which exception does it raise?": _raised,
    "What does its documentation say first?": _documented,
}
