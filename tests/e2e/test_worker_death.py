"""A worker that dies is reported and replaced, and its calls are answered."""

import os
import re
import signal

import pytest

import programs
from programs import batch, is_alive, wait_for

pytestmark = pytest.mark.usefixtures("packages")

# A sanitizer would make an exit of its own of a fault.
UNSANITIZED = {"ASAN_OPTIONS": "detect_leaks=0:handle_segv=0"}
BUSY = {  # a coroutine that never gives the loop back
    "host.json": "{}",
    "Busy/function.json": programs.HTTP_FUNCTION,
    "Busy/__init__.py": """async def main(req) -> str:
    open("busy", "w").close()
    while True:
        pass
""",
}
DEATHS = [
    ("Exit", 7, r"worker exited with exit code 7 at Exit/__init__\.py:8"),
    ("Kill", 137, r"worker killed by SIGKILL \(exit code 137\) at Kill/__init__\.py:9"),
    ("Term", 143, r"worker exited with exit code 143 at Term/__init__\.py:10"),
    ("Segfault", 139, r"worker killed by SIGSEGV \(exit code 139\) at Segfault/__init__\.py:8"),
]


@pytest.mark.parametrize("function, status, words", DEATHS)
def test_batch_reports_what_it_has_and_exits_as_the_worker_did(copy_app, function, status, words):
    result = batch("-n", "3", copy_app("death") / function, env=UNSANITIZED)
    assert result.returncode == status
    assert result.stdout.startswith("Filename: ")
    assert len([line for line in result.stderr.splitlines() if "worker " in line]) == 1
    assert re.search(words, result.stderr)


@pytest.mark.parametrize("function, status, words", DEATHS)
def test_call_is_answered_and_the_next_one_works(copy_app, start, function, status, words):
    server = start(copy_app("death"), env=UNSANITIZED)
    first = server.worker
    code, _ = server.get(function)
    assert code in (500, 502)
    server.wait_line(words + r"; it is started again in 0\.\d+ s")
    assert server.get("Fine") == (200, b"fine")
    assert server.worker != first
    server.wait_line(r"Executed 'Functions\.{}' \(Failed, ".format(function))


def test_all_pending_calls_are_answered(copy_app, start):
    app = copy_app("death")
    server = start(app)
    calls = [server.begin("Wait") for _ in range(5)]
    wait_for(lambda: server.console.count("Executing 'Functions.Wait'") == 5, "five calls")
    wait_for(lambda: os.path.exists(app / "waiting"), "call in the worker")
    os.kill(server.worker, signal.SIGKILL)
    assert [call.result()[0] for call in calls] == [502] * 5
    assert server.get("Fine") == (200, b"fine")


@pytest.mark.host
def test_back_off_grows(copy_app, start):
    server = start(copy_app("death"))
    waits = []
    for _ in range(3):
        at = len(server.console)
        server.get("Exit")
        match = server.wait_line(r"started again in (\d+\.\d+) s", at)
        waits.append(float(match.group(1)))
    assert waits == sorted(waits) and waits[0] < waits[2]
    assert server.get("Fine") == (200, b"fine")


@pytest.mark.host
def test_worker_dies_with_its_host(copy_app, start):
    server = start(copy_app("death"))
    worker = server.worker
    server.process.kill()
    server.process.wait()
    wait_for(lambda: not is_alive(worker), "end of the worker")


def test_busy_worker_dies_with_its_host(write_app, start):
    """An endless loop that holds the interpreter cannot hold the process."""
    root = write_app(BUSY)
    server = start(root)
    worker = server.worker
    server.begin("Busy")
    wait_for(lambda: os.path.exists(root / "busy"), "endless loop")
    server.process.kill()
    server.process.wait()
    try:
        wait_for(lambda: not is_alive(worker), "end of the worker")
    finally:
        if is_alive(worker):
            os.kill(worker, signal.SIGKILL)


def test_busy_worker_is_ended_on_stop(write_app, start):
    root = write_app(BUSY)
    server = start(root)
    worker = server.worker
    call = server.begin("Busy")
    wait_for(lambda: os.path.exists(root / "busy"), "endless loop")
    assert server.stop() == 0
    assert not is_alive(worker)
    assert call.result()[0] == 503


OVERDUE = """import asyncio, ctypes, re, time
{kind} main(req) -> str:
    time.sleep(0.01)
    {line}
    return "never"
"""


@pytest.mark.parametrize("kind, line", [
    ("def", "time.sleep(1000)"),
    ("def", "while True: pass"),
    ("def", "re.match('(a+)+b', 'a' * 60)"),
    ("def", "ctypes.PyDLL(None).sleep(1000)"),  # with the interpreter's lock
    ("async def", "await asyncio.sleep(1000)"),
    ("async def", "while True: pass"),
    ("async def", "time.sleep(1000)"),
    ("async def", "await asyncio.to_thread(time.sleep, 1000)"),
])
def test_time_is_up(write_app, start, kind, line):
    """functionTimeout of host.json: the worker is killed and the call answered, as Azure does."""
    root = write_app({
        "host.json": '{"version": "2.0", "functionTimeout": "00:00:01"}',
        "Forever/function.json": programs.HTTP_FUNCTION,
        "Forever/__init__.py": OVERDUE.format(kind=kind, line=line),
        "Fine/function.json": programs.HTTP_FUNCTION,
        "Fine/__init__.py": "def main(req) -> str:\n    return 'fine'\n"})
    server = start(root)
    worker = server.worker
    status, body = server.get("Forever")
    words = ("Forever ran longer than the functionTimeout of 1 s, and is at Forever/__init__.py:4; "
             "the worker is started again")
    assert (status, body.decode()) == (500, words + "\n")
    server.wait_line(re.escape(words) + "$")
    server.wait_line(r"Executed 'Functions\.Forever' \(Failed, ")
    server.wait_line(r"worker killed by SIGKILL \(exit code 137\) at Forever/__init__\.py:4; ")
    assert server.get("Fine") == (200, b"fine")
    assert not is_alive(worker)
