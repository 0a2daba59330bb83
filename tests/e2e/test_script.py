"""`--script FILE`: keys and waits from a file, on a terminal, for every kind of handler; how a script
ends, and that the terminal is then what it was."""

import json
import os
import re

import pytest

from programs import HTTP_FUNCTION, is_alive, run, wait_for
from test_stepping import ASYNC, SYNC, THREADS

pytestmark = pytest.mark.usefixtures("packages")

HOST = {"host.json": '{"version": "2.0"}', "Work/function.json": HTTP_FUNCTION}
# The line that is paused before first, then each key and the line that it leads to.
STEPS = {
    "sync": (SYNC, 10, [("s", 11), ("n", 12), ("n", 11)]),
    "generator": (SYNC, 10, [("s", 11), ("s", 5), ("s", 6), ("s", 12)]),
    "async": (ASYNC, 20, [("s", 21), ("s", 22), ("s", 14), ("s", 15), ("s", 8), ("f", 16)]),
    "threads": (THREADS, 11, [("n", 12), ("n", 13), ("n", 14)]),
}


@pytest.fixture
def scripted(tmp_path, write_app, pty):
    """scripted(source, text): pymemtop with that key script, to its end; the status, and what there
    was on the terminal."""

    def starter(source, text):
        app = write_app({**HOST, "Work/__init__.py": source}, name="scripted")
        script = tmp_path / "keys"
        script.write_text(text)
        terminal = pty("-p", 0, "--script", script, app / "Work", cols=120, rows=30)
        before = terminal.before
        status = terminal.wait_exit()
        assert terminal.settings == before
        return status, terminal.output.decode(errors="replace")

    return starter


def test_a_run(scripted, tmp_path):
    target = tmp_path / "with a space.txt"
    status, output = scripted(SYNC, """# requests, and what they did
wait loaded
key R
type 3
key Enter
wait ended 3
wait idle for 20
wait text 3 of 3 requests answered
wait text cannot be said yet
key L
save-screen {0}
sleep 0.1
:save-screen {0}2
type :save-screen {0}3
key Enter
wait text the screen is in
quit
""".format(target))
    assert status == 0, output
    text = target.read_text()
    assert len(text.splitlines()) == 30 and "invocations 3" in text and "found.append" in text
    for more in "23":
        saved = (tmp_path / (target.name + more)).read_text().splitlines()
        assert saved[0] == text.splitlines()[0] and len(saved) == 30


@pytest.mark.parametrize("kind", STEPS)
def test_stepping(scripted, tmp_path, kind):
    source, first, steps = STEPS[kind]
    lines = ["wait loaded", "key i", "wait text next line", "key r", "wait paused",
             "wait line {}".format(first)]
    for number, (key, line) in enumerate(steps):
        lines += ["key " + key, "wait line {} for 25".format(line),
                  "save-screen {}{}".format(tmp_path / "step", number)]
    lines += ["key c", "wait ended 1", "save-screen {}".format(tmp_path / "end"), "quit"]
    status, output = scripted(source, "\n".join(lines))
    assert status == 0, output[-300:]
    for number, (_, line) in enumerate(steps):
        text = (tmp_path / "step{}".format(number)).read_text()
        assert " PAUSED " in text and re.search(r"^>[b ] +{} ".format(line), text, re.M), text
    assert " READY " in (tmp_path / "end").read_text()


@pytest.mark.parametrize("text, status, words", [
    ("wait loaded\nkey j\nwait text no such text for 0.3\nquit\n", 1,
     "keys:3: waited 0.3 s in vain: wait text no such text for 0.3"),
    ("wait loaded\nsave-screen /nowhere/at/all\n", 2, "keys:2: cannot write /nowhere/at/all: "),
    ("wait loaded\nkey j\npress j\n", 2, "keys:3: not a command of a key script: press j"),
])
def test_failures(scripted, text, status, words):
    ended, output = scripted(SYNC, text)
    assert ended == status
    assert words in output.splitlines()[-1]
    assert "\x1b[?1049l" in output or status == 2  # the screen was left


def test_the_user_goes_on_where_it_ends(tmux, write_app, tmp_path):
    app = write_app({**HOST, "Work/__init__.py": SYNC})
    script = tmp_path / "keys"
    script.write_text("wait loaded\nkey r\nwait ended 1\nkey 3\n")
    terminal = tmux(120, 30)
    terminal.pymemtop("-p", 0, "--script", script, app / "Work")
    terminal.wait("succeeded", "invocations 1")
    host = terminal.host
    terminal.type(":save-screen {}".format(tmp_path / "typed"))
    terminal.wait("command: save-screen")
    terminal.keys("Enter")
    terminal.wait("the screen is in ")
    assert "succeeded" in (tmp_path / "typed").read_text()
    terminal.type(":save-screen /nowhere/at/all")
    terminal.keys("Enter")
    terminal.wait("cannot write /nowhere/at/all: No such file or directory")
    terminal.type("q")
    wait_for(lambda: not is_alive(host), "end of pymemtop")


def test_program(pty, tmp_path):
    program, script = tmp_path / "work.py", tmp_path / "keys"
    program.write_text("kept = [bytearray(1 << 20) for _ in range(3)]\nprint('done')\n")
    script.write_text("wait loaded\nwait idle\nkey 4\nwait text done\nsave-screen {}\nquit\n".format(
        tmp_path / "out"))
    terminal = pty("run", "--script", script, program)
    assert terminal.wait_exit() == 0, terminal.output
    assert "done" in (tmp_path / "out").read_text()


def test_import(pty, tmp_path):
    rows = [{"message": "memory_profiler_logs:    {}     45.{} MiB      0.1 MiB           1       "
                        "x = {}".format(line, line, line), "timestamp": "2024-01-01T00:00:0{}Z"
             .format(line), "operation_Id": "a"} for line in range(1, 6)]
    log, script = tmp_path / "rows.json", tmp_path / "keys"
    log.write_text(json.dumps(rows))
    script.write_text("wait loaded\nkey 2\nwait text x = 3\nsave-screen {}\nquit\n".format(
        tmp_path / "out"))
    terminal = pty("import", "--script", script, log)
    assert terminal.wait_exit() == 0, terminal.output
    assert "x = 3" in (tmp_path / "out").read_text()


def test_a_frozen_display_while_the_program_goes_on(scripted):
    text = "wait loaded\nkey r\nwait ended 1\n"
    for number in 2, 3:
        text += "key Space\nwait text FROZEN\nkey r\nwait ended {}\nkey Space r\nwait idle\n".format(number)
    status, output = scripted(SYNC, text + "quit\n")
    assert status == 0, output[-500:]


def test_replay(pty, write_app, tmp_path):
    app = write_app({**HOST, "Work/__init__.py": SYNC})
    path, script = tmp_path / "x.pymemtop", tmp_path / "keys"
    result = run("--batch", "--quiet", "-n", 2, "--record={}".format(path), app / "Work")
    assert result.returncode == 0, result.stderr
    # Going back and forth, and the difference of two invocations that are over.
    script.write_text("wait text REPLAY\nkey {{ }}\nkey 3 j m k D\nwait text #2 less #1\n"
                      "type :save-screen {0}\nkey Enter\nwait text the screen is in\nquit\n".format(
                          tmp_path / "out"))
    terminal = pty("replay", "--script", script, path, cols=120, rows=30)
    assert terminal.wait_exit() == 0, terminal.output
    assert "#2 less #1" in (tmp_path / "out").read_text()


@pytest.mark.parametrize("arguments", [
    ["replay", "x.pymemtop"], [], ["--batch"], ["start"], ["run", "x.py"], ["run", "--batch", "x.py"], ["import", "x.csv"]])
def test_without_a_screen_it_is_refused(tmp_path, arguments):
    script = tmp_path / "keys"
    script.write_text("quit\n")
    at = 1 if arguments and arguments[0] in ("start", "run", "import", "replay") else 0
    result = run(*arguments[:at], "--script", script, *arguments[at:], cwd=tmp_path)
    assert result.returncode == 2, result.stderr
    assert "--script presses keys on the screen" in result.stderr
    assert os.listdir(tmp_path) == ["keys"]
