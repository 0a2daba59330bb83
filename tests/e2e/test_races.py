"""No data race between pymemtop's threads, in a build with ThreadSanitizer (tests/run makes one, with
PYMEMTOP_SANITIZED=thread), whatever the apps do with theirs.

The Pythons that are embedded are not built with it. What their interpreter lock does is known all the
same: it is made of mutexes and condition variables, and these are the C library's, where
ThreadSanitizer hears of them. So two threads that come to the tracer in turns, under that lock, are in
order, and one that comes to it without the lock is reported. The first test is that this is so.
"""

import glob
import os
import subprocess

import pytest

import programs
from programs import APPS, BUILD, HTTP_FUNCTION, batch, environment

pytestmark = [
    pytest.mark.usefixtures("packages"),
    pytest.mark.skipif(programs.SANITIZER != "thread", reason="needs a build with ThreadSanitizer"),
]
# Two threads of an app count in C, holding the interpreter lock or not.
COUNTER = """\
#include <stdint.h>
static uint64_t counter;
void count(int turns);
void count(int turns)
{
    while (turns--)
        counter++;
}
"""
COUNTS = """\
import ctypes
import threading

import azure.functions as func


def main(req: func.HttpRequest) -> func.HttpResponse:
    library = getattr(ctypes, req.params["as"])(req.params["library"])
    ready = threading.Barrier(2)

    def count():
        ready.wait()
        for _ in range(1000):
            library.count(100)

    threads = [threading.Thread(target=count) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return func.HttpResponse("done")
"""


@pytest.fixture
def races(tmp_path):
    """races(PATH, *options): what ThreadSanitizer has to say of the host and the worker of a batch."""

    def run(path, *options):
        env = {"TSAN_OPTIONS": "log_path={}".format(tmp_path / "races")}
        result = batch(*options, path, env=env)
        assert result.returncode == 0, result.stderr
        return "".join(file.read_text() for file in sorted(tmp_path.glob("races.*")))

    return run


@pytest.mark.parametrize("how, is_race", [("CDLL", True), ("PyDLL", False)])
def test_the_interpreter_lock_is_known(races, write_app, tmp_path, how, is_race):
    """The same two threads, without the lock (CDLL) and with it (PyDLL)."""
    source, library = tmp_path / "counter.c", tmp_path / "counter.so"
    source.write_text(COUNTER)
    subprocess.run(["gcc", "-g", "-fsanitize=thread", "-fPIC", "-shared", "-o", library, source],
                   check=True)
    app = write_app({"host.json": "{}", "Counts/function.json": HTTP_FUNCTION,
                     "Counts/__init__.py": COUNTS})
    said = races(app / "Counts", "--request",
                 "GET /api/Counts?as={}&library={}".format(how, library))
    assert ("data race" in said and "counter.c" in said) if is_race else said == ""


@pytest.mark.parametrize("path, options", [
    ("tasks/Sync", ("--functions", "Sync")),
    ("tasks/Async", ("--functions", "Async", "-n", "3", "--concurrency", "3")),
    ("outlive/Thread", ("--functions", "Thread", "-n", "2")),
    ("rss/Change", ("--request", "GET /api/Change?how=one_by_one&turns=100")),
    ("rss/Change", ("--verify-rss", "--request", "GET /api/Change?how=native&turns=20")),
    ("rss/Change", ("--request", "GET /api/Change?how=at_once&turns=10",
                    "-n", "4", "--concurrency", "4")),
], ids=["loops", "tasks", "left behind", "one by one", "native", "at once"])
def test_none(races, path, options):
    assert races("{}/{}".format(APPS, path), *options) == ""


@pytest.mark.parametrize("script", ["heap", "native", "threads"])
def test_none_in_scripts(tmp_path, script):
    """What tests/worker runs in the worker: blocks of many threads, forks and signals meanwhile."""
    (worker,) = glob.glob(os.path.join(BUILD, "pymemtop-worker-3.*[0-9]"))
    path = os.path.join(os.path.dirname(os.path.dirname(APPS)), "tests", "worker", "scripts",
                        script + ".py")
    # A request for more than there is fails, and is no fault.
    done = subprocess.run(
        [worker, "--run", path], capture_output=True, text=True, timeout=600,
        env=environment({"TSAN_OPTIONS": "allocator_may_return_null=1:log_path={}".format(
            tmp_path / "races"), "PYMEMTOP_TEST_STRESS": "20"}))
    said = "".join(file.read_text() for file in sorted(tmp_path.glob("races.*")))
    assert (done.returncode, said) == (0, ""), done.stdout + done.stderr
