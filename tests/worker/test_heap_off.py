"""Where allocations cannot be counted, or are not to be, the program runs all the same."""

import os
import re
import resource
import subprocess

import pytest
from conftest import worker_program

SCRIPT = """
import _pymemtop
kept = [bytes(1000) for _ in range(1000)]
print(len(kept), _pymemtop.heap_bytes())
"""

# What a loop's callback did is looked for in the lines that wait for the loop.
LOOP = """
import asyncio
import _pymemtop

def function():
    asyncio.run(asyncio.sleep(0))
    return "done"

token = _pymemtop.begin(1)
print(function())
_pymemtop.end(token)
"""


def run(tmp_path, *options, source=SCRIPT, **more):
    script = tmp_path / "script.py"
    script.write_text(source)
    return subprocess.run([worker_program(), *options, "--run", str(script)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                          **more)


def test_off(tmp_path):
    done = run(tmp_path, "--heap", "off")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1000 (0, 0, 0)\n", "")


def test_off_and_a_loop_within_profiled_code(tmp_path):
    done = run(tmp_path, "--heap", "off", source=LOOP)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


DECORATED = """
import memory_profiler

@memory_profiler.profile(backend="tracemalloc")
def function():
    return b"x" * (33 << 20)

function()
"""


def test_off_and_a_function_that_is_to_be_measured_by_allocations(tmp_path):
    done = run(tmp_path, "--heap", "off", source=DECORATED)
    assert done.returncode == 0, done.stderr
    assert re.search(" 33.0 MiB           1       return", done.stdout), done.stdout
    # the line of the decorator, or of the def
    assert re.search("script[.]py:[45]: UserWarning: backend='tracemalloc' is not heeded: --heap "
                     "off counts no allocations", done.stderr), done.stderr


def test_no_address_space(tmp_path):
    if os.environ.get("PYMEMTOP_SANITIZED"):
        pytest.skip("a sanitizer needs more itself")
    done = run(tmp_path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS,
                                                               (900 << 20, 900 << 20)))
    assert (done.returncode, done.stdout) == (0, "1000 (0, 0, 0)\n"), done.stderr
    assert done.stderr.splitlines() == [
        "pymemtop: allocations are not counted, since there is no address space for their table, "
        "4 GiB; see ulimit -v"]


@pytest.mark.parametrize("allocator", ["malloc", "pymalloc", "debug", "malloc_debug", ""])
def test_allocator_of_the_user_s_choice(tmp_path, monkeypatch, allocator):
    monkeypatch.setenv("PYTHONMALLOC", allocator)
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    count, _, numbers = done.stdout.partition(" ")
    assert count == "1000" and eval(numbers)[0] > 1_000_000
