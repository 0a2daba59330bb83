"""What is alive by line and type: QUESTION_CENSUS, asked of a worker as its host does."""

import pytest

QUESTION_CENSUS = 2
COLLECT, COLLECTED = 4, 20

# Each line is one kind (its mark is the comment); what it has alive after a request, by type, as
# (objects, their bytes at the least).
APP = '''
import collections
import azure.functions as func

class Session:
    def __init__(self, number):
        self.number = number

class Slots:
    __slots__ = ("data",)

class Meta(type):
    pass

class Made(metaclass=Meta):
    pass

ODD = [type(name, (), {"__slots__": ()}) for name in ("a\\"b\\\\", "\\x1b[2J", "\\u65e5\\u672c", "L" * 5000)]
OBJECTS = []

DICTS, LISTS, BYTES, SESSIONS, SLOTS = [], [], [], [], []
MADE, DEQUES, SETS, BIG, TUPLES = [], [], [], [], []

def cycle():
    me = []
    me.append(me)  # cycle

def main(req):
    # What CPython keeps for the next of a type is of the line that has made it first: used up here,
    # it does not make the numbers below smaller.
    spare = [[{"a": n}, {n: n}, (n, n), (n,)] for n in range(3000)]
    DICTS.extend([{"a": n} for n in range(100)])  # dicts
    LISTS.extend([[n] for n in range(50)])  # lists
    BYTES.extend([bytes(1000 + n) for n in range(10)])  # bytes
    SESSIONS.extend([Session(n) for n in range(30)])  # sessions
    SLOTS.extend([Slots() for n in range(20)])  # slots
    MADE.extend([Made() for n in range(7)])  # metaclass
    DEQUES.extend([collections.deque(b"x" * 1000) for n in range(3)])  # deques
    SETS.extend([set(range(n, n + 100)) for n in range(0, 400, 100)])  # sets
    BIG.append(bytearray(5 << 20))  # bytearray
    TUPLES.extend([(n, BYTES) for n in range(2000)])  # tuples
    OBJECTS.extend([odd() for odd in ODD])  # odd
    for n in range(40):
        cycle()
    gone = [bytes(50 + n) for n in range(200)]  # gone
    del gone, spare
    return func.HttpResponse("ok")
'''

ALIVE = {
    "dicts": {"dict": (100, 100 * 64)},
    "lists": {"list": (50, 50 * 64)},
    "bytes": {"bytes": (10, 10 * 1033)},
    "sessions": {"Session": (30, 30 * 48)},
    "slots": {"Slots": (20, 20 * 24)},
    "metaclass": {"Made": (7, 7 * 16)},
    "deques": {"deque": (3, 3 * (1000 * 8))},
    "sets": {"set": (4, 4 * (256 * 16)), "int": (399 - 256, 143 * 28)},
    "bytearray": {"bytearray": (1, 5 << 20)},
    "tuples": {"tuple": (2000, 2000 * 56), "int": (1999 - 256, 1743 * 28)},
    "odd": {'a"b\\': (1, 16), "\\x1b[2J": (1, 16), "\u65e5\u672c": (1, 16),
            "L" * 60 + "\u2026": (1, 16)},
    "gone": {},
    "cycle": {},
}


# A block that CPython keeps for the next of its type stays the line's that has made it first, so that
# a list that was let go of and is another line's by now is counted there.
REUSED = {"dict", "list", "tuple"}


def is_right(kind, found, objects):
    return abs(found - objects) <= (objects // 10 if kind in REUSED else 0)


def count(worker, collect=True):
    """The answer, and {(path, line): {type: (count, bytes)}} of it; line 0: elsewhere."""
    if collect:
        worker.send(COLLECT, {"collect": True})
        assert worker.expect(COLLECTED)["collected"]
    answer = worker.ask(QUESTION_CENSUS, b"")
    told = answer.read()
    assert "problem" not in told, told
    percents = [percent for percent, _ in answer.times]
    assert percents == sorted(percents)
    rows = {}
    for path, line, kind, objects, size in told["rows"]:
        place = (told["paths"][path] if path >= 0 else None, line)
        types = rows.setdefault(place, {})
        before = types.get(told["types"][kind], (0, 0))  # of types of the same name
        types[told["types"][kind]] = (before[0] + objects, before[1] + size)
    return told, rows


def line_of(path, mark):
    lines = path.read_text().split("\n")
    return next(i for i, text in enumerate(lines, 1) if text.endswith("# " + mark))


@pytest.fixture
def counted(start, tmp_path):
    worker = start({"Leak/__init__.py": APP})
    assert worker.load("Leak")["error"] is None
    return worker, tmp_path / "Leak" / "__init__.py"


def test_exact_counts_by_line_and_type(counted):
    worker, path = counted
    worker.call("Leak")
    told, rows = count(worker)
    assert told["faults"] == 0 and not told["short"] and not told["late"]
    for mark, alive in ALIVE.items():
        found = dict(rows.get((str(path), line_of(path, mark)), {}))
        for kind, (objects, size) in alive.items():
            assert is_right(kind, found[kind][0], objects), (mark, found)
            assert found[kind][1] >= size * 9 // 10, (mark, found)
        # What an interpreter makes of its own when a line runs first is no object.
        assert {kind for kind in found if found[kind][0]} - {"native"} == set(alive), (mark, found)
    sizes = [row[4] for row in told["rows"]]
    assert sizes == sorted(sizes, reverse=True)
    assert rows[(None, 0)]["type"][0] > 50 and rows[(None, 0)]["function"][0] > 500


def test_more_after_more_requests(counted):
    worker, path = counted
    worker.call("Leak")
    _, before = count(worker)
    for _ in range(3):
        worker.call("Leak")
    _, after = count(worker)
    for mark, alive in ALIVE.items():
        place = (str(path), line_of(path, mark))
        for kind, (objects, _) in alive.items():
            more = after[place][kind][0] - before[place][kind][0]
            assert is_right(kind, more, 3 * objects), (mark, kind, more)


def test_nothing_has_changed(counted):
    """A census leaves no trace in the program, and two of the same memory are the same."""
    worker, path = counted
    worker.call("Leak")
    first = count(worker)[1]
    second = count(worker, collect=False)[1]
    for mark in ALIVE:
        place = (str(path), line_of(path, mark))
        assert first.get(place) == second.get(place), mark


def test_one_that_is_not_wanted_any_more(counted):
    worker, path = counted
    worker.call("Leak")
    for _ in range(3):
        answer = worker.ask(QUESTION_CENSUS, b"")
        answer.begin()
        answer.end()
    assert count(worker, collect=False)[0]["rows"]
    assert worker.call("Leak")[0]["status"] == 200


def test_the_time_is_over(counted):
    worker, path = counted
    worker.call("Leak")
    assert worker.ask(QUESTION_CENSUS, b"", budget_ms=0).read()["late"]


def test_who_holds_can_be_asked_afterwards(counted):
    worker, path = counted
    worker.call("Leak")
    line = line_of(path, "dicts")
    _, rows = count(worker)
    told = worker.ask_holders((path, line))
    types = {row["name"]: row["count"] for row in told["lines"][0]["types"]}
    assert is_right("dict", types["dict"], rows[(str(path), line)]["dict"][0])
