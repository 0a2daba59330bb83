"""However the live screen ends, the terminal is as it was, and no worker is left."""

import os
import re
import resource
import signal
import termios

import pytest

import programs
from programs import is_alive, wait_for, worker_of

pytestmark = pytest.mark.usefixtures("packages")

LEAVE = b"\x1b[?1049l"
SHOW_CURSOR = b"\x1b[?25h"
PASTE_OR_MOUSE = (b"1000", b"1002", b"1003", b"1006", b"2004")


@pytest.fixture
def live(pty, copy_app):
    def starter(function="Wait", **more):
        app = copy_app("death")
        terminal = pty("-p", 0, app / function, **more)
        terminal.wait(rb"READY")
        terminal.app = app
        terminal.worker = wait_for(lambda: worker_of(terminal.process.pid), "worker")
        assert b"\x1b[?1049h" in terminal.output
        assert not terminal.settings[3] & (termios.ICANON | termios.ECHO)
        # Not even now: after a kill nobody could undo it.
        assert terminal.settings[-1] == terminal.before[-1]
        return terminal

    return starter


def assert_given_back(terminal):
    assert terminal.settings == terminal.before
    output = terminal.output
    assert output.rfind(LEAVE) > output.rfind(b"\x1b[?1049h")
    assert output.rfind(SHOW_CURSOR) > output.rfind(b"\x1b[?25l")
    for mode in PASTE_OR_MOUSE:
        on, off = (output.rfind(b"\x1b[?" + mode + end) for end in (b"h", b"l"))
        assert on < off or on == -1, mode
    # Colours are off and the keypad is as it was, too.
    after = output[output.rfind(LEAVE):]
    assert programs.SANITIZED or not re.search(rb"\x1b\[\d[\d;]*m", after), after
    assert output.rfind(b"\x1b[?1l") > output.rfind(b"\x1b[?1h")
    wait_for(lambda: not is_alive(terminal.worker), "end of the worker")


@pytest.mark.parametrize("keys", [b"q", b"\x03", b"\x1b[21~"])
def test_keys_that_quit(live, keys):
    terminal = live()
    terminal.type(keys)
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)
    assert re.search(rb"\x1b\[\?1049l.*pymemtop: 0 invocations, 0 failed; RSS peak [^\x1b]*$",
                     terminal.output, re.S)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT,
                                    signal.SIGUSR1, signal.SIGUSR2])
def test_signals_that_quit(live, number):
    terminal = live()
    os.kill(terminal.process.pid, number)
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


CUT_SHORT = [b"\x1b[<", b"\x1b[<0;1", b"\x1b[M", b"\x1b[M !", b"\x1b[", b"\x1b[200"]
VIEWS = " \u2500\u2500 1 source \u2500 2 hot \u2500 3 invocations \u2500 4 output \u2500 5 functions \u2500 6 help"
VIEWS_ROW = 20  # on 24


def test_sequences_that_are_cut_short(live):
    """Nothing waits for the rest of one: keys are heard, and signals."""
    terminal = live()
    for number, sequence in enumerate(CUT_SHORT, 1):
        key, words = (b"6", b"one page down") if number % 2 else (b"1", b"asyncio")
        terminal.type(sequence)
        terminal.read(0.3)
        terminal.output = b""

        def heard():
            terminal.type(key)  # where the program has not come to read the sequence: its rest
            terminal.read(0.3)
            return words in terminal.output

        wait_for(heard, "answer to the key")
    terminal.type(CUT_SHORT[0])
    terminal.read(0.3)
    os.kill(terminal.process.pid, signal.SIGTERM)
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


@pytest.mark.parametrize("term", ["xterm-256color", "screen-256color"])
def test_reports_of_the_mouse(live, term):
    """A click on a view's name opens it, in whichever way the terminal says so."""
    terminal = live(env={"TERM": term})
    assert b"\x1b[?1006h" in terminal.output
    for name, words in ("help", rb"one page down"), ("source", rb"asyncio"):
        place = VIEWS.index(name) + 1, VIEWS_ROW
        for report in (b"\x1b[<0;%d;%dM" % place, b"\x1b[M %c%c" % tuple(32 + at for at in place)):
            terminal.output = b""
            terminal.type(report)
            terminal.wait(words)
            terminal.output = b""
            terminal.type(b"4")
            terminal.wait(rb"Output")
    terminal.type(b"q")
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGQUIT,
                                    signal.SIGALRM, signal.SIGPROF, signal.SIGIO])
def test_crash_of_the_host(live, number):
    terminal = live()
    os.kill(terminal.process.pid, number)
    status = terminal.wait_exit()
    assert status == -number or (programs.SANITIZED and status != 0)
    assert_given_back(terminal)


def test_a_pipe_that_is_gone_ends_nothing(live):
    terminal = live()
    os.kill(terminal.process.pid, signal.SIGPIPE)
    terminal.type(b"2")
    terminal.wait(rb"Increment|no line")
    terminal.type(b"q")
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


def test_signals_for_a_program(pty, tmp_path):
    """The screen passes them on, as it is without one."""
    work = tmp_path / "work.py"
    work.write_text("import signal, time\ngot = []\nfor number in signal.SIGUSR1, signal.SIGUSR2:\n"
                    "    signal.signal(number, lambda number, frame: got.append(number))\n"
                    "print('READY', 'TO', 'GO', flush=True)\n"
                    "while len(got) < 2:\n    time.sleep(0.01)\n"
                    "print('GOT', 'BOTH', flush=True)\n")
    terminal = pty("run", work)
    terminal.type(b"4")
    terminal.wait(rb"READY TO GO")
    for number in signal.SIGUSR1, signal.SIGUSR2:
        os.kill(terminal.process.pid, number)
        terminal.read(0.5)
    terminal.wait(rb"GOT BOTH")
    terminal.type(b"q")
    assert terminal.wait_exit() == 0
    assert terminal.settings == terminal.before


def test_crash_while_a_handler_runs(live):
    terminal = live()
    terminal.type(b"r")
    wait_for(lambda: os.path.exists(terminal.app / "waiting"), "call in the worker")
    os.kill(terminal.process.pid, signal.SIGSEGV)
    terminal.wait_exit()
    assert_given_back(terminal)


def test_quit_while_a_handler_runs(live):
    terminal = live()
    terminal.type(b"r")
    wait_for(lambda: os.path.exists(terminal.app / "waiting"), "call in the worker")
    terminal.type(b"q")
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


def test_host_that_is_killed_leaves_no_worker(live):
    terminal = live()
    terminal.process.kill()
    terminal.wait_exit()
    assert terminal.settings[-1] == terminal.before[-1]
    wait_for(lambda: not is_alive(terminal.worker), "end of the worker")


def test_terminal_that_goes_away(live):
    """The window is closed: there is nobody to give a terminal back to."""
    terminal = live()
    terminal.hang_up()
    wait_for(lambda: terminal.process.poll() is not None, "end of the program")
    wait_for(lambda: not is_alive(terminal.worker), "end of the worker")


def test_worker_that_dies_leaves_the_screen_alone(live):
    terminal = live("Kill")
    terminal.type(b"r")
    terminal.wait(rb"502")
    terminal.wait(rb"status")
    terminal.type(b"q")
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


def test_editors_that_cannot_be_started(live):
    """Two at once, as a held key asks for: the second waits until nothing is left of the first."""
    terminal = live()
    pid = terminal.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
    terminal.type(b"eeee")
    terminal.wait(rb"the editor cannot be started: too many open files")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    terminal.type(b"q")
    assert terminal.wait_exit() == 0
    assert_given_back(terminal)


def test_progress_of_batch_stands_on_a_terminal_alone(pty, copy_app):
    app = copy_app("death")
    terminal = pty("--batch", "-n", "20", "-o", app / "report", app / "Fine")
    assert terminal.wait_exit() == 0
    assert re.search(rb"pymemtop: \d+ of 20 requests", terminal.output)
    assert terminal.output.endswith(b"\r\x1b[K")
    assert terminal.settings == terminal.before
