"""Threads are stopped before a line, told what to do next, and asked what they have: stopper.c plays
the host, by the shared memory alone."""

import json
import os
import re
import subprocess

import pytest
from conftest import worker_programs

STEP, BREAKPOINT, INTERRUPT, CALL, ANSWER = range(5)
WORKERS = worker_programs()


class Stop:
    def __init__(self, line):
        words, _, account = line.partition("\t")
        _, reason, number, at, self.invocation, loop, waiting, off, blocks, path = words.split(" ", 9)
        self.reason, self.breakpoint, self.line = int(reason), int(number), int(at)
        self.is_loop, self.waiting, self.is_off = loop == "1", int(waiting), off == "1"
        self.blocks = None if blocks == "-999999999" else int(blocks)
        self.file = os.path.basename(path)
        self.account = json.loads(account)

    def names(self):
        return [frame["name"] for frame in self.account["stack"]]

    def locals(self):
        return {each["name"]: each["text"] for each in self.account["locals"]}


class Session:
    def __init__(self, worker, path):
        stopper = os.path.join(os.environ["PYMEMTOP_BUILD"], "tests", "worker", "stopper")
        self.path = path
        self.output = path + ".out"
        with open(self.output, "w") as output:
            self.process = subprocess.Popen([stopper, worker, "--run", path], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=output, text=True)

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def __call__(self, command):
        """A Stop, or the exit status."""
        self.say(command)
        line = self.process.stdout.readline().rstrip("\n")
        if line.startswith("stop "):
            return Stop(line)
        assert line.startswith("end "), (line, self.printed())
        return int(line[4:])

    def stop_at(self, line, conditions="", number=1):
        self.say("break {} {} {} {}".format(number, line, self.path, conditions).rstrip())

    def lines(self, command, count):
        return [self(command).line for _ in range(count)]

    def printed(self):
        with open(self.output) as file:
            return file.read()


@pytest.fixture(params=WORKERS, ids=os.path.basename)
def session(request, tmp_path):
    """session(source): a Session of that script."""
    sessions = []

    def start(source):
        path = tmp_path / "script.py"
        path.write_text(source)
        sessions.append(Session(request.param, str(path)))
        return sessions[-1]

    yield start
    for each in sessions:
        each.process.stdin.close()
        each.process.stdout.close()
        each.process.kill()
        each.process.wait()


CALLS = """\
def inner(n):
    m = n + 1
    return m

def outer(n):
    a = inner(n)
    b = inner(a)
    return a + b

x = outer(1)
y = outer(2)
print(x, y)
"""


def test_steps(session):
    run = session(CALLS)
    run.stop_at(6)
    stop = run("start")
    assert (stop.reason, stop.breakpoint, stop.line, stop.file) == (BREAKPOINT, 1, 6, "script.py")
    assert stop.names() == ["outer", "<module>"]
    assert stop.locals() == {"n": "1"}
    assert not stop.is_loop and stop.account["thread"] == "MainThread"
    assert run("over").line == 7
    stop = run("into")
    assert (stop.reason, stop.line, stop.names()) == (STEP, 2, ["inner", "outer", "<module>"])
    assert run("into").line == 3
    assert run("into").line == 8  # the call's line goes on without an event of its own
    assert run("out").line == 11
    assert run("go").line == 6  # the breakpoint, in the second call
    assert run("over").locals() == {"n": "2", "a": "3"}
    stop = run("out")
    assert (stop.line, stop.names()) == (12, ["<module>"])
    assert run("over") == 0
    assert run.printed() == "5 7\n"


def test_over_a_loop_and_a_line_that_returns(session):
    run = session("for i in range(3):\n    i\n\n\ndef f():\n    return 1\n\n\nf()\nf()\n")
    run.stop_at(2)
    assert run("start").line == 2
    assert run.lines("over", 6) == [1, 2, 1, 2, 1, 5]
    assert run.lines("over", 2) == [9, 10]
    assert run("over") == 0


def test_a_def_stops_at_its_body(session):
    run = session("""\
import functools

@functools.lru_cache(
    maxsize=1)
def f(
    a,
):
    '''words'''
    b = a
    return b

f(1)
f(2)
""")
    run.stop_at(5)
    assert [run("start").line, run("go").line] == [9, 9]
    assert run("go") == 0


GENERATORS = """\
def numbers():
    yield 1
    a = 2
    yield a

def use():
    total = 0
    for n in numbers():
        total += n
    return total

use()
print("done")
"""


def test_generators(session):
    run = session(GENERATORS)
    run.stop_at(7)
    assert run("start").line == 7
    assert run.lines("into", 4) == [8, 2, 9, 8]
    stop = run("into")
    assert (stop.line, stop.names()) == (3, ["numbers", "use", "<module>"])
    assert run("out").line == 9
    assert run.lines("over", 2) == [8, 10]
    assert run("over").line == 13


TASKS = """\
import asyncio

async def leaf(n):
    await asyncio.sleep(0)
    return n

async def work(n):
    a = await leaf(n)
    b = await leaf(a)
    return a + b

async def main():
    return await asyncio.gather(work(1), work(2))

print(asyncio.run(main()))
"""


def test_coroutines(session):
    run = session(TASKS)
    run.stop_at(8, "if n == 1")
    stop = run("start")
    assert (stop.line, stop.is_loop) == (8, True)
    assert stop.names()[0] == "work"
    stop = run("over")  # the other one has run meanwhile
    assert (stop.line, stop.locals()["n"], stop.locals()["a"]) == (9, "1", "1")
    assert run("over").line == 10
    assert run("go") == 0
    assert run.printed() == "[2, 4]\n"


THREADS = """\
import threading

done = []

def work(n):
    a = n
    done.append(a)

threads = [threading.Thread(target=work, args=(n,), name="T%d" % n) for n in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(done))
"""


def test_threads(session):
    """Others wait for their turn, and each comes to it."""
    run = session(THREADS)
    run.stop_at(6)
    stops = [run("start"), run("go"), run("go")]
    assert {stop.line for stop in stops} == {6}
    assert sorted(stop.locals()["n"] for stop in stops) == ["0", "1", "2"]
    assert {stop.account["thread"] for stop in stops} == {"T0", "T1", "T2"}
    assert run("go") == 0
    assert run.printed() == "[0, 1, 2]\n"


def test_other_threads_go_on(session):
    run = session("""\
import threading, time
go_on = threading.Event()

def other():
    time.sleep(0.05)
    go_on.set()

threading.Thread(target=other).start()
here = 1
there = go_on.wait(30)
""")
    run.stop_at(9)
    assert run("start").line == 9
    for _ in range(200):
        stop = run("eval go_on.is_set()")
        if stop.account["answer"] == "True":
            break
        subprocess.run(["sleep", "0.02"])
    assert stop.account["answer"] == "True"


ENDLESS = "i = 0\nwhile True:\n    i += 1\n"


def test_interrupt(session):
    run = session(ENDLESS)
    run.say("run")
    stop = run("interrupt")
    assert stop.reason == INTERRUPT and stop.line in (1, 2, 3)
    assert run("over").reason == STEP


CONDITIONS = """\
kept = []
blocks = []
for i in range(1, 51):
    kept.append(bytearray(1 << 20))
    blocks.append(i)
    if i == 30:
        kept.append(bytearray(9 << 20))
j = i
"""


@pytest.mark.parametrize("line, condition, expected", [
    (5, "hits=7", 7),
    (5, "if i * i > 100", 11),
    (5, "hits=3 if i % 10 == 0", 30),
    (5, "heap=%d" % (20 << 20), 20),
    (5, "rss=%d" % (1 << 40), None),
    (8, "increment=%d" % (4 << 20), None),
    (4, "live=%d" % (10 << 20), 11),
    (4, "objects=21", 11),
    (4, "objects=1000", None),
    (7, "increment=%d" % (4 << 20), 31),
])
def test_conditions(session, line, condition, expected):
    """`expected`: the value of i at the stop. Of what a line takes one hears when it is over, and
    of what a heap has grown by at the next line that is asked for it."""
    run = session(CONDITIONS)
    run.stop_at(line, condition)
    stop = run("start")
    if expected is None:
        assert stop == 0
        return
    assert stop.reason == BREAKPOINT
    seen = int(stop.locals()["i"])
    if "increment" in condition:
        assert (seen, stop.line) == (30, 3)
    else:
        assert (seen, stop.line) == (expected, line)


LEFT = """\
kept = []

def called(n):
    return n > 1

def work(n):
    kept.append(bytearray(n << 20)); 1 / (n - 2)

for n in 1, 2, 3:
    try:
        work(n)
    except ZeroDivisionError as exc:
        print(exc)
print(len(kept))
"""


def test_a_condition_when_an_exception_leaves(session):
    """The exception goes on, and nobody is stopped in what the condition calls."""
    run = session(LEFT)
    run.stop_at(7, "increment=%d if called(n)" % (1 << 19))
    run.stop_at(4, number=2)
    stop = run("start")
    assert (stop.breakpoint, stop.line, stop.locals()["n"]) == (1, 12, "2")
    assert [run("go").line, run("go")] == [9, 0]
    assert run.printed() == "division by zero\n3\n"


def test_an_increment_over_an_await(session):
    """A line that is suspended is not over."""
    run = session("""\
import asyncio

async def take(n):
    await asyncio.sleep(0)
    return bytearray(n << 20)

async def main():
    a = await take(1)
    b = await take(5)
    return len(a) + len(b)

print(asyncio.run(main()))
""")
    run.stop_at(8, "increment=%d" % (2 << 20))
    run.stop_at(9, "increment=%d" % (2 << 20), number=2)
    stop = run("start")
    assert (stop.breakpoint, stop.line) == (2, 10)
    assert run("go") == 0


def test_a_condition_that_fails(session):
    run = session("a = 1\nb = 2\n")
    run.stop_at(2, "if a / 0")
    stop = run("start")
    assert stop.line == 2
    assert stop.account["answer"] == "ZeroDivisionError: division by zero" and stop.account["failed"]


def test_evaluate(session):
    run = session("def f(a):\n    b = [a]\n    return b\n\nprint(f(1))\n")
    run.stop_at(3)
    run("start")
    stop = run("eval b[0] + a")
    assert (stop.reason, stop.line, stop.account["answer"], stop.account["failed"]) == (
        ANSWER, 3, "2", False)
    assert run("eval nothing").account["answer"] == "NameError: name 'nothing' is not defined"
    assert run("eval b.append(7)").account["answer"] == "None"
    assert run("eval b").locals()["b"] == "2 items: 1, 7"
    assert run("eval )").account["failed"]
    assert run("go") == 0
    assert run.printed() == "[1, 7]\n"


def test_evaluate_with_functions_of_its_own(session):
    """Comprehensions and lambdas see the variables of the frame."""
    run = session("import os\n\ndef f(a, b):\n    return b\n\nprint(f(1, [1, 2]))\n")
    run.stop_at(4, "if any(each == a for each in b)")
    stop = run("start")
    assert stop.line == 4 and "answer" not in stop.account
    assert run("eval [each + a for each in b]").account["answer"] == "[2, 3]"
    assert run("eval (lambda: (a, os.sep))()").account["answer"] == "(1, '/')"
    assert run("go") == 0


def test_evaluate_an_assignment(session):
    """Names of modules and classes are set; those of a function are its own, which is said."""
    run = session("""\
def f(a):
    return a
class C:
    b = 1
    c = b
x = 1
print(f(7), x, C.c, C.b)
""")
    run.stop_at(2)
    run.stop_at(5, number=2)
    assert run("start").line == 5
    assert not run("eval b = 2").account["failed"]
    assert run("go").line == 2
    stop = run("eval a = 8; new = 1")
    assert stop.account["failed"] and stop.account["answer"].startswith("a, new ")
    assert stop.locals() == {"a": "7"}
    assert not run("eval global x; x = 3").account["failed"]
    stop = run("out")
    assert stop == 0
    assert run.printed() == "7 3 2 2\n"


def test_evaluate_what_has_no_text(session):
    run = session("class E(Exception):\n    def __str__(self):\n        1 / 0\n\ndef f():\n    raise E()\n\nx = 1\n")
    run.stop_at(8)
    run("start")
    stop = run("eval f()")
    assert stop.account["failed"]
    assert re.search("E: .*ZeroDivisionError$", stop.account["answer"])
    assert run("go") == 0


def test_evaluated_code_does_not_stop(session):
    run = session("def g():\n    return 5\n\ndef f():\n    return 1\n\nf()\nprint(2)\n")
    run.stop_at(5)
    run.stop_at(2, number=2)
    run("start")
    assert run("eval g()").account["answer"] == "5"
    assert run("over").line == 8


HARMLESS = """\
import sys

class Loud:
    def __repr__(self):
        print("REPR")
        return "x"
    __str__ = __len__ = __hash__ = __repr__

    def __eq__(self, other):
        print("EQ")

    def __getattribute__(self, name):
        print("GETATTR", name)
        return object.__getattribute__(self, name)

    def __sizeof__(self):
        print("SIZEOF")
        return 1

class Meta(type):
    def __instancecheck__(cls, other):
        print("INSTANCECHECK")
    def __getattribute__(cls, name):
        print("META", name)
        return type.__getattribute__(cls, name)

class Odd(list, metaclass=Meta):
    def __iter__(self):
        print("ITER")

def f():
    loud = Loud()
    listed = [loud]
    odd = Odd()
    text = "\\x1b[2J" + "x" * 500
    lone = "\\ud800"
    large = 1 << 100000
    big = {i: [i] for i in range(1000)}
    block = bytearray(5 << 20)
    print("HERE", file=sys.stderr)
    return loud

f()
"""


def test_values_are_harmless(session):
    run = session(HARMLESS)
    run.stop_at(HARMLESS[:HARMLESS.index("    return loud")].count("\n") + 1)
    stop = run("start")
    before = run.printed()
    assert "HERE" in before and "REPR" not in before and "SIZEOF" not in before, before
    assert before.split("HERE")[1].strip() == ""
    found = {each["name"]: each for each in stop.account["locals"]}
    assert found["loud"]["text"] == "" and found["loud"]["type"].endswith("Loud")
    assert found["listed"]["text"] == "1 item: " + found["loud"]["type"]
    assert found["text"]["text"].startswith("'\\x1b[2Jxxx") and len(found["text"]["text"]) < 120
    assert found["large"]["text"] == "an integer of 100001 bits"
    assert found["big"]["text"].startswith("1000 items: 0: 1 item, 1: ")
    assert "GETATTR" not in before and "META" not in before
    for _ in range(100):  # on a busy machine the time for it may not do
        if found["block"]["bytes"] is not None and found["big"]["bytes"] is not None:
            break
        found = {each["name"]: each for each in run("eval 0").account["locals"]}
    assert found["block"]["bytes"] >= 5 << 20
    assert found["big"]["bytes"] > 1000 * 56
    assert run("go") == 0


def test_names_are_harmless(session):
    """Those of a class body may be in a mapping of the program, and globals may have any keys."""
    run = session("""\
class Names(dict):
    def keys(self):
        print("KEYS")
        return super().keys()
    def __getitem__(self, name):
        print("GET", name) if name == "a" else 0
        return super().__getitem__(name)
class Meta(type):
    __prepare__ = classmethod(lambda *args: Names())
class Key:
    def __str__(self):
        print("STR")
        return "key"
class Made(metaclass=Meta):
    a = 1
    b = 2
globals()[Key()] = 5
x = 2
""")
    run.stop_at(16)
    run.stop_at(18, number=2)
    assert run("start").line == 16
    stop = run("go")
    assert stop.line == 18 and "Key" in stop.locals()
    assert run("go") == 0
    assert run.printed() == ""


def test_nothing_is_imported(session):
    """Of what the program imports it pays itself."""
    source = "import sys\nbefore = set(sys.modules)\nhere = 1\nprint(sorted(set(sys.modules) - before))\n"
    run = session(source)
    run.stop_at(3, "if before is None")
    run.stop_at(4, number=2)
    assert run("start").line == 4
    assert run("eval here").account["answer"] == "1"
    assert run("go") == 0
    added = set(eval(run.printed()))
    assert not {name for name in added if not name.startswith("_pymemtop")} - {"gc"}, added


def test_locals_are_not_kept(session):
    """A variable's value ends with it, though somebody has looked at it."""
    run = session("""\
import weakref

class Thing:
    pass

def f():
    thing = Thing()
    cell = Thing()
    seen = weakref.ref(thing), weakref.ref(cell)
    here = 1
    del thing
    cell = (lambda: cell) and None
    return [each() for each in seen]

print(f())
""")
    run.stop_at(10)
    assert set(run("start").locals()) == {"thing", "cell", "seen"}
    assert run("over").line == 11
    assert run("go") == 0
    assert run.printed() == "[None, None]\n"


def test_breakpoint_in_the_program(session):
    run = session("def f():\n    breakpoint()\n    return 1\n\ndef g():\n    breakpoint()\n\nf()\ng()\nprint(3)\n")
    stop = run("start")
    assert (stop.reason, stop.line) == (CALL, 3)
    stop = run("go")  # nothing comes after it in g
    assert (stop.reason, stop.line) == (CALL, 10)
    assert run("go") == 0


def test_breakpoint_in_an_expression(session):
    """It is where it is stopped already; no debugger of Python's own begins."""
    run = session("def g():\n    breakpoint()\n    return 1\n\nx = 1\nprint(x)\n")
    run.stop_at(6)
    run("start")
    assert run("eval breakpoint()").account["answer"] == "None"
    assert run("eval g()").account["answer"] == "1"
    assert run("go") == 0
    assert run.printed() == "1\n"


def test_nobody_is_there_any_more(session):
    run = session(CALLS)
    run.stop_at(6)
    assert run("start").line == 6
    assert run("leave") == 0
    assert run.printed() == "5 7\n"


def test_exceptions_and_what_is_left(session):
    """What is thrown goes on as without; nothing of the stops is left to be seen."""
    run = session("""\
import sys

def f():
    try:
        raise ValueError("x")
    except ValueError as exc:
        here = 1
        there = sys.exc_info()[1] is exc
    return there

print(f(), sys.gettrace(), sys.getprofile())
""")
    run.stop_at(7)
    assert run("start").line == 7
    assert run("eval int('no')").account["failed"]
    assert run("over").line == 8
    assert run.lines("over", 1) == [9]
    assert run("out") == 0
    assert run.printed() == "True None None\n"


def test_at_the_recursion_limit(session):
    """There is an account where the program has no frame left."""
    run = session("""\
import sys

def f(n):
    try:
        return f(n + 1)
    except RecursionError:
        return n

print(f(0) > 100, sys.getrecursionlimit())
""")
    run.stop_at(7)
    stop = run("start")
    assert (stop.line, stop.names()[:2]) == (7, ["f", "f"])
    assert "n" in stop.locals()
    assert run("leave") == 0
    assert run.printed() == "True 1000\n"


def test_deep_recursion(session):
    run = session("""\
import sys
def f(n):
    if n == 0:
        return 0
    return f(n - 1)

print(f(900))
""")
    run.stop_at(4)
    stop = run("start")
    assert stop.line == 4
    assert len(stop.account["stack"]) == 100 and stop.account["cut"]
    assert run("go") == 0
    assert run.printed() == "0\n"


OTHERS = """\
import asyncio, contextvars, threading
ready = threading.Event()
over = threading.Event()

class Loud(asyncio.Task):
    def get_name(self):
        print("NAME")
    get_coro = done = get_loop = get_name

def other():
    ready.set()
    over.wait(30)

async def leaf():
    await asyncio.sleep(30)

async def middle():
    await leaf()

async def main():
    waiting = [asyncio.create_task(middle(), name="w%d" % n) for n in range(2)]
    loud = Loud(middle(), loop=asyncio.get_running_loop(), name="loud")
    await asyncio.sleep(0)
    fresh = asyncio.create_task(middle(), name="fresh")
    here = 1
    for task in (*waiting, loud, fresh):
        task.cancel()

thread = threading.Thread(target=other, name="Other")
thread.start()
ready.wait(30)
asyncio.run(main())
over.set()
thread.join()
print("DONE")
"""


def test_tasks_and_threads(session):
    """Where each one is, and none of their own methods is called."""
    run = session(OTHERS)
    run.stop_at(25)
    account = run("start").account
    tasks = {each["name"]: each for each in account["tasks"]}
    assert set(tasks) - {"Task-1"} == {"w0", "w1", "loud", "fresh"}
    assert account["tasks"][0]["state"] == "paused"
    paused = account["tasks"][0]
    assert (paused["coroutine"], paused["line"]) == ("main", 25)
    for name in "w0", "w1", "loud":
        each = tasks[name]
        assert (each["coroutine"], each["line"], each["state"]) == ("middle", 15, "waits"), each
        assert os.path.basename(each["path"]) == "script.py"
    assert (tasks["fresh"]["line"], tasks["fresh"]["state"]) == (17, "ready")
    assert account["more_tasks"] == 0
    threads = {each["name"]: each for each in account["threads"]}
    assert account["threads"][0]["name"] == "MainThread"
    assert (threads["MainThread"]["state"], threads["MainThread"]["line"]) == ("paused", 25)
    other = threads["Other"]
    assert (other["state"], other["coroutine"], other["line"]) == ("runs", "other", 12)
    assert run("go") == 0
    assert run.printed() == "DONE\n"


def test_a_thread_that_waits_for_its_turn(session):
    run = session(THREADS)
    run.stop_at(6)
    stop = run("start")
    for _ in range(200):
        states = sorted(each["state"] for each in stop.account["threads"])
        if states.count("pauses next") == 2:
            break
        stop = run("eval 0")
        subprocess.run(["sleep", "0.02"])
    assert states == ["paused", "pauses next", "pauses next", "runs"]
    run("leave")


MANY = """\
import asyncio

async def wait():
    await asyncio.sleep(30)

async def main():
    tasks = [asyncio.create_task(wait()) for _ in range(50000)]
    await asyncio.sleep(0)
    here = 1
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)

asyncio.run(main())
"""


def test_many_tasks(session):
    """A hundred are told, the others counted."""
    run = session(MANY)
    run.stop_at(9)
    account = run("start").account
    assert account["tasks"][0]["state"] == "paused"
    assert 1 <= len(account["tasks"]) <= 100
    # Of what is not looked at for lack of time, the paused one is counted twice.
    assert len(account["tasks"]) + account["more_tasks"] in (50001, 50002)
    assert run("leave") == 0


BUSY = """\
import asyncio, itertools, time

async def wait():
    await asyncio.sleep(30)

async def main():
    tasks = [asyncio.create_task(wait(), name="w%d" % n) for n in range(10)]
    await asyncio.sleep(0)
    real = time.monotonic
    time.monotonic = itertools.count(real()).__next__
    big = [bytearray(1) for _ in range(300)]
    here = 1
    time.monotonic = real
    for task in tasks:
        task.cancel()

asyncio.run(main())
"""


def test_time_that_others_take_is_not_counted(session):
    """A busy machine does not mean that there is more to look at than can be told."""
    run = session(BUSY)
    run.stop_at(12)
    account = run("start").account
    names = {each["name"] for each in account["tasks"]}
    assert {"w%d" % n for n in range(10)} <= names and account["more_tasks"] == 0
    (big,) = [each for each in account["locals"] if each["name"] == "big"]
    assert big["bytes"] > 15000
    assert run("leave") == 0


BLOCKED = """\
import threading, time

def never():
    while True:
        pass

def stubborn():
    for _ in range(3):
        try:
            never()
        except BaseException:
            pass
    return 7

class Text:
    def __repr__(self):
        never()

x = 1
print("DONE")
y = 2
"""


def test_expressions_are_broken_off(session):
    """And everything goes on as it was; what is caught is raised again."""
    run = session(BLOCKED)
    run.stop_at(19)
    assert run("start").line == 19
    for expression in ("never()", "exec('while True: pass')", "Text()",
                       "[0 for _ in iter(lambda: 0, 1)]"):
        stop = run("eval-break " + expression)
        assert (stop.reason, stop.line) == (ANSWER, 19)
        assert stop.account["failed"]
        assert stop.account["answer"] == "broken off by KeyboardInterrupt", expression
    assert run("eval-break stubborn()").account["answer"] == "7"
    assert run("eval-break time.sleep(0.5)").account["failed"]
    assert run("eval 1 + 1").account["answer"] == "2"
    assert run("over").line == 20
    assert run("go") == 0
    assert run.printed() == "DONE\n"


def test_a_condition_that_does_not_end(session):
    """It pauses, says so, and the program goes on from there."""
    run = session(BLOCKED)
    run.stop_at(19, "if never()")
    run.stop_at(20, "if not stubborn()", number=2)
    run.stop_at(21, number=3)
    stop = run("start")
    assert (stop.reason, stop.breakpoint, stop.line, stop.is_off) == (BREAKPOINT, 1, 19, True)
    assert stop.account["answer"] == "it did not end within a second, and is off"
    stop = run("go")  # one that catches it ends in the end
    assert (stop.breakpoint, stop.line, stop.is_off) == (3, 21, False)
    assert run("go") == 0
    assert run.printed() == "DONE\n"


def test_nobody_waits_for_an_expression(session):
    """Where nobody is there any more, the program goes on."""
    run = session(BLOCKED)
    run.stop_at(19)
    run("start")
    assert run("eval-leave never()") == 0
    assert run.printed() == "DONE\n"


OBJECTS = """\
import tracemalloc
class Thing:
    __slots__ = ()
kept = [None] * 10
def take(n):
    kept[0] = Thing()
    kept[1:4] = Thing(), Thing(), Thing()
    del kept[0]
    kept[0] = kept[1] = kept[2] = None
    here = n
    return here
take(1)
tracemalloc.start()
take(2)
tracemalloc.stop()
take(3)
print("DONE")
"""


def test_objects_of_a_step(session):
    """Those that the line has allocated, less those that it has freed: other lines' as well."""
    run = session(OBJECTS)
    run.stop_at(6)
    assert run("start").blocks is None
    for times in range(3):
        assert [run("over").blocks for _ in range(5)] == (
            [None] * 5 if times == 1 else [1, 3, -1, -3, 0])
        stop = run("go")
    assert stop == 0
    assert run.printed() == "DONE\n"
