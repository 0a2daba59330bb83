"""Shapes that need the syntax of Python 3.10."""


def matches(subject):
    match subject:
        case 0:
            return "zero"
        case [first, *rest] if rest:
            return first
        case {"key": value}:
            return value
        case str() | bytes():
            return "text"
        case _:
            return None


def run():
    for subject in (0, [1, 2], [1], {"key": 3}, "text", 1.5):
        matches(subject)
