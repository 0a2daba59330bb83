"""Leaks on the screen: `R`, its progress and its end; the verdict, the evidence, and the source."""

import re

import pytest

pytestmark = pytest.mark.usefixtures("packages")

HOST = {"host.json": '{"version": "2.0"}',
        "requirements.txt": "azure-functions\n",
        "Work/function.json": """{"bindings": [
            {"type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous"},
            {"type": "http", "direction": "out", "name": "$return"}]}"""}

ASYNC = """import asyncio
import azure.functions as func
KEPT = []


async def main(req: func.HttpRequest) -> func.HttpResponse:
    scratch = bytearray(1 << 20)
    await asyncio.sleep(0)
    KEPT.append(bytearray(1 << 20))
    return func.HttpResponse(str(len(scratch)))
"""

SYNC = """import azure.functions as func
KEPT = {}


def main(req: func.HttpRequest) -> func.HttpResponse:
    KEPT[len(KEPT)] = bytes(3000)
    return func.HttpResponse("kept")
"""

# Holds the latest two results: what it keeps of older ones it has let go.
LOOK_ALIKE = """import collections
import azure.functions as func
LATEST = collections.deque(maxlen=2)


def main(req: func.HttpRequest) -> func.HttpResponse:
    LATEST.append(bytearray(1 << 20))
    return func.HttpResponse("fine")
"""

# The text takes more with each request, and nothing of the earlier ones is alive.
GROWING = """import azure.functions as func
LOG = ""


def main(req: func.HttpRequest) -> func.HttpResponse:
    global LOG
    LOG += f"{req.method} {req.url}\\n" * 60
    return func.HttpResponse("noted")
"""

SLOW = """import time
import azure.functions as func


def main(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(0.3)
    return func.HttpResponse("slow")
"""


@pytest.fixture
def screen(tmux, write_app):
    """screen(SOURCE): a terminal in which pymemtop shows an app of that, loaded."""

    def starter(source, *options, cols=120, rows=30):
        app = write_app({**HOST, "Work/__init__.py": source})
        terminal = tmux(cols, rows)
        terminal.pymemtop("-p", 0, *options, app / "Work")
        terminal.wait("app > Work .*READY")
        return terminal

    return starter


def test_an_async_leak_from_the_prompt_to_the_source(screen):
    terminal = screen(ASYNC)
    terminal.keys("L")
    terminal.wait("cannot be said yet: 10 more invocations are needed", "R sends them")
    terminal.keys("R")
    terminal.wait("how many times x at once: 12 x 1")
    terminal.keys("Enter")
    shown = terminal.wait("12 of 12 requests answered", "leaks 1", r"! 1 line leaks: 1\.\d* MiB",
                          r"^L +1\.00 MiB +7/7 +.*KEPT\.append", r"^ +12 .*too new to count",
                          r"^ +9 .*keeps it", "too early to count")
    assert "scratch" not in shown
    terminal.keys("Enter")
    terminal.wait(r"line 9 keeps 1\.00 MiB of every invocation, 7 of 7: LEAK",
                  r"1\.0M/inv! .*L +KEPT\.append")
    terminal.keys("L")
    terminal.wait("1 line leaks")
    terminal.keys("Tab")
    terminal.keys("Home")  # it stays on the invocation that was the newest when it was drawn first
    terminal.keys("j")
    terminal.keys("Enter")
    terminal.wait("#11 succeeded", r" line 9 ")


def test_a_sync_leak_on_a_small_screen(screen):
    terminal = screen(SYNC, cols=80, rows=24)
    terminal.keys("R")
    terminal.type("12 x 3")
    terminal.wait("at once: 12 x 3")
    terminal.keys("Enter")
    terminal.wait("12 of 12 requests answered", r"^L +\d+(\.\d+)? KiB +\d/\d .*KEPT\[len")
    terminal.keys("1")
    terminal.wait(r" L     KEPT\[len\(KEPT\)\]", "leaks [1-9]")


def test_a_look_alike_is_none(screen):
    terminal = screen(LOOK_ALIKE)
    terminal.keys("R")
    terminal.keys("Enter")
    terminal.wait("12 of 12 requests answered", "leaks 0", "no line leaks", "12 invocations were")


def test_what_grows_is_told_at_the_end_of_the_series(screen):
    """The collector runs between the requests: nothing has to be sent after them."""
    terminal = screen(GROWING)
    terminal.keys("R")
    terminal.type("16")
    terminal.keys("Enter")
    terminal.wait("16 of 16 requests answered", "leaks 1", r"^L .* LOG \+= ")


def test_escape_ends_it(screen):
    terminal = screen(SLOW)
    terminal.keys("R")
    terminal.type("5000")
    terminal.keys("Enter")
    terminal.wait(r" [1-9]\d* of 5000 answered, Esc ends it", "Esc end it")
    terminal.keys("Escape")
    terminal.wait(r"ended after \d+|(\d+) of \1 requests answered", "READY")
    assert "Esc ends it" not in terminal.wait_gone("Esc ends it")
    # It goes on as ever: the last one that was under way is answered, and no view is forced on one.
    count = int(re.search(r"invocations (\d+)", terminal.screen()).group(1))
    terminal.keys("r")
    terminal.wait("invocations {}".format(count + 1), "answered with status 200")
    assert "Each inv." not in terminal.screen()


def test_what_cannot_be_sent_is_said(screen):
    terminal = screen(SLOW)
    terminal.keys("R")
    terminal.type("12 x 0")
    terminal.keys("Enter")
    terminal.wait("not sent: 1 to 100000 times")


def test_without_the_heap_there_is_no_verdict(screen):
    terminal = screen(ASYNC, "--heap", "off")
    terminal.keys("R")
    terminal.type("3")
    terminal.keys("Enter")
    shown = terminal.wait("3 of 3 requests answered", "1 source")
    assert "leaks" not in shown
    terminal.keys("L")
    terminal.wait("leaks are told by the heap, and that is not counted here")
