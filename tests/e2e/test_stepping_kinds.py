"""Every key that pauses and steps, on every kind of handler: sync, async, with a thread of its own,
and with a generator. And pymemtop is quit at every kind of pause."""

import pytest

from programs import is_alive, wait_for
from test_stepping import live, paused, set_breakpoint  # noqa: F401, a fixture

pytestmark = pytest.mark.usefixtures("packages")

HEAD = """\
import asyncio
import threading
import azure.functions as func

KEPT = []


def never():
    while True:
        pass


def inner(n):
    a = n + 1
    return a


"""

BODY = """\
    first = 1
    second = inner(first)
    third = second + 1
    KEPT.append(bytearray(third << 20))
    for i in range(3):
        fourth = i
    breakpoint()
    last = fourth
"""

TAIL = {
    "sync": ("def work(done):\n", "def main(req: func.HttpRequest) -> func.HttpResponse:\n"
             "    work([])\n    return func.HttpResponse('')\n"),
    "async": ("async def work(done):\n    await asyncio.sleep(0)\n",
              "async def main(req: func.HttpRequest) -> func.HttpResponse:\n"
              "    await work([])\n    return func.HttpResponse('')\n"),
    "thread": ("def work(done):\n", "def main(req: func.HttpRequest) -> func.HttpResponse:\n"
               "    thread = threading.Thread(target=work, args=([],))\n"
               "    thread.start()\n    thread.join()\n    return func.HttpResponse('')\n"),
    "generator": ("def work(done):\n    yield 1\n",
                  "def main(req: func.HttpRequest) -> func.HttpResponse:\n"
                  "    for value in work([]):\n        done = value\n"
                  "    return func.HttpResponse('')\n"),
}


def source_of(kind):
    definition, main = TAIL[kind]
    return HEAD + definition + BODY + "\n\n" + main


def line_of(kind, text):
    return 1 + next(i for i, line in enumerate(source_of(kind).split("\n")) if text in line)


@pytest.fixture(params=sorted(TAIL))
def app(request, live):  # noqa: F811
    """(terminal, at(text): patterns of a screen that is paused before that line)"""
    kind = request.param
    terminal, _ = live(source_of(kind))
    return terminal, lambda text, *more: paused(line_of(kind, text), *more)


def evaluate(terminal, expression):
    terminal.type(":")
    terminal.wait("evaluate")
    terminal.type(expression)
    terminal.keys("Enter")


def go_on(terminal):
    terminal.type("c")
    terminal.wait("READY", "answered with status 200")


def go_on_without(terminal, at, line):
    """Without the breakpoint on that line, by the program's own, to the end."""
    terminal.type("/" + line)
    terminal.keys("Enter")
    terminal.type("b")
    terminal.wait("breakpoint removed")
    terminal.type("c")
    terminal.wait(*at("last = "))
    go_on(terminal)


def test_every_key(app):
    terminal, at = app
    set_breakpoint(terminal, "first = 1")
    terminal.type("r")
    terminal.wait(*at("first = 1", "by breakpoint"))
    terminal.type("n")
    terminal.wait(*at("second = "))
    terminal.type("s")
    terminal.wait(*at("a = n + 1"))
    terminal.type("f")
    terminal.wait(*at("third = "))
    terminal.type("n")
    terminal.wait(*at("KEPT.append"))
    terminal.type("n")
    terminal.wait(*at("for i in", r"did \+3\.0 MiB; Python \+3\.00 MiB, \+3 objects"))
    terminal.type("/fourth = i")
    terminal.keys("Enter")
    terminal.type("t")
    terminal.wait(*at("fourth = i"))
    terminal.type("c")
    terminal.wait(*at("last = ", r"by breakpoint\(\) in the program"))
    evaluate(terminal, "first + 41")
    terminal.wait(r"first \+ 41 is 42")
    evaluate(terminal, "KEPT.append(0)")
    terminal.wait("is None")
    evaluate(terminal, "len(KEPT)")
    terminal.wait(r"len\(KEPT\) is 2")
    go_on(terminal)
    terminal.type("i")
    terminal.wait("next line")
    terminal.type("r")
    terminal.wait(" PAUSED ", "paused before line")
    terminal.type("c")
    terminal.wait(*at("first = 1", "by breakpoint"))
    go_on_without(terminal, at, "first = 1")


CONDITIONS = [  # on which line, and where it pauses; what the runs before have kept counts, too
    ("KEPT.append", "increment>2M", "for i in"), ("for i in", "heap>2M", "for i in"),
    ("for i in", "rss>1M", "for i in"), ("KEPT.append", "live>8M", "KEPT.append"),
    ("KEPT.append", "objects>3", "KEPT.append"), ("fourth = i", "if i == 2", "fourth = i"),
    ("fourth = i", "hits>=3", "fourth = i")]


def test_conditions(app):
    terminal, at = app
    for line, condition, pauses in CONDITIONS:
        set_breakpoint(terminal, line, condition)
        terminal.type("r")
        terminal.wait(*at(pauses, "by breakpoint"))
        if line == "fourth = i":
            evaluate(terminal, "i")
            terminal.wait("i is 2")
        go_on_without(terminal, at, line)


def test_what_does_not_end(app):
    """An expression is broken off, a condition by itself, and the app goes on as it was."""
    terminal, at = app
    set_breakpoint(terminal, "third = ", "if never()")
    terminal.type("r")
    terminal.wait(*at("third = ", "its condition failed: it did not end within a second, and is off"))
    terminal.type("v")
    terminal.wait("off, its condition did not end")
    terminal.type("1")
    for expression in "never()", "while True: pass":
        evaluate(terminal, expression)
        terminal.wait("is being evaluated; Esc breaks it off")
        terminal.keys("Escape")
        terminal.wait("failed: broken off by KeyboardInterrupt")
    evaluate(terminal, "second")
    terminal.wait("second is 2")
    evaluate(terminal, "__import__('time').sleep(1)")
    terminal.wait("is being evaluated")
    terminal.keys("C-c")
    terminal.wait("is being broken off; a call that blocks outside of Python goes on")
    terminal.wait("failed: broken off by KeyboardInterrupt")
    terminal.type("n")
    terminal.wait(*at("KEPT.append"))
    terminal.type("c")
    terminal.wait(*at("last = "))
    go_on(terminal)


def pause(terminal, at):
    set_breakpoint(terminal, "third = ")
    terminal.type("r")
    terminal.wait(*at("third = "))


def pause_and_evaluate(terminal, at):
    pause(terminal, at)
    evaluate(terminal, "never()")
    terminal.wait("is being evaluated")


def pause_and_block(terminal, at):
    pause(terminal, at)
    evaluate(terminal, "__import__('time').sleep(1000)")
    terminal.wait("is being evaluated")
    terminal.keys("Escape")
    terminal.wait("is being broken off")


def run_into_a_condition(terminal, at):
    set_breakpoint(terminal, "third = ", "if __import__('time').sleep(1000)")
    terminal.type("r")
    terminal.wait("the condition at line .* is being broken off; a call that blocks")


@pytest.mark.parametrize("how", [pause, pause_and_evaluate, pause_and_block, run_into_a_condition])
def test_quitting(app, how):
    """The worker does not outlive it, and the terminal is given back."""
    terminal, at = app
    worker = terminal.worker
    how(terminal, at)
    terminal.type("q")
    wait_for(lambda: not terminal.host, "end of pymemtop")
    wait_for(lambda: not is_alive(worker), "end of the worker")
    terminal.shell("stty -a | grep -o ' echo '; echo GIVEN BACK")
    terminal.wait("^ echo", "^GIVEN BACK")


LOOP = """\
import azure.functions as func


{}def main(req: func.HttpRequest) -> func.HttpResponse:
    for i in range(1000):
        one = i
        two = i
    return func.HttpResponse("")
"""


@pytest.mark.parametrize("prefix", ["", "async "], ids=["sync", "async"])
def test_a_thousand_keys(live, prefix):  # noqa: F811
    """Of a key that is held down: each is a step, and nothing goes on after the last one."""
    terminal, _ = live(LOOP.format(prefix))
    set_breakpoint(terminal, "for i in")
    terminal.type("r")
    terminal.wait(*paused(5))
    terminal.type("b")
    terminal.wait("breakpoint removed")
    terminal.run("send-keys", "-N", 1000, "n")
    terminal.wait(*paused(6, r"^> +6 .* 334 ", r"^ +7 .* MiB +333 "))  # 3 * 333 + 1
    evaluate(terminal, "i, two")
    terminal.wait(r"i, two is \(333, 332\)")
    go_on(terminal)
