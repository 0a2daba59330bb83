"""`w`: who holds what a line has alive, asked by the screen, whatever the program does meanwhile."""

import re

import pytest

from programs import HTTP_FUNCTION

pytestmark = pytest.mark.usefixtures("packages")

HOST = {"host.json": '{"version": "2.0"}', "Work/function.json": HTTP_FUNCTION}

LEAK = """\
import azure.functions as func
import time

CACHE = {}


class Session:
    def __init__(self):
        self.history = []


SESSION = Session()


def work(n):
    SESSION.history.append(bytearray(1000))
    CACHE[n] = "x" * 2000 + str(n)


ASYNCdef main(req: func.HttpRequest) -> func.HttpResponse:
    work(len(CACHE))
    breakpoint()  # STOP
    busy = 1
    SPIN
    return func.HttpResponse("")
"""


def source(stops=False, is_async=True, spin="pass"):
    text = LEAK if stops else LEAK.replace("breakpoint()  # STOP", "pass")
    return text.replace("ASYNC", "async " if is_async else "").replace("SPIN", spin)


@pytest.fixture
def scripted(tmp_path, write_app, pty):
    """scripted(source, keys, cols=, rows=): the texts that the key script has saved."""

    def play(text, keys, *arguments, cols=120, rows=40):
        app = write_app({**HOST, "Work/__init__.py": text}, name="holders")
        return play_on(["-p", 0, *arguments], app / "Work", keys, cols, rows)

    def play_on(before, path, keys, cols=120, rows=40):
        script = tmp_path / "keys"
        names = re.findall("^save (.*)$", keys, re.M)
        script.write_text(re.sub("^save ", "save-screen {}/".format(tmp_path), keys, flags=re.M))
        command = before[:1] if before[0] == "run" else []
        terminal = pty(*command, "--script", script, *before[len(command):], path, cols=cols,
                       rows=rows)
        assert terminal.wait_exit() == 0, terminal.output[-3000:].decode(errors="replace")
        return {name: (tmp_path / name).read_text() for name in names}

    play.on = play_on
    return play


def go_to(text):
    return "key Home\nkey /\ntype {}\nkey Enter\n".format(text)


def test_after_requests(scripted):
    shown = scripted(source(), "wait loaded\nkey R\ntype 4\nkey Enter\nwait ended 4\nwait text cannot be said yet\nkey 1\n"
                     + go_to("history.append") + "key w\nwait holders\nsave first\nkey Esc\n"
                     + go_to("CACHE[n]") + "key w\nwait holders\nsave second\nquit\n")
    assert "Work.SESSION.history[0]" in shown["first"], shown["first"]
    assert "Work.CACHE[0]" in shown["second"], shown["second"]


def test_while_the_event_loop_is_stopped(scripted):
    shown = scripted(source(stops=True), "wait loaded\nkey r\nwait paused\n"
                     + go_to("history.append") + "key w\nwait holders\nsave stopped\n"
                     "key Esc\nkey c\nwait ended 1\nquit\n")
    assert "Work.SESSION.history[0]" in shown["stopped"]


def test_while_the_event_loop_is_busy(scripted):
    spin = "while True:\n        busy += 1"
    shown = scripted(source(spin=spin), "wait loaded\nkey r\nwait text busy\nsleep 0.5\n"
                     + go_to("history.append") + "key w\nwait holders\nsave busy\nquit\n")
    assert "Work.SESSION.history[0]" in shown["busy"]


def test_of_a_program(scripted, tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import time\nKEPT = []\n\n\ndef work(n):\n    KEPT.append(bytearray(1000 + n))\n"
                    "    time.sleep(0.02)\n\n\nfor i in range(100000):\n    work(i)\n")
    shown = scripted.on(["run"], path, "wait text bytearray\nsleep 0.5\n" + go_to("KEPT.append")
                        + "key w\nwait holders\nsave program\nquit\n")
    assert re.search(r"__main__\.KEPT\[\d+\]", shown["program"]), shown["program"]
