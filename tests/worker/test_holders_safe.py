"""To ask who holds what changes nothing of the program, and always has an answer: what is broken,
killed or short of memory is told."""

import json
import os
import platform
import signal
import subprocess
import sys
import time

import pytest

from conftest import environment_python, skip_without, worker_program
from holders_asked import ask, line_of, send_question, wait_for

RESPONSE = 18
SANITIZED = bool(os.environ.get("PYMEMTOP_SANITIZED"))
APP = '''
import asyncio, ctypes, gc, json, os, resource, signal, sys, threading, time, weakref, zlib
import azure.functions as func

class Thing:
    pass

KEPT, BALLAST, SIGNALS, CALLED, THREADS = [None] * 2, [], [], [], []
signal.signal(signal.SIGCHLD, lambda *args: SIGNALS.append(args))

def ballast(count):
    for i in range(count // 4):
        BALLAST.append([{"number": i + 1000}, float(i)])

def state():
    with open("/proc/self/statm") as file:
        rss = int(file.read().split()[1])
    return {
        "references": [sys.getrefcount(x) for x in (KEPT, KEPT[0], Thing, state, BALLAST, os)],
        "weak": [KEPT[1]() is KEPT[0], len(weakref.getweakrefs(KEPT[0])), len(CALLED)],
        "gc": [gc.get_count(), gc.get_stats(), len(gc.garbage)],
        "blocks": sys.getallocatedblocks(), "rss": rss * resource.getpagesize() >> 10,
    }

def main(req):
    KEPT[0] = Thing()  # kept
    KEPT[1] = weakref.ref(KEPT[0], CALLED.append)
    ballast(int(req.params["ballast"]))
    return func.HttpResponse("ok")

async def run(req):
    """In the loop's thread."""
    exec(req.get_body().decode(), globals())
    return func.HttpResponse(json.dumps(globals().get("RESULT")))

def watch(req):
    """What there is each time that a byte has come; in between nothing runs here."""
    fifo = os.open(req.params["fifo"], os.O_RDONLY)
    states = [state() for _ in range(8)]  # as many are alive all the time
    while os.read(fifo, 1):
        states = states[1:] + [state()]
    return func.HttpResponse(json.dumps(states))
'''


class Asked:
    def __init__(self, start, root, **options):
        self.path = root / "Fn" / "__init__.py"
        self.worker = start({"Fn/__init__.py": APP,
                             "Run/__init__.py": "from __app__.Fn import run as main",
                             "Watch/__init__.py": "from __app__.Fn import watch as main"},
                            **options)
        self.pid = self.worker.process.pid
        for loaded in self.worker.load("Fn", "Run", "Watch"):
            assert loaded["error"] is None, loaded
        self.kept = line_of(APP, "kept")

    def begin(self, ballast=400):
        message = self.worker.call("Fn", query=[("ballast", str(ballast))])[0]
        assert message["status"] == 200, message

    def run(self, code):
        message, body = self.worker.call("Run", method="POST", body=code.encode())
        assert message["status"] == 200, message
        return json.loads(body)

    def send(self, *lines, **options):
        return send_question(self.worker, self.path, lines or [self.kept], **options)

    def ask(self, **options):
        return ask(self.worker, self.path, self.kept, **options)

    def is_answer(self, told):
        chains = [chain["text"] for chain in told["lines"][0]["chains"]]
        return "Fn.KEPT[0]" in chains

    def stopped(self):
        """A question whose child is stopped, and may be let go or killed."""
        answer = self.send()
        os.kill(answer.begin(), signal.SIGSTOP)
        return answer


@pytest.fixture
def asked(start, tmp_path):
    return Asked(start, tmp_path)


def is_gone(pid):
    try:
        with open("/proc/{}/stat".format(pid)) as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def test_nothing_of_the_program_changes(asked, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    asked.begin(200000)
    asked.worker.invoke("Watch", query=[("fifo", str(fifo))])
    with open(fifo, "wb", buffering=0) as end:
        for i in range(9):
            time.sleep(0.2)  # it waits in os.read() by then, or its figures differ
            if i % 2:
                assert asked.is_answer(asked.ask())
            end.write(b"x")
    states = json.loads(asked.worker.next(RESPONSE)[1])[1:]
    resident = [state.pop("rss") for state in states]
    blocks = [state.pop("blocks") for state in states]
    grown = [after - before for before, after in zip(blocks, blocks[1:])]
    assert max(resident) - min(resident) < 1024  # KiB
    assert abs(sum(grown[0::2]) - sum(grown[1::2])) <= 2, grown
    assert states == states[:1] * len(states)


def test_a_child_that_is_killed_has_no_answer(asked):
    asked.begin(200000)
    answer = asked.stopped()
    os.kill(answer.pid, signal.SIGKILL)
    assert answer.read() is None
    assert asked.is_answer(asked.ask())


BREAK = '''
gc.disable()
KEPT[1] = [None] * 8
broken = KEPT[1]
items = ctypes.c_size_t.from_address(id(broken) + 24)
{}
'''
# What is broken, and how often that is met.
BROKEN = {
    "a pointer to where nothing is": "ctypes.c_size_t.from_address(items.value).value = 0x10\n",
    "a pointer to where nothing can be":
        "ctypes.c_size_t.from_address(items.value).value = 0x5a5a5a5a5a5a5a5a\n",
    "a pointer to where no memory is":
        "ctypes.c_size_t.from_address(items.value).value = 0x100000000000\n",
    "a table that is gone": "items.value = 0x100000000000\n",
    "a table that is shorter than the list says":
        "ctypes.c_ssize_t.from_address(id(broken) + 16).value = 1 << 40\n",
    "an object of no type": "broken[0] = Thing()\n"
                            "ctypes.c_size_t.from_address(id(broken[0]) + 8).value = id(KEPT)\n",
    "an object whose type is gone":
        "broken[0] = Thing()\n"
        "ctypes.c_size_t.from_address(id(broken[0]) + 8).value = 0x100000000000\n",
    "a type whose code crashes": "broken[0] = type('Crash', (), {})\nbroken[1] = broken[0]()\n"
                                 "address = id(broken[0]) + 8 * 23\n"
                                 "assert ctypes.c_size_t.from_address(address).value\n"
                                 "ctypes.c_size_t.from_address(address).value = 0x100000000000\n",
    "a type whose code aborts":
        "broken[0] = type('Crash', (), {})\nbroken[1] = broken[0]()\n"
        "abort = ctypes.cast(ctypes.CDLL(None).abort, ctypes.c_void_p).value\n"
        "ctypes.c_size_t.from_address(id(broken[0]) + 8 * 23).value = abort\n",
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_left_out(asked, what):
    if "shorter" in what and SANITIZED:
        pytest.skip("AddressSanitizer ends the child at the first read past the table")
    asked.begin()
    asked.run(BREAK.format(BROKEN[what]))
    for _ in range(2):
        told = asked.ask()
        assert told["faults"] >= 1 and asked.is_answer(told) and not told["short"]
    asked.worker.process.kill()


def test_a_question_that_is_not_wanted_any_more(asked):
    asked.begin(200000)
    answer = asked.stopped()
    os.kill(answer.pid, signal.SIGCONT)
    answer.end()
    assert is_gone(answer.pid)
    unread = asked.send()
    unread.end()  # taken or not: no child is left
    assert asked.is_answer(asked.ask())


def test_several_questions_at_once(asked):
    asked.begin(200000)
    answers = [asked.send(line) for line in (1, asked.kept, 2, asked.kept)]
    told = [answer.read() for answer in answers]
    assert [each["lines"][0]["line"] for each in told] == [1, asked.kept, 2, asked.kept]
    assert asked.is_answer(told[1]) and asked.is_answer(told[3])


NO_QUESTIONS = {"empty": b"", "short": b"\1\0\0\0", "cut": b"\1\0\0\0\xff\0\0\0path",
                "long": b"\xff" * 70000}


@pytest.mark.parametrize("what", NO_QUESTIONS)
def test_what_is_no_question_is_refused(asked, what):
    asked.begin()
    told = asked.worker.ask(1, NO_QUESTIONS[what]).read()
    assert "does not know" in told["problem"]
    assert asked.is_answer(asked.ask())


def test_the_program_sees_no_child(asked):
    asked.begin(200000)
    answer = asked.stopped()
    waits = "RESULT = []\nfor call in (os.wait, lambda: os.waitpid(-1, os.WNOHANG)):\n" \
            "    try:\n        call()\n        RESULT.append('found')\n" \
            "    except ChildProcessError:\n        RESULT.append('none')\n"
    assert asked.run(waits) == ["none", "none"]
    os.kill(answer.pid, signal.SIGCONT)
    assert asked.is_answer(answer.read())
    assert asked.run(waits) == ["none", "none"]


def test_the_program_hears_of_no_child(asked):
    asked.begin(200000)
    assert asked.is_answer(asked.ask())
    answer = asked.stopped()
    os.kill(answer.pid, signal.SIGKILL)
    assert answer.read() is None
    assert asked.run("RESULT = len(SIGNALS)") == 0
    asked.run("os.system(':')")
    assert asked.run("RESULT = len(SIGNALS)") == 1


def test_an_answer_comes_though_the_worker_dies(asked):
    asked.begin(200000)
    answer = asked.stopped()
    asked.worker.process.kill()
    asked.worker.process.wait()
    os.kill(answer.pid, signal.SIGCONT)
    assert asked.is_answer(answer.read())


HOST = '''
import os, pathlib, signal, sys, time
sys.path[:0] = {paths!r}
from holders_asked import send_question
from worker_process import Worker
root = pathlib.Path({root!r})
worker = Worker({program!r}, {executable!r}, root, dict())
assert worker.load("Fn")["error"] is None
assert worker.call("Fn", query=[("ballast", "200000")])[0]["status"] == 200
answer = send_question(worker, root / "Fn" / "__init__.py", [{line}])
print(answer.begin(), flush=True)
os.read(answer.pipe, 1)  # it works
os.kill(answer.pid, signal.SIGSTOP)
print("stopped", flush=True)
time.sleep(600)
'''


def test_no_child_is_left_when_the_host_dies(tmp_path):
    skip_without(("azure-functions",))
    path = tmp_path / "Fn" / "__init__.py"
    path.parent.mkdir()
    path.write_text(APP)
    host = subprocess.Popen(
        [sys.executable, "-c", HOST.format(
            paths=[os.path.dirname(__file__)], root=str(tmp_path), program=worker_program(),
            executable=environment_python(), line=line_of(APP, "kept"))],
        stdout=subprocess.PIPE, text=True)
    child = int(host.stdout.readline())
    assert host.stdout.readline() == "stopped\n" and not is_gone(child)
    host.kill()
    host.wait()
    wait_for("its end", lambda: is_gone(child))


def test_a_child_of_the_program_takes_no_question(asked):
    """os.fork() copies the descriptor, too."""
    asked.begin()
    assert asked.run("RESULT = os.fork() or os.execlp('sleep', 'sleep', '5')") > 0
    assert asked.run("RESULT = 0\nif os.fork() == 0:\n    time.sleep(1)\n    os._exit(0)\n") == 0
    for _ in range(20):
        assert asked.is_answer(asked.ask())


# A filter that says of some system calls that there are none.
BLOCK = '''
class Filter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("yes", ctypes.c_ubyte), ("no", ctypes.c_ubyte),
                ("k", ctypes.c_uint)]

class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Filter))]

calls = {}
steps = [(0x20, 0, 0, 0)]
for i, call in enumerate(calls):
    steps.append((0x15, len(calls) - i, 0, call))
steps += [(0x06, 0, 0, 0x7fff0000), (0x06, 0, 0, 0x00050000 + 38)]
filters = (Filter * len(steps))(*(Filter(*step) for step in steps))
prctl = ctypes.CDLL(None, use_errno=True).prctl
RESULT = [prctl(38, 1, 0, 0, 0),
          prctl(22, 2, ctypes.byref(Program(len(steps), filters)), 0, 0)]
'''
LIST_FILES = {"x86_64": 217, "aarch64": 61}.get(platform.machine())


@pytest.mark.parametrize("calls", [[], [436], [436, LIST_FILES]])
def test_it_keeps_no_file_open(asked, calls):
    """Also where the kernel has no close_range, and where no folder can be listed."""
    if None in calls:
        pytest.skip("the number of the system call is not known here")
    asked.begin(400000)
    if calls and asked.run(BLOCK.format(calls)) != [0, 0]:
        pytest.skip("no filter of system calls here")
    answer = asked.send()
    assert answer.wait_progress(), "the heap is too small to see the child at work"
    os.kill(answer.pid, signal.SIGSTOP)
    assert os.listdir("/proc/{}/fd".format(answer.pid)) == ["0"]
    os.kill(answer.pid, signal.SIGCONT)
    assert asked.is_answer(answer.read())


def test_other_threads_have_the_locks_of_malloc(start, tmp_path):
    """All share one arena, and take and give memory while the child is made."""
    asked = Asked(start, tmp_path, environment={"MALLOC_ARENA_MAX": "1"})
    asked.begin()
    asked.run('data = bytes(range(256)) * 8\n'
              'def work():\n    while THREADS:\n        zlib.compress(data, 1)\n'
              'for _ in range(3):\n    THREADS.append(threading.Thread(target=work))\n'
              'for thread in list(THREADS):\n    thread.start()\n')
    for _ in range(30):
        assert asked.is_answer(asked.ask())
    asked.run("THREADS.clear()")


@pytest.mark.parametrize("room_kib", [9 << 10, 11 << 10, 16 << 10])
def test_memory_is_short(asked, room_kib):
    asked.begin(400000)
    asked.run('with open("/proc/self/statm") as file:\n'
              '    size = int(file.read().split()[0]) * resource.getpagesize()\n'
              'resource.setrlimit(resource.RLIMIT_AS, (size + ({} << 10),) * 2)\n'.format(room_kib))
    told = asked.ask()
    assert told["short"] and told["lines"][0]["line"] == asked.kept
    assert told["lines"][0]["retained_bytes"] in (-1, 0)
    assert asked.run("RESULT = 1") == 1


def test_no_memory_for_an_answer(asked):
    asked.begin()
    asked.run('with open("/proc/self/statm") as file:\n'
              '    size = int(file.read().split()[0]) * resource.getpagesize()\n'
              'resource.setrlimit(resource.RLIMIT_AS, (size + (1 << 20),) * 2)\n')
    assert asked.ask()["problem"]
    assert asked.run("RESULT = 1") == 1


def test_an_answer_comes_when_the_time_is_over(asked):
    asked.begin(400000)
    told = asked.ask(budget_ms=1)
    assert told["lines"][0]["retained_bytes"] == -1


def test_progress_grows(asked):
    asked.begin(1000000)
    answer = asked.send()
    assert asked.is_answer(answer.read())
    percents = [percent for percent, _ in answer.times]
    assert percents == sorted(set(percents)) and len(percents) > 3
