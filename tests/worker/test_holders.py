"""Who holds what a line has alive: QUESTION_HOLDERS, asked of a worker as its host does."""

import pytest

# The line (its mark is the comment), and the chain to what it has alive after three requests.
APP = '''
import functools, threading
import azure.functions as func

class Session:
    def __init__(self):
        self.history = []

class Slots:
    __slots__ = ("data",)

class Kept:
    pass

CACHE, LIST, GENERATORS, HOOKS = {}, [], [], []
SESSION, SLOTS, LAST, NUMBER = Session(), Slots(), None, 0

def make(x):
    def inner():
        return x
    return inner

def bad():
    big = bytes(5000)  # traceback
    raise ValueError("x")

def numbers():
    local = bytes(6000)  # generator
    yield local

def work():
    data = bytes(7000)  # thread
    threading.Event().wait()

def main(req):
    global LAST, NUMBER
    NUMBER += 1
    CACHE["key%d" % NUMBER] = [0, Session()]
    CACHE["key%d" % NUMBER][1].history.append(bytearray(1000))  # nested
    SESSION.history.append(bytearray(1500))  # instance
    SLOTS.data = bytes(3000)  # slots
    HOOKS.append(make(bytes(1000)))  # closure
    LIST.append({"a": bytes(1000)})  # dict
    Kept.attr = bytearray(3300)  # class
    try:
        bad()
    except ValueError as error:
        LAST = error
    generator = numbers()
    next(generator)
    GENERATORS.append(generator)
    if NUMBER == 1:
        threading.Thread(target=work, daemon=True).start()
    return func.HttpResponse("ok")
'''

CHAINS = {
    "traceback": "Leak.LAST.__traceback__ -> bad() local big",
    "generator": "Leak.GENERATORS[0] -> numbers() local local",
    "thread": "work() local data",
    "nested": "Leak.CACHE['key1'] -> list[1] -> Session.history[0]",
    "instance": "Leak.SESSION.history[0]",
    "slots": "Leak.SLOTS.data",
    "closure": "Leak.HOOKS[0] -> make.<locals>.inner() closure x",
    "dict": "Leak.LIST[0] -> dict['a']",
    "class": "Leak.Kept.attr",
}


@pytest.fixture
def asked(start, tmp_path):
    worker = start({"Leak/__init__.py": APP})
    path = tmp_path / "Leak" / "__init__.py"
    assert worker.load("Leak")["error"] is None
    for _ in range(3):
        worker.call("Leak")
    return worker, path


def test_chains(asked):
    worker, path = asked
    lines = path.read_text().split("\n")
    for mark, chain in CHAINS.items():
        line = next(i for i, text in enumerate(lines, 1) if text.endswith("# " + mark))
        told = worker.ask_holders((path, line))
        assert told["faults"] == 0 and not told["short"]
        assert chain in [found["text"] for found in told["lines"][0]["chains"]], (mark, told)


def test_a_line_that_is_none_has_nothing(asked):
    worker, path = asked
    assert worker.ask_holders((path, 1))["lines"][0]["count"] == 0
    assert worker.ask_holders(("/nowhere.py", 1))["lines"][0]["types"] == []


def test_the_worker_goes_on(asked):
    worker, path = asked
    for _ in range(5):
        worker.ask_holders((path, 1))
    assert worker.call("Leak")[0]["status"] == 200
