"""The figures of a report are real: what a line takes and gives back stands on that line."""

import shutil

import pytest

import programs
from programs import MIB, Report, near

pytestmark = pytest.mark.usefixtures("packages")
MEMORY = ["Keep", "KeepAsync", "Free", "FreeAsync", "Idle", "Shapes", "Loop", "Overlap"]


def assert_sums(report):
    assert report.invocations
    for invocation in report.invocations:
        parts = sum(invocation["rss_{}_bytes".format(part)]
                    for part in ("lines", "elsewhere", "shared"))
        assert parts == invocation["rss_end_bytes"] - invocation["rss_start_bytes"], invocation
        assert invocation["rss_peak_bytes"] >= max(invocation["rss_start_bytes"],
                                                   invocation["rss_end_bytes"]), invocation


@pytest.mark.parametrize("function", ["Keep", "KeepAsync"])
def test_kept_block_stands_on_its_line(copy_app, function):
    app = copy_app("memory")
    report = Report(app / function, "-n", "1")
    line = report.line(function + "/__init__.py", "block = bytearray(64 << 20)")
    assert line["increment_bytes"] == near(64)
    assert line["self_increment_bytes"] == near(64)
    assert line["occurrences"] == 1
    others = [other for other in report.file(function + "/__init__.py")["lines"]
              if other["source"].startswith("    ") and "keep()" not in other["source"]
              and other["line"] != line["line"]]
    assert len(others) >= 3
    assert all(other["increment_bytes"] == near(0) for other in others)


@pytest.mark.parametrize("function", ["Keep", "KeepAsync"])
def test_kept_block_is_counted_for_every_request(copy_app, function):
    report = Report(copy_app("memory") / function, "-n", "3")
    line = report.line(function + "/__init__.py", "block = bytearray(64 << 20)")
    assert line["occurrences"] == 3
    assert line["increment_bytes"] == near(192)
    assert line["mem_usage_bytes"] == near(report.json["baseline"]["rss_bytes"] / MIB + 192)
    assert report.invocations[-1]["number"] == 3
    for invocation in report.invocations[1:]:
        assert invocation["rss_lines_bytes"] == near(64)
        assert invocation["rss_shared_bytes"] == 0
    assert_sums(report)


def test_caller_includes_its_callee_and_its_self_does_not(copy_app):
    report = Report(copy_app("memory") / "Keep", "-n", "1")
    line = report.line("Keep/__init__.py", "size = keep()")
    assert line["increment_bytes"] == near(64)
    assert line["self_increment_bytes"] == near(0)


@pytest.mark.parametrize("function", ["Free", "FreeAsync"])
def test_freed_block_stands_on_the_del_line(copy_app, function):
    report = Report(copy_app("memory") / function, "-n", "2")
    assert report.increment(function + "/__init__.py", "block = bytearray(64 << 20)") == near(128)
    assert report.increment(function + "/__init__.py", "del block") == near(-128)
    assert report.invocations[1]["rss_peak_bytes"] - report.invocations[1]["rss_end_bytes"] \
        == near(64)
    assert_sums(report)


def test_loop_that_grows_and_shrinks_adds_up(copy_app):
    report = Report(copy_app("memory") / "Loop", "-n", "1")
    grown = report.line("Loop/__init__.py", "block = bytearray(48 << 20)")
    freed = report.line("Loop/__init__.py", "del block")
    assert (grown["occurrences"], freed["occurrences"]) == (3, 3)
    assert report.line("Loop/__init__.py", "for _ in range(3):")["occurrences"] == 4
    assert grown["increment_bytes"] == near(144)
    assert freed["increment_bytes"] == near(-144)
    assert grown["peak_bytes"] - freed["mem_usage_bytes"] == near(48)


def test_idle_await_is_charged_nothing(copy_app):
    report = Report(copy_app("memory") / "Idle", "-n", "1")
    file = "Idle/__init__.py"
    assert report.increment(file, "KEPT.append(bytearray(64 << 20))") == near(64)
    for idle in ("await asyncio.sleep(0.01)", "while not taken.is_set():",
                 "word = await idle(taken)", "await task"):
        assert report.increment(file, idle) == near(0), idle
    assert_sums(report)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    if not programs.VENV:
        pytest.skip("needs azure-functions, which could not be installed")
    app = shutil.copytree(programs.APPS + "/memory", tmp_path_factory.mktemp("shapes") / "memory",
                          ignore=shutil.ignore_patterns("__pycache__"))
    return Report(app / "Shapes", "-n", "1")


@pytest.mark.parametrize("source, mib", [
    ("block = bytearray(8 << 20)", 32),                                 # in the generator
    ("for block in blocks(4):", 32),                                    # and where it is driven
    ("made = [bytearray(8 << 20) for _ in range(4)]", 32),
    ("inner()", 32),
    ("make()", 32),
    ("make = lambda: KEPT.append(bytearray(32 << 20))  # noqa: E731", 32),
    ("recursive(depth - 1)", 32),                                       # five deep, counted once
    ("from_generator()", 32),
    ("from_comprehension()", 32),
    ("from_nested()", 32),
    ("from_lambda()", 32),
    ("from_thread()", 0),                                               # another thread's work
    ("thread.join()", 0),
    ("recursive(5)", 32),
    ("yield block", 0),
])
def test_shape_of_code(shapes, source, mib):
    assert shapes.increment("Shapes/__init__.py", source) == near(mib)


def test_work_in_a_thread_stands_on_the_line_that_the_thread_runs(shapes):
    lines = {line["line"]: line for line in shapes.file("Shapes/__init__.py")["lines"]}
    entry = shapes.line("Shapes/__init__.py", "def in_thread():")["line"]
    assert lines[entry + 1]["source"].strip() == "KEPT.append(bytearray(32 << 20))"
    assert lines[entry + 1]["increment_bytes"] == near(32)


@pytest.mark.parametrize("source, occurrences", [
    ("for _ in range(count):", 5),                              # n + 1
    ("made = [bytearray(8 << 20) for _ in range(4)]", 7),       # n + 3
    ("yield block", 8),                                         # 2 n
    ("def inner():", 2),                                        # 1 + calls
    ("def recursive(depth):", 6),                               # calls
    ("if depth == 0:", 6),
    ("def main(req: func.HttpRequest) -> func.HttpResponse:", 1),
])
def test_occurrences_are_those_of_memory_profiler(shapes, source, occurrences):
    if "[" in source and not shapes.json["python"].startswith(("3.9", "3.10", "3.11")):
        occurrences -= 2  # comprehensions are no functions from 3.12 on
    assert shapes.line("Shapes/__init__.py", source)["occurrences"] == occurrences


def test_import_is_invocation_0(copy_app):
    report = Report(copy_app("memory") / "Load", "--functions", "Load", "-n", "1")
    load = report.invocations[0]
    assert (load["number"], load["function"], load["outcome"]) == (0, "load", "succeeded")
    assert report.increment("Load/__init__.py", "TABLE = bytearray(64 << 20)") == near(64)
    assert report.increment("Load/__init__.py", "from . import tables") == near(32)
    assert report.increment("Load/tables.py", "SMALL = bytearray(32 << 20)") == near(32)
    assert load["rss_lines_bytes"] > 96 * MIB - programs.TOLERANCE
    assert load["rss_end_bytes"] - load["rss_start_bytes"] > 96 * MIB - programs.TOLERANCE
    assert report.json["baseline"]["rss_bytes"] == near(load["rss_end_bytes"] / MIB)
    assert_sums(report)


@pytest.mark.parametrize("function", MEMORY)
def test_numbers_add_up(copy_app, function):
    report = Report(copy_app("memory") / function, "-n", "4", "--concurrency", "2")
    assert len(report.invocations) == 5
    assert all(invocation["outcome"] == "succeeded" for invocation in report.invocations)
    assert_sums(report)


def test_overlapping_invocations_count_their_own_lines_alone(copy_app):
    report = Report(copy_app("memory") / "Overlap", "-n", "20", "--concurrency", "4")
    assert_sums(report)
    taken = report.line("Overlap/__init__.py", "block = bytearray(40 << 20)")
    freed = report.line("Overlap/__init__.py", "del block")
    assert (taken["occurrences"], freed["occurrences"]) == (20, 20)
    assert taken["increment_bytes"] == near(800)
    assert freed["increment_bytes"] == near(-800)
    assert report.increment("Overlap/__init__.py", "await asyncio.sleep(0.02)  # held") == near(0)
    for invocation in report.invocations[1:]:
        assert invocation["rss_lines_bytes"] == near(0)


@pytest.mark.parametrize("function", ["Task", "Thread"])
def test_what_outlives_its_invocation_is_nobody_elses(copy_app, function):
    """It stands on its line, and is shared for the one that runs meanwhile."""
    report = Report(copy_app("outlive") / function, "--functions", function, "-n", "2")
    assert_sums(report)
    line = report.line(function + "/__init__.py", "KEPT.append(bytearray(24 << 20))")
    assert line["self_increment_bytes"] == near(24)
    _, first, second = report.invocations
    assert first["rss_lines_bytes"] == near(0)
    assert second["rss_lines_bytes"] == near(0)
    assert second["rss_elsewhere_bytes"] == near(0)
    assert second["rss_shared_bytes"] == near(24)


def test_what_a_native_thread_takes_is_not_on_a_line_beside_the_one_that_waits(copy_app):
    app = copy_app("rss")
    report = Report(app / "Change", "--request", "GET /api/Change?how=stranger&turns=8")
    for source in ("while not done.is_set():", 'len("counts")'):
        line = report.line("Change/__init__.py", source)
        assert line["occurrences"] > 8
        # It may be less: what the kernel takes back by itself tells of nobody.
        assert line["self_increment_bytes"] < programs.TOLERANCE
    assert_sums(report)
