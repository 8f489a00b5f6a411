"""A run's mark: twelve combinations of colour, shape and dash, dotted from the thirteenth run on."""

SHAPES = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")


def shape(number: int) -> str:
    """The shape at the line's end; "" for a run without a mark."""
    return SHAPES[(number - 1) % 6] if number else ""


def css_classes(number: int) -> str:
    """The classes that give a swatch its colour and dash."""
    if not number:
        return ""
    place = (number - 1) % 12
    dash = " mark-dotted" if number > 12 else " mark-dashed" if place >= 6 else ""
    return f"mark-{place + 1}{dash}"
