"""The latest four curves, as far as the mean goes."""
kept = []


def measure(samples: int) -> list:
    return [18 + number % 700 / 100 for number in range(samples)]


def keep(curve: list) -> None:
    kept.append({"curve": curve, "mean": sum(curve) / len(curve)})


def mean() -> float:
    return sum(one["mean"] for one in kept[-4:]) / len(kept[-4:])
