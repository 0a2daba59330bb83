"""Work in a file that is not profiled: a loop, recursion, and a mix of calls, generators, objects and
callbacks. Each returns how many turns it made."""


def loop(turns):
    total = 0
    turn = 0
    while turn < turns:
        total = total + turn
        if turn & 1:
            total = total ^ 3
        turn = turn + 1
    return turns


def fibonacci(number):
    return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)


def recursion(turns):
    for _ in range(turns // 20000 + 1):
        fibonacci(19)
    return (turns // 20000 + 1) * 13529  # calls


class Pair:
    def __init__(self, value):
        self.value = value

    def get(self):
        return self.value

    def add(self, other):
        return Pair(self.get() + other.get())


def count(turns):
    for turn in range(turns):
        yield turn


def mixed(turns):
    total, texts = Pair(0), {}
    for turn in count(turns):
        total = total.add(Pair(turn))
        texts[turn & 63] = str(turn)
    values = [pair.get() for pair in [Pair(turn) for turn in range(turns)]]
    values.sort(key=lambda value: -value)
    return turns
