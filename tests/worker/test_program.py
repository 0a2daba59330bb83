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
    # One that comes just before a call of the system does not interrupt that, so that it is short.
    (tmp_path / "script.py").write_text(
        "import time\nprint('ready', flush=True)\nfor _ in range(600):\n    time.sleep(0.1)\n")
    for number in signal.SIGINT, signal.SIGTERM:
        # Shells have what they start with & ignore SIGINT, and so would Python.
        process = subprocess.Popen([worker_program(), "--run", str(tmp_path / "script.py")],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.wait(60) == -number
        process.stdout.close()


def modules(command, folder):
    status, out, err = run(command, folder)
    assert (status, err) == (0, "")
    return set(out.split())


def test_it_has_no_module_that_python_would_not_give_it(tmp_path):
    (tmp_path / "script.py").write_text("import sys\nprint(*sys.modules)\n")
    real = modules([python(), "script.py"], tmp_path)
    worker = modules([worker_program(), "--run", "script.py"], tmp_path)
    assert real <= worker
    assert {name.partition(".")[0] for name in worker - real} == {
        "_pymemtop", "_pymemtop_glue", "atexit"}


def test_what_it_imports_late_works_for_the_invocation_that_started_it(tmp_path):
    """Threads, pools and asyncio are prepared when the program imports them, and look as ever."""
    (tmp_path / "script.py").write_text(
        "import sys\nassert 'threading' not in sys.modules\n"
        "import asyncio, concurrent.futures.thread, threading\n"
        "for module in threading, asyncio.events, concurrent.futures.thread:\n"
        "    assert module.__loader__ is module.__spec__.loader\n"
        "    print(type(module.__loader__).__name__)\n"
        "with concurrent.futures.ThreadPoolExecutor() as pool:\n"
        "    print(pool.submit(sum, [1, 2]).result())\n"
        "async def later():\n    return await asyncio.to_thread(sum, [3])\n"
        "print(asyncio.run(later()))\n")
    worker, real = both(tmp_path, ["script.py"])
    assert worker == real and real[0] == 0


SPAWNS = """\
import multiprocessing, sys
def child():
    print(sys.flags.no_site, sys.prefix, "exit" in dir(__import__("builtins")), flush=True)
if __name__ == "__main__":
    print(sys.flags, getattr(sys, "orig_argv", "")[1:], flush=True)
    multiprocessing.set_start_method("spawn")
    process = multiprocessing.Process(target=child)
    process.start()
    process.join()
"""


@pytest.mark.parametrize("words", [["spawns.py"], ["-m", "spawns"]], ids=" ".join)
def test_processes_that_it_begins_have_its_packages(tmp_path, words):
    """They are told the options of this one's command line, of which there must be no -S."""
    (tmp_path / "spawns.py").write_text(SPAWNS)
    worker, real = both(tmp_path, words, ["a", "é", "-x"])
    assert worker == real and real[0] == 0 and "True" in real[1].splitlines()[-1]


DECORATED = """\
import functools
def wrapper(function):
    @functools.wraps(function)
    def inner(*args):
        return function(*args)
    return inner
class Kinds:
    @profile
    def method(self): return 1
    @staticmethod
    @profile
    def static(): return 2
    @profile
    @classmethod
    def whole(cls): return 3
    @property
    @profile
    def value(self): return 4
@profile
@wrapper
def wrapped(): return 5
@profile
class All:
    def one(self): return 6
async def coroutine(): return 7
assert profile(coroutine) is coroutine
assert profile(5) == 5 and profile(precision=2)(len) is len
with profile: pass
profile.runctx("x = 8", {}, {})
profile.enable_by_count(); profile.disable_by_count(); profile.enable(); profile.disable()
profile.add_function(coroutine); assert profile.wrap_function(wrapper) is wrapper
kinds = Kinds()
print(kinds.method(), Kinds.static(), Kinds.whole(), kinds.value, wrapped(), All().one())
"""


def test_what_is_decorated_stays_what_it_is(tmp_path):
    (tmp_path / "script.py").write_text(DECORATED)
    assert run([worker_program(), "--run", "script.py"], tmp_path) == (0, "1 2 3 4 5 6\n", "")


@pytest.mark.parametrize("meter", ["rss", "pss", "uss", "python", "heap"])
def test_meters_leave_the_program_alone(tmp_path, meter):
    (tmp_path / "script.py").write_text("import os\npid = os.fork()\n"
                                        "if pid:\n    os.waitpid(pid, 0)\n    print(len(bytearray(9)))\n")
    options = [] if meter in ("python", "heap") else ["--include-children"]
    assert run([worker_program(), "--meter", meter, *options, "--run", "script.py"],
               tmp_path) == (0, "9\n", "")


def test_ignored_signals(tmp_path):
    (tmp_path / "script.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGHUP)\n"
                                        "print(signal.getsignal(signal.SIGHUP).name)\n")
    assert run([worker_program(), "--ignore-signal", "1", "--run", "script.py"],
               tmp_path) == (0, "SIG_IGN\n", "")


def test_a_script_that_is_not_there(tmp_path):
    (tmp_path / "folder").mkdir()
    for name in "missing.py", "folder":
        worker, real = both(tmp_path, [name])
        assert worker[0] == real[0] != 0
        assert worker[2].split(": ", 1)[1] == real[2].split(": ", 1)[1]
