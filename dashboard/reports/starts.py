"""What a new report begins with, and the blocks that the editor's menu puts in."""

from runs.models import Project, Run


def first_text(project: Project) -> str:
    """A report that shows something at once."""
    blocks = {name: text for name, _, text in offered_blocks(project)}
    return f"What was tried, and what came of it.\n\n## Results\n\n{blocks['table']}\n\n{blocks['chart']}\n"


def offered_blocks(project: Project) -> list[tuple[str, str, str]]:
    """(kind, what it shows, its text) with values of this project that work as they are."""
    trainings = project.runs.filter(kind=Run.Kind.TRAINING)
    run = trainings.exclude(objective="").only("id", "objective", "greater_is_better").first()
    sweep = project.sweeps.only("id").first()
    objective = run.objective if run else "eval/loss"
    best = f"{'-' if run and run.greater_is_better else ''}{objective}"
    offered = [
        ("chart", "Curves of runs", f"runs: state:finished\nseries: {objective}\nseeds: no"),
        ("table", "Table of runs", f"runs: state:finished\nsort: {best}\nlimit: 10"),
        ("compare", "Comparison with its verdict", f"runs: state:finished\nsort: {best}"),
        ("run", "Card of a run", f"id: {run.pk if run else ''}"),
        ("sweep", "Card of a sweep", f"id: {sweep.pk if sweep else ''}"),
    ]
    return [(kind, label, f"```trainboard {kind}\n{text}\n```") for kind, label, text in offered]
