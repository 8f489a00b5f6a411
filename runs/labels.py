"""Names and tags as people type them: cleaned, and what is wrong with them."""

#: Room is left in the name's column for the "-t000" of a trial.
MAX_NAME_LENGTH = 100
MAX_TAGS = 20
MAX_TAG_LENGTH = 40


def clean_tags(tags: list[str] | None) -> list[str]:
    """Tags without surrounding space, empty ones and repetitions, in their order."""
    return list(dict.fromkeys(tag for raw in tags or [] if (tag := raw.strip())))


def label_problems(name: str, tags: list[str] | None) -> dict[str, str]:
    """What is wrong with a name and tags: the keys "name" and "tags" → sentence."""
    problems = {"name": _name_problem(name.strip()), "tags": _tags_problem(clean_tags(tags))}
    return {field: sentence for field, sentence in problems.items() if sentence}


def _name_problem(name: str) -> str:
    if len(name) > MAX_NAME_LENGTH:
        return f"Has {len(name)} characters; the most is {MAX_NAME_LENGTH}."
    return "" if name.isprintable() else "Holds a line break or a control character. Take it out."


def _tags_problem(tags: list[str]) -> str:
    if len(tags) > MAX_TAGS:
        return f"There are {len(tags)} tags; the most is {MAX_TAGS}."
    for tag in tags:
        if len(tag) > MAX_TAG_LENGTH:
            return f"“{tag[:20]}…” has {len(tag)} characters; the most for a tag is {MAX_TAG_LENGTH}."
        if not tag.isprintable():
            return "A tag holds a line break or a control character. Take it out."
    return ""
