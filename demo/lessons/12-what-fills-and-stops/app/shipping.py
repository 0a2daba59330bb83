"""Tables of costs by weight, each read when it is asked for first."""
import functools


@functools.lru_cache(maxsize=None)
def table(country: str) -> list:
    import csv  # nothing else needs it
    lines = (f"{weight},{500 + 10 * weight}" for weight in range(1000))
    return [(int(weight), int(cents)) for weight, cents in csv.reader(lines)]


def cents(country: str, weight: int) -> int:
    return table(country)[weight][1]
