"""--run and --run-module: the worker runs a program as `python` does, with the same sys.argv, sys.path[0]
and __main__, the same words on standard error and the same end."""

import os
import signal
import subprocess

import pytest
from conftest import worker_program

SEEN = """\
import os, sys
main = sys.modules["__main__"]
print(sys.argv, sys.path[0], __name__, __file__, __package__, main.__dict__ is globals())
print(getattr(__spec__, "name", None), type(__loader__).__name__, __annotations__)
print(sys.stdin.read(), sys.stdout.line_buffering, sys.flags.inspect, sys.flags.isolated)
"""
ENDS = {
    "falls off": "print('done')",
    "SystemExit 3": "import sys; sys.exit(3)",
    "SystemExit 300": "raise SystemExit(300)",
    "SystemExit with words": "import sys; sys.exit('no such thing')",
    "exception": "def f():\n    1 / 0\nf()",
    "syntax": "x = (",
    "os._exit": "import os; print('lost'); os._exit(7)",
    "atexit": "import atexit; atexit.register(print, 'bye'); print('hello')",
    "thread": "import threading, time\n"
              "threading.Thread(target=lambda: (time.sleep(.05), print('t'))).start()",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "SIGINT": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)",
    "SIGTERM": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    "SIGKILL": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "fork": "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nprint('parent' if pid else 'child')",
}


def python():
    """The interpreter whose libpython the worker has."""
    done = subprocess.run([worker_program(), "--run-module", "sysconfig"], stdout=subprocess.PIPE,
                          check=True, text=True)
    version = worker_program().rsplit("-", 1)[1]
    for line in done.stdout.splitlines():
        name, _, value = line.strip().partition(" = ")
        if name == "BINDIR":
            return os.path.join(value.strip('"'), "python" + version)
    raise AssertionError(done.stdout)


def run(command, folder, text=None):
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run(command, cwd=folder, env=environment, input=text or "",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, text=True)
    return done.returncode, done.stdout, done.stderr


def both(folder, words, arguments=(), text=None):
    """What the worker does, and what python does."""
    option = ["--run-module", words[1]] if words[0] == "-m" else ["--run", words[0]]
    return (run([worker_program(), *option, "--", *arguments], folder, text),
            run([python(), *words, *arguments], folder, text))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "seen.py").write_text(SEEN)
    (tmp_path / "seen.py").write_text(SEEN)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "__main__.py").write_text(SEEN)
    (tmp_path / "package" / "inner.py").write_text(SEEN)
    (tmp_path / "link.py").symlink_to("below/seen.py")
    return tmp_path


@pytest.mark.parametrize("words", [["seen.py"], ["below/seen.py"], ["./below/../seen.py"], ["link.py"],
                                   ["package"], ["-m", "seen"], ["-m", "package"],
                                   ["-m", "package.inner"]], ids=" ".join)
def test_what_the_program_sees_of_itself(folder, words):
    worker, real = both(folder, words, ["a", "--b", "-c", "", "é", "--run", "x"], "typed\n")
    assert worker == real
    assert real[0] == 0 and "typed" in real[1]


@pytest.mark.parametrize("name", ENDS)
def test_its_end(tmp_path, name):
    (tmp_path / "script.py").write_text(ENDS[name] + "\n")
    worker, real = both(tmp_path, ["script.py"])
    assert worker == real


def test_a_module_that_is_not_there(tmp_path):
    worker, real = both(tmp_path, ["-m", "no_such_module"])
    assert worker[0] == real[0] == 1
    assert worker[2].split(": ", 1)[1] == real[2].split(": ", 1)[1]


def test_profile_is_a_builtin(tmp_path):
    (tmp_path / "script.py").write_text("@profile\ndef f():\n    return 5\n"
                                        "@profile(precision=4)\ndef g():\n    return f()\n"
                                        "print(g(), f.__name__)\n")
    status, out, err = run([worker_program(), "--run", "script.py"], tmp_path)
    assert (status, err) == (0, "")
    assert "5 f" in out


def test_a_signal_from_outside_ends_it_as_python(tmp_path):
    (tmp_path / "script.py").write_text("import time\nprint('ready', flush=True)\ntime.sleep(60)\n")
    for number in signal.SIGINT, signal.SIGTERM:
        process = subprocess.Popen([worker_program(), "--run", str(tmp_path / "script.py")],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.wait(60) == -number
        process.stdout.close()
