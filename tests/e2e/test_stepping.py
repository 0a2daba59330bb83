"""Stopping and stepping on the live screen, under tmux: async, sync, threaded and generator handlers,
and what happens to requests, timeouts and the app's files meanwhile."""

import json
import os
import re
import signal
import threading
import time
import urllib.request

import pytest

import programs
from programs import HTTP_FUNCTION, is_alive, wait_for

pytestmark = pytest.mark.usefixtures("packages")

ASYNC = """\
import asyncio
import azure.functions as func

CACHE = []


def fill(n):
    block = bytearray(n << 20)
    CACHE.append(block)
    return len(block)


async def fetch(n):
    await asyncio.sleep(0.01)
    size = fill(n)
    return size


async def main(req: func.HttpRequest) -> func.HttpResponse:
    total = 0
    for n in range(1, 4):
        total += await fetch(n)
    text = f"{total} bytes"
    return func.HttpResponse(text)
"""

SYNC = """\
import azure.functions as func


def numbers(n):
    for i in range(n):
        yield i


def main(req: func.HttpRequest) -> func.HttpResponse:
    found = []
    for number in numbers(3):
        found.append(number)
    return func.HttpResponse(str(found))
"""

THREADS = """\
import threading
import azure.functions as func


def work(n, found):
    twice = n * 2
    found.append(twice)


def main(req: func.HttpRequest) -> func.HttpResponse:
    found = []
    threads = [threading.Thread(target=work, args=(n, found)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return func.HttpResponse(str(sorted(found)))
"""

CALLS = """\
import azure.functions as func


def main(req: func.HttpRequest) -> func.HttpResponse:
    answer = 41
    breakpoint()
    answer += 1
    return func.HttpResponse(str(answer))
"""


@pytest.fixture
def live(tmux, write_app):
    """live(source): pymemtop on an app with that function, Work; the terminal and the app's root."""

    def starter(source, cols=120, rows=30, host=None):
        app = write_app({"host.json": json.dumps(dict({"version": "2.0"}, **(host or {}))),
                         "Work/function.json": HTTP_FUNCTION, "Work/__init__.py": source})
        terminal = tmux(cols, rows)
        terminal.pymemtop("-p", 0, app / "Work")
        terminal.wait("app > Work .*READY")
        return terminal, app

    return starter


def paused(line, *more):
    """Patterns of a screen on which a thread is stopped before a line."""
    return (" PAUSED ", r"^>[b ] +{} ".format(line), *more)


def set_breakpoint(terminal, line, condition=""):
    terminal.type("/{}".format(line))  # a text of the line
    terminal.keys("Enter")
    terminal.type("B" if condition else "b")
    if condition:
        terminal.type(condition)
        terminal.keys("Enter")
    return terminal.wait("breakpoint at line")


def base_url(terminal):
    return re.search(r"http://localhost:\d+", terminal.screen()).group()


def test_steps_of_a_coroutine(live):
    terminal, _ = live(ASYNC)
    terminal.type("i")
    terminal.wait("next line")
    terminal.type("r")
    terminal.wait(*paused(20))
    for line in 21, 22, 14:
        terminal.type("s")
        terminal.wait(*paused(line, "the event loop is held: requests wait"))
    terminal.type("s")
    terminal.wait(*paused(15))
    terminal.type("s")
    terminal.wait(*paused(8))
    terminal.type("s")
    terminal.wait(*paused(9, r"line 8 +did \+1\.0 MiB; Python \+1\.00 MiB"))
    terminal.type("f")
    terminal.wait(*paused(16))
    terminal.type("f")
    terminal.wait(*paused(21))
    terminal.type("n")
    terminal.wait(*paused(22))
    terminal.type("n")  # over the await of a coroutine, which is suspended meanwhile
    terminal.wait(*paused(21, r"line 22 +did \+2\.\d MiB"))
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")


def test_generators(live):
    terminal, _ = live(SYNC)
    terminal.type("i")
    terminal.wait("next line")
    terminal.type("r")
    terminal.wait(*paused(10))
    for line in 11, 5, 6, 12, 11, 5:
        terminal.type("s")
        screen = terminal.wait(*paused(line))
    assert "the event loop" not in screen
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")


def test_threads(live):
    """Two come to the breakpoint: the second one waits for its turn."""
    terminal, _ = live(THREADS)
    set_breakpoint(terminal, "twice = ")
    terminal.type("r")
    terminal.wait(*paused(6, "1 more to pause"))
    terminal.type("v")
    terminal.type(":")
    terminal.type("n + 10")
    terminal.keys("Enter")  # others go on: this says where they are now
    terminal.wait(r"n \+ 10 is 1\d")
    terminal.wait(r"paused +#1 +work +Work/__init__.py:6", r"pauses next +#1 +work +Work/",
                  r"runs +#1 +main +Work/__init__.py:1\d", r"MainThread +runs$")
    terminal.type("1")
    terminal.type("c")
    terminal.wait_gone("more to pause")
    terminal.wait(*paused(6))
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")


def test_locals_and_expressions(live):
    terminal, _ = live(ASYNC)
    set_breakpoint(terminal, "return len")
    terminal.type("r")
    terminal.wait(*paused(10, "breakpoint"))
    terminal.type("v")
    terminal.wait(r"fill +Work/__init__.py:10", r"fetch +Work/__init__.py:15", r"main +Work/",
                  r"block +bytearray +1\.00 MiB +bytearray\(b'", r"^ +n +int .* 1$")
    terminal.type(":")
    terminal.type("len(CACHE) + 41")
    terminal.keys("Enter")
    terminal.wait(r"len\(CACHE\) \+ 41", r"\b42$")
    terminal.type(":")
    terminal.type("nothing")
    terminal.keys("Enter")
    terminal.wait("NameError: name 'nothing' is not defined")
    terminal.type("v")
    terminal.type("b")
    terminal.wait("no breakpoint|breakpoint .*(removed|gone|taken)")
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")


TASKS = """\
import asyncio
import azure.functions as func


async def wait(n):
    await asyncio.sleep(30)


async def main(req: func.HttpRequest) -> func.HttpResponse:
    tasks = [asyncio.create_task(wait(n), name=f"wait-{n}") for n in range(3)]
    await asyncio.sleep(0)
    count = 3
    here = list(range(count))
    for task in tasks:
        task.cancel()
    return func.HttpResponse(str(here))
"""


def test_tasks_and_threads(live):
    """In the view of the stop and, where it is wide enough, beside the source."""
    terminal, _ = live(TASKS, cols=100)
    set_breakpoint(terminal, "here = ")
    terminal.type("r")
    terminal.wait(*paused(13))
    shown = ("Locals", r"Task-\d+ +paused +#1 +main +W", r"wait-0 +waits +#1 +wait +W",
             r"wait-2 +waits +#1 +wait")
    terminal.type("v")
    terminal.wait(*shown)
    terminal.type("v")
    terminal.wait_gone("Locals")
    for cols in 140, 200:
        terminal.resize(cols, 30)
        terminal.wait(*paused(13, *shown))
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")
    terminal.wait_gone("Locals")


CONDITIONS = [  # and where it pauses, for which n; what the runs before have kept counts, too
    ("heap>2M", 8, 3), ("increment>1.5M", 9, 2), ("live>14.5M", 8, 3), ("objects>20", 8, 3),
    ("hits>=3", 8, 3), ("if n == 2", 8, 2)]


def test_conditions(live):
    """Of what a line takes one hears after it, before the next one."""
    terminal, _ = live(ASYNC)
    for condition, line, n in CONDITIONS:
        set_breakpoint(terminal, "block = ", condition)
        terminal.type("r")
        terminal.wait(*paused(line, "paused before line {} .*by breakpoint".format(line)
                              if line == 8 else "paused"))
        terminal.type("v")
        terminal.wait(r"^ +n +int .* {}$".format(n))
        terminal.type("1")
        terminal.type("/block = ")
        terminal.keys("Enter")
        terminal.type("b")
        terminal.wait("breakpoint removed")
        terminal.type("c")
        terminal.wait("READY", "answered with status 200")


def test_the_figures_of_lines_are_the_programs(live):
    """What a breakpoint and a stop take the first time is charged to no line."""
    source = ("import azure.functions as func\n\n\n"
              "def main(req: func.HttpRequest) -> func.HttpResponse:\n" +
              "".join("    {} = 1\n".format(name) for name in "abcd") +
              "    return func.HttpResponse('')\n")
    terminal, _ = live(source)
    terminal.type("r")
    terminal.wait("READY", "answered with status 200")
    set_breakpoint(terminal, "c = 1")
    terminal.type("r")
    terminal.wait(*paused(7))
    terminal.type("n")
    terminal.wait(*paused(8))
    terminal.type("c")
    terminal.wait("READY", *[r"^[ b] +{} +[\d.]+ MiB +[+-]?0\.0 MiB +2 ".format(line)
                             for line in range(5, 9)])


def test_each_iteration_by_itself(live):
    """What memory_profiler sums up: a breakpoint in a loop, and a step, say what this one has taken."""
    source = ("import azure.functions as func\n\n\n"
              "def main(req: func.HttpRequest) -> func.HttpResponse:\n"
              "    kept = []\n"
              "    for number in range(1, 4):\n"
              "        kept.append(bytearray(b'x') * (number * 33 << 20))\n"
              "        kept.pop(0)\n"
              "    return func.HttpResponse('')\n")
    terminal, _ = live(source)
    set_breakpoint(terminal, "kept.append")
    terminal.type("r")
    for number in 1, 2, 3:
        size = r"{}\.\d MiB".format(number * 33)
        terminal.wait(*paused(7))
        terminal.type("n")
        terminal.wait(*paused(8, r"line 7 +did \+{0}; Python \+{0}".format(size)))
        terminal.type("n")
        terminal.wait(*paused(6, r"line 8 +did -{0}; Python -{0}".format(size)))
        terminal.type("c")
    terminal.wait("READY", "answered with status 200")


def test_a_condition_that_makes_no_sense(live):
    terminal, _ = live(ASYNC)
    terminal.type("/block =")
    terminal.keys("Enter")
    terminal.type("B")
    terminal.type("weight>3")
    terminal.keys("Enter")
    terminal.wait("weight")
    assert terminal.worker


def test_run_to_the_cursor(live):
    terminal, _ = live(ASYNC)
    terminal.type("i")
    terminal.wait("next line")
    terminal.type("r")
    terminal.wait(*paused(20))
    terminal.type("/text = ")
    terminal.keys("Enter")
    terminal.type("t")
    terminal.wait(*paused(23))
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")


def test_breakpoint_in_the_app(live):
    terminal, _ = live(CALLS)
    terminal.type("r")
    terminal.wait(*paused(7))
    terminal.type(":")
    terminal.type("answer")
    terminal.keys("Enter")
    terminal.type("v")
    terminal.wait(r"\b41$")
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")


def test_requests_wait_and_are_served(live):
    terminal, _ = live(ASYNC)
    terminal.type("i")
    terminal.wait("next line")
    answers = []
    url = base_url(terminal) + "/api/Work"

    def ask():
        with urllib.request.urlopen(url, timeout=programs.LIMIT) as answer:
            answers.append(answer.read())

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    terminal.wait(*paused(20, "invocations 3"))
    assert not answers
    terminal.type("c")
    for thread in threads:
        thread.join(programs.LIMIT)
    assert answers == [b"6291456 bytes"] * 3


def test_the_functions_time_does_not_run(live):
    terminal, _ = live(ASYNC, host={"functionTimeout": "00:00:01"})
    terminal.type("i")
    terminal.wait("next line")
    terminal.type("r")
    terminal.wait(*paused(20))
    worker = terminal.worker
    time.sleep(1.5)
    assert is_alive(worker)
    terminal.type("s")
    terminal.wait(*paused(21))
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")


def test_quits_at_a_stop(live):
    terminal, _ = live(ASYNC)
    terminal.type("i")
    terminal.wait("next line")
    terminal.type("r")
    terminal.wait(*paused(20))
    worker = terminal.worker
    terminal.type("q")
    terminal.wait("pymemtop: 1 invocation")
    wait_for(lambda: not is_alive(worker), "end of the worker")


def test_a_saved_file(live):
    """The app is loaded anew when the invocation is over, as always; the new worker has the
    breakpoint on the line of the same text."""
    terminal, app = live(ASYNC)
    set_breakpoint(terminal, "CACHE.append")
    terminal.type("r")
    terminal.wait(*paused(9))
    path = app / "Work" / "__init__.py"
    path.write_text("# a line before\n" + path.read_text())
    terminal.wait("edited since")
    for times in 2, 3:
        terminal.type("c")
        terminal.wait(*paused(9, r"^ +8 .* MiB +{} .*block = ".format(times)))
    terminal.type("c")
    terminal.wait("READY", r"^b +10 .*CACHE.append")
    terminal.type("r")
    terminal.wait(*paused(10))
    terminal.type("c")


def test_the_worker_dies_at_a_stop(live):
    terminal, _ = live(ASYNC)
    set_breakpoint(terminal, "CACHE.append")
    terminal.type("r")
    terminal.wait(*paused(9))
    os.kill(terminal.worker, signal.SIGKILL)
    terminal.wait("READY", "killed by SIGKILL")
    terminal.type("r")
    terminal.wait(*paused(9))
    terminal.type("c")


def test_a_program(tmux, tmp_path):
    """`pymemtop run` with a screen stops as an app does."""
    (tmp_path / "work.py").write_text("x = 1\ninput_ = 2\nbreakpoint()\ny = 3\nz = x + y\n")
    terminal = tmux(80, 24)
    terminal.pymemtop("run", tmp_path / "work.py")
    terminal.wait(*paused(4))
    terminal.type("n")
    terminal.wait(*paused(5))
    terminal.type("c")
    terminal.wait("EXIT 0")


def test_many_steps(live):
    """A key that is held down."""
    terminal, _ = live(SYNC.replace("range(n)", "range(n * 50)"))
    terminal.type("i")
    terminal.wait("next line")
    terminal.type("r")
    terminal.wait(*paused(10))
    for _ in range(12):
        terminal.type("s" * 10)
    terminal.wait(" PAUSED ")
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")
