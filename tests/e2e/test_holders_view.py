"""Who holds what a line has alive, on the screen: `w`, its answer, and why there is none."""

import pytest

from programs import HTTP_FUNCTION

pytestmark = pytest.mark.usefixtures("packages")

HOST = {"host.json": '{"version": "2.0"}', "requirements.txt": "azure-functions\n",
        "Work/function.json": HTTP_FUNCTION}

ASYNC = """import asyncio
import azure.functions as func
KEPT = {}


class Entry:
    def __init__(self, data):
        self.data = data


async def main(req: func.HttpRequest) -> func.HttpResponse:
    scratch = bytearray(4 << 10)
    await asyncio.sleep(0)
    data = bytes(100_000)
    KEPT["entry %d" % len(KEPT)] = [None, Entry(data)]
    return func.HttpResponse(str(len(scratch)))
"""
SCRATCH, DATA = 12, 14
CHAIN = "Work.KEPT['entry 0'] -> list[1] -> Entry.data"


@pytest.fixture
def screen(tmux, write_app):
    def starter(*options, cols=120, rows=30):
        app = write_app({**HOST, "Work/__init__.py": ASYNC})
        terminal = tmux(cols, rows)
        terminal.pymemtop("-p", 0, *options, app / "Work")
        terminal.wait("app > Work .*READY")
        return terminal

    return starter


def request(terminal, count):
    terminal.keys("R")
    terminal.type(str(count))
    terminal.keys("Enter")
    terminal.wait("{0} of {0} requests answered".format(count))


def select(terminal, line):
    terminal.keys("1")
    terminal.keys("g")
    for _ in range(line - 1):
        terminal.keys("j")
    terminal.wait("^ line {} ".format(line))


def test_the_holder_of_a_leak(screen):
    terminal = screen()
    request(terminal, 12)
    # What leaks is asked about by itself.
    terminal.wait(r"^L .*data = bytes\(100_000\)", r"^ alive    12 bytes objects",
                  r"^ held by  Work\.KEPT\['entry 0'\]")
    terminal.keys("w")
    terminal.wait("^ Who holds Work/__init__.py:14", r"12 objects, 1\.1\d MiB, .*of invocations 1 to 12",
                  r"^ +12( +1\.1\d MiB){1,2}  bytes +b'", r"^ +12 +1\.1\d MiB  " + CHAIN.replace("[", r"\["))
    terminal.keys("G")
    terminal.keys("Enter")
    terminal.wait(r"^ +12 .*  Work\.KEPT\['entry 0'\]$", r"^ {22}-> list\[1\]$", r"^ {22}-> Entry\.data$")
    terminal.keys("w")
    terminal.wait("1 line leaks|lines leak", r"^ held by ")


def test_more_requests_are_asked_about_anew(screen):
    """The same line leaks, and more is held; the newest evidence stands first."""
    terminal = screen()
    request(terminal, 12)
    terminal.wait(r"^ alive    12 bytes objects", r"^ +12 .*too new to count")
    request(terminal, 50)
    terminal.wait(r"^ alive    62 bytes objects", r"^ +62 .*too new to count")


def test_what_is_gone_has_no_holder(screen):
    terminal = screen(cols=80, rows=24)
    request(terminal, 2)
    select(terminal, SCRATCH)
    terminal.keys("w")
    terminal.wait("^ Who holds Work/__init__.py:12", "nothing of this line is alive")
    terminal.keys("Escape")
    terminal.wait("^ line 12 ", "scratch = bytearray")


def test_without_the_heap_nobody_knows(screen):
    terminal = screen("--heap", "off")
    terminal.keys("w")
    terminal.wait("what is alive is told by the heap, and that is not counted here")


def test_a_recording_has_no_memory(screen, tmp_path):
    terminal = screen("--record={}".format(tmp_path / "x.pymemtop"))
    request(terminal, 2)
    select(terminal, DATA)
    terminal.keys("[")
    terminal.wait("REPLAY")
    terminal.keys("w")
    terminal.wait("a recording has no memory to look into: Esc goes to the live app")


def test_a_script_waits_for_it(write_app, pty, tmp_path):
    app = write_app({**HOST, "Work/__init__.py": ASYNC}, name="scripted")
    script, saved = tmp_path / "keys", tmp_path / "saved"
    script.write_text("wait loaded\nkey R\ntype 3\nkey Enter\nwait ended 3\nwait text 3 of 3 requests\n"
                      "key 1 g {} w\nwait holders\nsave-screen {}\nquit\n"
                      .format("j " * (DATA - 1), saved))
    terminal = pty("-p", 0, "--script", script, app / "Work", cols=120, rows=30)
    assert terminal.wait_exit() == 0, terminal.output
    assert CHAIN in saved.read_text()
