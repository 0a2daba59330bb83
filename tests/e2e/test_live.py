"""The live screen under tmux: what it shows, and what its keys do."""

import os
import re
import signal
import urllib.request

import pytest

import programs
from programs import is_alive, wait_for, worker_of

pytestmark = pytest.mark.usefixtures("packages")

# Rows of the source view: number, Mem usage, Increment, and what is on the line.
HELD = r"^ +9 .*\+(6[3-9]|7\d)\.\d MiB.* block = bytearray"
RUNNING = r"^> +1[01] "
LOOPED = r"^[> ] +10 .*?MiB +\S+ [KM]iB!? +(\d+) .*while not"
PROMPT = r"^shell> ?$"
WIDE = "^.{101}"


@pytest.fixture
def live(tmux, copy_app):
    """live(cols, rows): pymemtop on the function Slow; the terminal and the app's folder."""

    def starter(cols=120, rows=30, function="Slow", options=(), **more):
        app = copy_app("web")
        terminal = tmux(cols, rows, **more)
        terminal.shell("echo this was here before")
        terminal.wait("^this was here before$")
        terminal.pymemtop("-p", 0, *options, app / function)
        terminal.wait("web > {} .*READY".format(function))
        return terminal, app

    return starter


def loops(screen):
    """How often, by the screen, the slow handler's loop has run."""
    match = re.search(LOOPED, screen, re.M)
    return int(match.group(1)) if match else 0


@pytest.mark.parametrize("cols, rows, term", [
    (80, 24, "tmux-256color"), (120, 30, "xterm-256color"), (200, 60, "screen"),
])
def test_listing_fills_in_while_a_slow_handler_runs(live, cols, rows, term):
    terminal, app = live(cols, rows, term=term)
    screen = terminal.wait("Line +Mem usage +Increment +Occur", r"def hold\(\):", "block = bytearray")
    assert not re.search(HELD, screen, re.M)
    terminal.type("r")
    terminal.wait(HELD)
    screen = terminal.wait(RUNNING, "RUNNING", "GET /api/Slow", LOOPED)
    count = loops(screen)
    # It goes on counting without a key.
    wait_for(lambda: loops(terminal.screen()) > count, "occurrences that rise")
    (app / "go").touch()
    terminal.wait(r"^ +12 .* -6[34]\.\d MiB.* del block" if not programs.SANITIZED
                  else r"^ +12 .* MiB.* del block")
    terminal.wait("answered with status 200")
    terminal.wait(r"READY.*GET /api/Slow|READY")
    terminal.wait_gone("^>")


def test_resize_there_and_back(live):
    terminal, app = live(80, 24)
    terminal.type("r")
    terminal.wait(HELD)
    terminal.resize(120, 30)
    terminal.wait("following", WIDE, HELD, "q quit")
    terminal.resize(40, 8)
    terminal.wait("pymemtop needs ")
    terminal.wait_gone("bytearray")
    terminal.resize(10, 3)
    terminal.wait("pymemtop")
    terminal.resize(80, 24)
    terminal.wait(HELD)
    terminal.wait_gone("pymemtop needs ")
    terminal.wait(HELD, "q quit")
    assert max(map(len, terminal.screen().splitlines())) <= 80
    (app / "go").touch()
    terminal.wait("answered with status 200")


def test_too_small_from_the_start(tmux, copy_app):
    terminal = tmux(30, 6)
    terminal.pymemtop("-p", 0, copy_app("web") / "Slow")
    terminal.wait("pymemtop needs")
    terminal.resize(100, 30)
    terminal.wait("def hold")
    terminal.type("q")
    terminal.wait(PROMPT)


def test_views(live):
    terminal, app = live()
    (app / "go").touch()
    terminal.type("r")
    terminal.wait("answered with status 200")
    for key, words in [
            ("2", r"Increment.* +Net +(Native +)?Retained +Mem usage .*Occur"),
            ("3", r"^ +1 succeeded +200 .*GET /api/Slow"),
            ("4", r"Executed 'Functions\.Slow' \(Succeeded"),
            ("5", r"^  Function"),
            ("6", r"^ Help"),
            ("1", r"def hold\(\):"),
            ("o", r"Executing 'Functions\.Slow'"),
            ("o", r"def hold\(\):"),
            ("?", r"one line down"),
            ("?", r"def hold\(\):"),
    ]:
        terminal.type(key)
        terminal.wait(words)
    terminal.type("3")
    terminal.wait(r"^ +load succeeded .*at import")
    terminal.keys("Enter")
    terminal.wait(r"def hold\(\):")


def test_search(live):
    terminal, _ = live()
    terminal.type("/del bl")
    terminal.wait("search: del bl")
    terminal.keys("Enter")
    terminal.wait(r"^ line 12\b")
    terminal.type("/import")
    terminal.wait("search: import")
    terminal.keys("Escape")
    terminal.wait_gone("search: import")
    terminal.wait(r"^ line 12\b")
    terminal.type("/block")
    terminal.keys("Enter")
    terminal.type(".")
    terminal.wait(r"^ line 9\b")


def test_search_that_finds_nothing(live):
    terminal, _ = live()
    terminal.type("/no such text")
    terminal.keys("Enter")
    terminal.wait('no match for "no such text"')


def test_cursor_and_ends(live):
    terminal, _ = live()
    terminal.type("g")
    terminal.wait("^ line 1 ")
    terminal.type("j")
    terminal.wait("^ line 2 ")
    terminal.keys("Down", "Down", "Up")
    terminal.wait("^ line 3 ")
    terminal.keys("End")
    terminal.wait("^ line 17 ")
    terminal.keys("Home")
    terminal.wait("^ line 1 ")


def test_requests_one_after_another(live):
    terminal, app = live()
    (app / "go").touch()
    for number in range(1, 4):
        terminal.type("r")
        terminal.wait(r"invocations {}\b(?!,)".format(number))
    terminal.wait(r"^ +9 .* 3 .*block = bytearray")


def test_request_from_outside_is_shown(tmux, copy_app):
    app = copy_app("web")
    terminal = tmux()
    terminal.pymemtop("-p", 0, app / "Slow")
    address = r"READY.*http://localhost:(\d+)\s"
    port = re.search(address, terminal.wait(address)).group(1)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    (app / "go").touch()
    url = "http://127.0.0.1:{}/api/Slow?q=x".format(port)
    with opener.open(url, timeout=programs.LIMIT) as response:
        assert response.read() == b"held"
    terminal.wait(r"GET /api/Slow\?q=x")
    terminal.wait("invocations 1")


def test_output_cannot_act_on_the_terminal(live):
    terminal, _ = live(function="Words")
    terminal.type("r")
    terminal.wait("answered with status 200")
    terminal.type("4")
    terminal.wait("escape .*sequence", "word by print", "word on stderr", "word by write",
                  "warning by logging", "web > Words")
    assert "title" not in terminal.run("display-message", "-p", "#{pane_title}")


@pytest.mark.parametrize("options, environment", [
    (["--ascii"], {}), ([], {"LC_ALL": "C"}),
])
def test_ascii(live, options, environment):
    terminal, _ = live(options=options, environment=environment)
    terminal.type("r")
    screen = terminal.wait(HELD, "q quit")
    assert screen.isascii(), screen


@pytest.mark.parametrize("options, environment", [
    (["--no-color"], {}), ([], {"NO_COLOR": "1"}),
])
def test_no_colour(live, options, environment):
    terminal, _ = live(options=options, environment=environment)
    terminal.wait(r"def hold\(\):", "q quit")
    assert not re.search(r"\x1b\[[\d;]*(3[0-7]|38|4[0-7]|48|9[0-7])[;m]",
                         terminal.screen(colours=True))


def test_colour(live):
    terminal, _ = live()
    wait_for(lambda: re.search(r"\x1b\[[\d;]*(3[0-7]|38|9[0-7])[;m]", terminal.screen(colours=True)),
             "colour")


def test_quit_gives_the_terminal_back(live):
    terminal, _ = live()
    worker = terminal.worker
    terminal.type("q")
    screen = terminal.wait(PROMPT, "this was here before",
                           "^pymemtop: 0 invocations, 0 failed; RSS peak ")
    assert "def hold" not in screen
    terminal.shell("echo status $? $(stty -a | grep -o '[-]*icanon\\|[-]*echo ')")
    terminal.wait(r"^status 0 icanon echo$")
    assert not is_alive(worker)


@pytest.mark.parametrize("how", ["key", "signal"])
def test_suspend_and_resume(live, how):
    terminal, app = live()
    terminal.type("r")
    terminal.wait(HELD)
    if how == "key":
        terminal.keys("C-z")
    else:
        os.kill(terminal.host, signal.SIGTSTP)
    screen = terminal.wait("Stopped", "this was here before")
    assert "def hold" not in screen
    terminal.shell("stty -a | grep -o '[-]*icanon\\|[-]*echo '")
    terminal.wait("^icanon$")
    terminal.wait("^echo$")
    terminal.shell("echo the shell works")
    terminal.wait("^the shell works$")
    terminal.shell("fg")
    terminal.wait(HELD)
    (app / "go").touch()
    terminal.wait("answered with status 200")
    terminal.type("q")
    terminal.wait(PROMPT, "the shell works")


def test_resized_while_suspended(live):
    terminal, _ = live(80, 24)
    terminal.keys("C-z")
    terminal.wait("Stopped")
    terminal.resize(120, 30)
    terminal.shell("fg")
    terminal.wait("def hold", WIDE)


def test_control_c_quits(live):
    terminal, _ = live()
    terminal.keys("C-c")
    terminal.wait(PROMPT)
    wait_for(lambda: not terminal.host, "end of pymemtop")


def test_dead_worker_is_shown_and_replaced(tmux, copy_app):
    app = copy_app("death")
    terminal = tmux()
    terminal.pymemtop("-p", 0, app / "Wait")
    terminal.wait("READY")
    terminal.type("r")
    terminal.wait("RUNNING")
    wait_for(lambda: os.path.exists(app / "waiting"), "call in the worker")
    worker = terminal.worker
    os.kill(worker, 9)
    terminal.wait(r"answered with status 502")
    # It is told until a key is pressed, though another one has come long since.
    terminal.wait(r"READY(.|\n)*^ ! worker killed by SIGKILL \(exit code 137\)")
    terminal.type("4")
    terminal.wait(r"killed by SIGKILL \(exit code 137\)( at Wait/__init__\.py:\d+)?")
    terminal.wait("READY")
    wait_for(lambda: worker_of(terminal.host) not in (0, worker), "another worker")
    terminal.type("1")
    terminal.wait_gone("worker killed by")
    (app / "go").touch()
    terminal.type("r")
    terminal.wait("answered with status 200")


def test_dead_worker_leaves_the_view_where_it_was(tmux, copy_app):
    terminal = tmux()
    terminal.pymemtop("-p", 0, copy_app("death") / "Segfault")
    terminal.wait("READY")
    terminal.type("r")
    terminal.wait("answered with status 502")
    terminal.wait("READY")
    terminal.type("r")
    terminal.wait("invocations 2")
    terminal.wait("READY", r"Line +Mem usage.*Segfault/__init__\.py")


@pytest.mark.python
def test_faulty_function_shows_its_traceback(tmux, copy_app):
    terminal = tmux()
    terminal.pymemtop("-p", 0, copy_app("faulty") / "SyntaxFault")
    terminal.wait("faulty > SyntaxFault")
    terminal.type("4")
    terminal.wait(r"SyntaxError: unmatched '\)'")
    terminal.type("1")
    terminal.type("r")
    terminal.wait("answered with status 500")


def test_saved_source_is_loaded_and_shown(live):
    terminal, app = live()
    source = app / "Slow" / "__init__.py"
    (app / "go").touch()
    terminal.type("r")
    terminal.wait("answered with status 200")
    source.write_text("# a line more\n" * 3 + source.read_text())
    terminal.wait(r"^ +1 .*# a line more$")
    terminal.type("r")
    terminal.wait(r"^ +11 .* 1 .*def hold")


def test_deleted_source_is_noticed(live):
    terminal, app = live()
    (app / "Slow" / "__init__.py").unlink()
    terminal.wait(r"deleted since +Slow/__init__\.py")
    (app / "go").touch()
    terminal.type("r")
    terminal.wait("answered with status 200", "def hold")


def test_source_that_is_not_utf_8_is_shown(live):
    terminal, _ = live(function="Latin")
    terminal.type("r")
    terminal.wait("answered with status 200")
    terminal.wait(r'^ +6 .* 1 .*word = "Gr.+e"')
