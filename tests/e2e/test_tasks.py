"""Every line of asynchronous code, and of code with loops, threads and stacks of its own, is charged
with what it took, its callers with it once, and nobody else.

The apps take blocks whose sizes are in the source. A line is told by the comment at its end."""

import os

import pytest

import programs
from programs import MIB, SANITIZED, Report, near

pytestmark = pytest.mark.usefixtures("packages")
PAGE = os.sysconf("SC_PAGE_SIZE")
# Blocks of 128 KiB and more are mapped each by itself, and so go back when they are freed. A thread
# that takes one does not begin an arena of its own.
FIXED = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "1"}


def report_of(function):
    if not programs.VENV:
        pytest.skip("needs azure-functions, which could not be installed")
    return Report(programs.APPS + "/tasks/" + function, "--functions", function, env=FIXED)


@pytest.fixture(scope="module")
def asynchronous():
    return report_of("Async")


@pytest.fixture(scope="module")
def synchronous():
    return report_of("Sync")


def python_of(report):
    return tuple(map(int, report.json["python"].split(".")[:2]))


def tagged(report, tag, ending="/__init__.py"):
    (found,) = [line for line in report.file(ending)["lines"]
                if line["source"].endswith("  # " + tag)]
    return found


def check(line, mib, own=None):
    """The line has taken `mib` with its callees, and `own` of that itself (None: all). Where it does
    nothing else than to take a block that is to the page in which the block begins, one of small
    objects that may begin there, and two of a stack that has not been so deep before, for each time
    that it ran; and to those of its whole stack in a fresh thread."""
    own = mib if own is None else own
    assert line["increment_bytes"] == near(mib), line
    assert line["self_increment_bytes"] == near(own), line
    if not SANITIZED and line["source"].lstrip().startswith(("KEPT.append(bytearray", "block =")):
        pages = (16 if "# thread" in line["source"] else 4) * line["occurrences"]
        assert abs(line["self_increment_bytes"] - own * MIB) <= pages * PAGE, line


def assert_is_all(report):
    """Of the invocation, all is told: that of its lines is the sum of what these took themselves,
    and the rest is little."""
    (load, one) = report.invocations
    assert one["outcome"] == "succeeded"
    own = sum(line["self_increment_bytes"] for file in report.json["files"]
              for line in file["lines"])
    assert load["rss_lines_bytes"] + one["rss_lines_bytes"] == own
    assert one["rss_shared_bytes"] == 0
    assert one["rss_elsewhere_bytes"] == near(0)


@pytest.mark.parametrize("tag, mib, own", [
    ("agen: before the await", 12, 12),
    ("agen: await", 0, 0),
    ("agen: yield", 0, 0),
    ("agen: for", 12, 0),
    ("talk: thrown", 5, 5),
    ("driven: asend", 0, 0),
    ("driven: athrow", 5, 0),
    ("close: finally", 6, 6),
    ("driven: aclose", 6, 0),
    ("dropped: finally", 3, 3),        # where the loop closes it, in a task of its own
    ("dropped: del", 0, 0),
    ("async comprehension", 6, 0),
    ("await comprehension", 6, 0),
    ("value: take", 6, 6),
    ("aenter", 3, 3),
    ("aexit", 4, 4),
])
def test_asynchronous_syntax(asynchronous, tag, mib, own):
    check(tagged(asynchronous, tag), mib, own)


def test_async_with(asynchronous):
    """Up to Python 3.9 __aexit__ is called from the last line of the body."""
    body = 4 if python_of(asynchronous) < (3, 10) else 0
    check(tagged(asynchronous, "async with"), 7 - body, 0)
    check(tagged(asynchronous, "in async with"), 2 + body, 2)


@pytest.mark.parametrize("tag, mib, own", [
    ("cancelled: except", 7, 7),
    ("cancelled: after an await", 8, 8),
    ("cancelled: middle", 15, 0),      # though what is thrown reaches the innermost frame alone
    ("cancelled: outer", 15, 0),
    ("cancelled: finally", 2, 2),
    ("cancels: await", 0, 0),          # another task's work
    ("slow: finally", 9, 9),
    ("late: except", 4, 4),            # of a future that fails
    ("late: middle", 4, 0),
    ("late: outer", 4, 0),
    ("half: finally", 4, 4),
    ("half: close", 4, 0),
])
def test_what_is_thrown_into_coroutines(asynchronous, tag, mib, own):
    check(tagged(asynchronous, tag), mib, own)


def test_coroutine_that_is_never_awaited(asynchronous):
    lines = asynchronous.file("/__init__.py")["lines"]
    assert not [line for line in lines if line["source"].endswith("# never")]


def test_time_outs(asynchronous):
    python = python_of(asynchronous)
    check(tagged(asynchronous, "wait_for"), 9 if python >= (3, 12) else 0, 0)  # before: a task
    if python >= (3, 11):
        check(tagged(asynchronous, "timeout"), 9, 0)
        check(tagged(asynchronous, "slow inline: finally"), 9)


def test_task_groups(asynchronous):
    if python_of(asynchronous) < (3, 11):
        pytest.skip("needs asyncio.TaskGroup, which came with Python 3.11")
    check(tagged(asynchronous, "grouped"), 10)
    check(tagged(asynchronous, "sibling: finally"), 6)


@pytest.mark.parametrize("tag, mib, own", [
    ("member: before", 20, 20),
    ("member: await", 0, 0),
    ("member: after", 20, 20),
    ("gather", 0, 0),
    ("chain: end", 5, 5),
    ("chain: link", 5, 0),             # a hundred deep, counted once
    ("chain: begin", 5, 0),
    ("broken: raise", 3, 3),
    ("broken: except", 5, 5),
    ("broken: link", 7, 0),            # all but what the outermost one took
    ("broken: begin", 8, 0),
    ("own: await", 3, 3),
    ("own", 3, 0),
    ("old style", 2, 2),
    ("old", 2, 0),
    ("context: take", 6, 6),
    ("context: run", 2, 0),
    ("context: gather", 0, 0),
])
def test_tasks_and_chains(asynchronous, tag, mib, own):
    check(tagged(asynchronous, tag), mib, own)


@pytest.mark.parametrize("tag, mib, own", [
    ("given", 5, 5),                   # a function of the program's, called by the loop
    ("served: await", 0, 0),
    ("fed: inner", 6, 6),              # a call in C
    ("fed: outer", 6, 0),
    ("fed: gather", 0, 0),
])
def test_what_the_loop_does_stands_on_the_line_that_waits(asynchronous, tag, mib, own):
    check(tagged(asynchronous, tag), mib, own)


@pytest.mark.parametrize("tag, mib, own", [
    ("blocking", 8, 8),                # a function of the program's, in the pool
    ("executor", 0, 0),
    ("to_thread", 0, 0),
    ("to_thread: a call in C", 7, 7),  # in which no line runs but the one that waits
    ("gather in C", 6, 6),
])
def test_work_in_a_pool(asynchronous, tag, mib, own):
    check(tagged(asynchronous, tag), mib, own)


def test_loop_work_for_each_of_several_tasks(asynchronous):
    times = 2 if python_of(asynchronous) >= (3, 12) else 1  # once more in eager tasks
    check(tagged(asynchronous, "fed: two"), 2 * times)
    check(tagged(asynchronous, "fed: four"), 4 * times)
    if times == 2:
        check(tagged(asynchronous, "eager: await"), 6, 0)
        check(tagged(asynchronous, "eager: wait"), 0)


@pytest.mark.parametrize("tag, occurrences", [
    ("agen: before the await", 3),
    ("agen: await", 6),                # 1 + suspensions, each of three times
    ("agen: yield", 6),                # the same
    ("agen: for", 7),                  # 4 times begun, and 3 suspensions
    ("member: before", 20),
    ("member: await", 40),
    ("chain: link", 200),              # 1 + 1, a hundred times
    ("chain: begin", 2),
    ("cancelled: after an await", 1),
    ("cancelled: outer", 2),           # not resumed where the innermost one swallows the exception
])
def test_occurrences(asynchronous, tag, occurrences):
    """As memory_profiler counts: a line begun, and a frame resumed at it."""
    assert tagged(asynchronous, tag)["occurrences"] == occurrences


def test_asynchronous_sums(asynchronous):
    assert_is_all(asynchronous)


@pytest.mark.parametrize("tag, mib, own", [
    ("loop: before", 4, 4),
    ("loop: three", 3, 3),             # what the loop does in the task's context
    ("loop: five", 5, 5),
    ("loop: after", 1, 1),
    ("loop: gather", 0, 0),
    ("loop: run", 13, 0),              # waits for all of them
    ("thread: take", 12, 12),
    ("thread: join", 0, 0),
    ("thread: loop", 3, 3),
    ("raises: block", 7, 7),
    ("raises: link", 6, 0),
    ("raises: begin", 7, 0),
    ("raises: except", 2, 2),
    ("delegate: except", 3, 3),
    ("delegate: yield from", 3, 0),
    ("delegate: throw", 3, 0),
    ("held: take", 8, 8),
    ("held: next", 8, 0),
    ("held: finally", 2, 2),
    ("held: del", -6, -8),
    ("dynamic: exec", 5, 5),           # code without a file counts as its caller's
    ("dynamic: eval", 3, 3),
    ("noqa: F821, redefined: call", 6, 0),
    ("same: first", 2, 0),
    ("same: second", 3, 0),
])
def test_synchronous_shapes(synchronous, tag, mib, own):
    check(tagged(synchronous, tag), mib, own)


@pytest.mark.parametrize("tag, mib, times", [
    ("deep: end", 6, 1),
    ("deep generator: end", 5, 1),
    ("deep: link", None, 5000),
    ("deep generator: link", None, 1000),
])
def test_deep_stacks(synchronous, tag, mib, times):
    line = tagged(synchronous, tag)
    assert line["occurrences"] == times
    if mib:
        check(line, mib)


def test_callers_of_deep_stacks_count_them_once(synchronous):
    """Beside the frames themselves."""
    deep = [line for line in synchronous.file("/__init__.py")["lines"]
            if line["source"].strip().startswith(("deep(", "def deep("))]
    frames = sum(line["self_increment_bytes"] for line in deep)
    begin = tagged(synchronous, "deep: begin")
    assert begin["increment_bytes"] == near(6 + frames / MIB)
    assert begin["increment_bytes"] - tagged(synchronous, "deep: link")["increment_bytes"] == near(0)


@pytest.mark.parametrize("depth, counted", [(20000, 20001), (40000, (1 << 15) - 1)])
def test_recursion_to_the_limit(write_app, depth, counted):
    """Below the one that the thread runs. What is past the limit is the last one's that is not."""
    app = write_app({
        "host.json": "{}", "Run/function.json": programs.HTTP_FUNCTION,
        "Run/__init__.py": "\n".join([
            "import sys, threading", "KEPT = []", "def deep(left):", "    left -= 1",
            "    if left >= 0:", "        deep(left)", "    else:",
            "        KEPT.append(bytearray(16 << 20))", "def run(): deep({})".format(depth),
            "def main(req) -> str:", "    sys.setrecursionlimit(1 << 20)",
            "    threading.stack_size({} << 20)".format(2000 if SANITIZED else 500),
            "    thread = threading.Thread(target=run)", "    thread.start()", "    thread.join()",
            "    threading.stack_size(0)", "    return str(len(KEPT))\n"])})
    report = Report(app / "Run", "-n", "2")
    for source in ("left -= 1", "if left >= 0:", "def deep(left):"):
        assert report.line("/__init__.py", source)["occurrences"] == 2 * counted
    block = report.line("/__init__.py", "KEPT.append(bytearray(16 << 20))" if counted > depth
                        else "deep(left)")
    assert block["retained_bytes"] >= 2 * (16 << 20)


def test_same_code_in_two_files(synchronous):
    for ending, mib in (("/first.py", 2), ("/second.py", 3)):
        line = synchronous.line(ending, "return bytearray(mib << 20)")
        assert line["occurrences"] == 1
        check(line, mib)


def test_function_redefined_at_run_time(synchronous):
    (line,) = [line for line in synchronous.file("/__init__.py")["lines"] if line["line"] == 402]
    assert line["occurrences"] == 3
    check(line, 6)


def test_synchronous_sums(synchronous):
    assert_is_all(synchronous)


@pytest.mark.skipif(SANITIZED, reason="test_hostile.py has a table that is full")
def test_file_of_20000_lines(write_app):
    """All of them run, in functions of 2000. An invocation has not room for each, which is said; the
    totals and the sums are whole. (The block is larger than what compiling such a file leaves free.)"""
    body = []
    for number in range(10):
        body += ["def part{}(number):".format(number), *["    number += 1"] * 1998, "    return number"]
    body[19000] = "    KEPT.append(bytearray(64 << 20))"
    calls = ["    number = part{}(number)".format(number) for number in range(10)]
    app = write_app({
        "host.json": "{}", "Run/function.json": programs.HTTP_FUNCTION,
        "Run/__init__.py": "\n".join(["KEPT = []", *body, "def main(req) -> str:", "    number = 0",
                                      *calls, "    for _ in range(1000): number += 1",
                                      "    return str(number)\n"])})
    report = Report(app / "Run", "-n", "2", env=FIXED)
    assert "the table of lines is full" in report.result.stderr
    lines = report.file("/__init__.py")["lines"]
    assert len(lines) == 20000 + 15
    assert report.line("/__init__.py", "for _ in range(1000): number += 1")["occurrences"] > 2000
    assert {line["occurrences"] for line in lines[1:20012]} == {2}
    check(report.line("/__init__.py", "KEPT.append(bytearray(64 << 20))"), 128)
    for one in report.invocations[1:]:
        assert one["rss_lines_bytes"] == near(64)
