"""What the tools look at."""


def step(n):
    value = n * 2
    return max(value, 0)


def numbers():
    yield from (step(n) for n in range(3))


def fail():
    raise KeyError("caught")


def run():
    total = sum(numbers())
    try:
        fail()
    except KeyError:
        total += 1
    return total
