"""Shapes that synchronous code takes. run() goes through all of them, once."""
import contextlib
import functools


def for_loop():
    total = 0
    for number in range(5):
        total += number
    else:
        total += 1
    return total


def for_on_one_line():
    total = 0
    for number in range(5): total += number  # noqa: E701
    return total


def while_loop():
    number = 0
    while number < 4:
        number += 1
        if number == 2:
            continue
        if number == 3:
            break
    return number


def while_on_one_line():
    numbers = [1, 2, 3]
    while numbers: numbers.pop()  # noqa: E701
    return numbers


def nested_loops():
    found = []
    for row in range(3):
        for column in range(3):
            if row == column:
                found.append(
                    (row,
                     column))
    return found


def comprehensions():
    squares = [number * number for number in range(6)]
    evens = {number for number in squares if number % 2 == 0}
    names = {
        number: str(number)
        for number in range(4)
        if number
    }
    table = [[row * column for column in range(3)] for row in range(3)]
    return squares, evens, names, table


def generator_expression():
    return sum(number for number in range(7))


def any_of():
    return any(number > 2 for number in range(10))


def numbers(count):
    for number in range(count):
        yield number


def delegates(count):
    yield -1
    result = yield from numbers(count)
    yield result


def uses_generators():
    taken = []
    for number in numbers(4):
        taken.append(number)
    for number in delegates(3):
        taken.append(number)
    return taken


def receives():
    total = 0
    while True:
        try:
            sent = yield total
        except ValueError:
            total = -1
            continue
        total += sent


def sends():
    receiver = receives()
    next(receiver)
    receiver.send(1)
    receiver.send(2)
    receiver.throw(ValueError)
    receiver.close()


def closed():
    try:
        yield 1
        yield 2
    finally:
        len("closed")


def closes():
    generator = closed()
    next(generator)
    generator.close()


def dropped():
    try:
        yield 1
    finally:
        len("dropped")


def drops():
    generator = dropped()
    next(generator)
    del generator


def recursion(depth):
    if depth == 0:
        return 0
    return 1 + recursion(depth - 1)


def raises(depth):
    if depth == 0:
        raise ValueError("shape")
    raises(depth - 1)


def catches():
    try:
        raises(3)
    except ValueError as error:
        text = str(error)
    else:
        text = ""
    finally:
        text += "."
    return text


def finally_with_return():
    for _ in range(2):
        try:
            return 1
        finally:
            len("finally")


def finally_that_swallows():
    try:
        raise KeyError("lost")
    finally:
        return 2  # noqa: B012


@contextlib.contextmanager
def managed():
    yield 1


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, *details):
        return True


def with_statements():
    with managed() as one, managed():
        one += 1
    with Manager():
        raise ValueError("swallowed")
    with (Manager()):
        pass
    return one


def lambdas():
    double = lambda number: number * 2  # noqa: E731
    return [double(1), double(2), sorted([3, 1, 2], key=lambda number: -number)]


def nested_function():
    def inner(number):
        return number + 1

    return inner(1) + inner(2)


def closure():
    count = 0

    def step():
        nonlocal count
        count += 1
        return count

    step()
    step()
    return count


def decorator(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper


@functools.lru_cache(maxsize=None)
def cached(number):
    return number + 1


def uses_decorated():
    @decorator
    def decorated(number):
        return number

    return decorated(1) + decorated(2) + cached(1) + cached(1)


def local_class():
    class Local:
        size = 3

        def method(self):
            return self.size

        @property
        def value(self):
            return self.size

        @staticmethod
        def made():
            return Local()

    return Local.made().method() + Local().value


def walrus():
    found = []
    while (number := len(found)) < 3:
        found.append(number)
    if (last := found[-1]) == 2:
        found.append(last)
    return found


def calls_on_many_lines():
    return max(
        len("one"),
        len("three"),
        len(
            "seven"
        ),
    )


def conditional_expression():
    results = []
    for number in range(4):
        results.append("even" if number % 2 == 0
                       else "odd")
    return results


def assertions():
    number = 1
    assert number == 1
    assert number, (
        "never")
    del number


def slices_and_stars():
    first, *rest = [1, 2, 3]
    rest[0:1] = [4, 5]
    return {**{"a": first}, "b": rest}


def star_call():
    def take(*args, **options):
        return len(args) + len(options)

    return take(*[1, 2], **{"a": 1})


def docstring_only():
    """Nothing else."""


def passes():
    pass


def called_back():
    return sorted([2, 1], key=recursion_key) + list(map(recursion_key, [1, 2]))


def recursion_key(number):
    return number


def dynamic_code():
    names = {}
    exec("value = 1\nother = value + 1", names)
    return names["other"] + eval("1 + 1")


def unpacks():
    total = 0
    for left, right in zip([1, 2], [3, 4]):
        total += left; total += right  # noqa: E702
    return total


def returns_in_loop():
    for number in range(10):
        if number == 3:
            return number


def global_state():
    global COUNT
    COUNT += 1


COUNT = 0


def replaced():
    return 1


def other():
    value = 2
    return value


def monkeypatched():
    first = replaced()
    replaced.__code__, code = other.__code__, replaced.__code__
    second = replaced()
    replaced.__code__ = code
    return first + second


def run():
    for_loop()
    for_on_one_line()
    while_loop()
    while_on_one_line()
    nested_loops()
    comprehensions()
    generator_expression()
    any_of()
    uses_generators()
    sends()
    closes()
    drops()
    recursion(4)
    catches()
    finally_with_return()
    finally_that_swallows()
    with_statements()
    lambdas()
    nested_function()
    closure()
    uses_decorated()
    local_class()
    walrus()
    calls_on_many_lines()
    conditional_expression()
    assertions()
    slices_and_stars()
    star_call()
    docstring_only()
    passes()
    called_back()
    dynamic_code()
    unpacks()
    returns_in_loop()
    global_state()
    monkeypatched()
