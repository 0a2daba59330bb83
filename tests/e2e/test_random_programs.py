"""Programs made at random: every line has what it took, its callers have it once, and all of it adds
up. PYMEMTOP_SEEDS=FIRST:LAST tries others than the usual ones."""

import os

import pytest

import programs
from programs import MIB, SANITIZED, Report
from random_programs import Program

pytestmark = pytest.mark.usefixtures("packages")
PAGE = os.sysconf("SC_PAGE_SIZE")
FIRST, LAST = map(int, os.environ.get("PYMEMTOP_SEEDS", "0:25").split(":"))
SEEDS = range(FIRST, LAST)
FIXED = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "1"}
# Each request runs the next program.
MAIN = """\
import importlib

import azure.functions as func

ALL = [importlib.import_module("program_{{}}".format(seed)) for seed in range({}, {})]
LEFT = list(ALL)


{}def main(req: func.HttpRequest) -> func.HttpResponse:
    program = LEFT.pop(0)
    {}program.entry()
    program.KEPT.clear()  # given back
    return func.HttpResponse("ran")
"""


def run(write_app, is_async, threads, *options):
    made = {seed: Program(seed, is_async, threads) for seed in SEEDS}
    words = ("async ", "await ") if is_async else ("", "")
    files = {"program_{}.py".format(seed): program.source for seed, program in made.items()}
    app = write_app({"host.json": "{}", "Run/function.json": programs.HTTP_FUNCTION,
                     "Run/__init__.py": MAIN.format(FIRST, LAST, *words), **files})
    return made, Report(app / "Run", "-n", len(SEEDS), *options, env=FIXED)


def assert_sums(report):
    assert len(report.invocations) == len(SEEDS) + 1
    for one in report.invocations:
        assert one["outcome"] == "succeeded"
        assert one["rss_end_bytes"] - one["rss_start_bytes"] == sum(
            one["rss_{}_bytes".format(part)] for part in ("lines", "elsewhere", "shared")), one
    own = sum(line["self_increment_bytes"] for file in report.json["files"]
              for line in file["lines"])
    assert sum(one["rss_lines_bytes"] for one in report.invocations) == own


def pages_beside(line):
    """The page that a block begins in, and what objects, frames and the stack come to touch."""
    return 4 * line.executions if line.executions else 64


def differences(seed, program, report):
    """What is not as it must be, of one program."""
    measured = {line["line"]: line
                for line in report.file("/program_{}.py".format(seed))["lines"]}
    for number, must in sorted(program.lines.items()):
        line = measured.get(number)
        if line is None:
            if must.with_callees or must.executions:
                yield number, "did not run"
            continue
        own, whole = line["self_increment_bytes"], line["increment_bytes"]
        if abs(own - must.own * MIB) > pages_beside(must) * PAGE:
            yield number, line["source"], "itself", own / MIB, must.own
        if abs(whole - must.with_callees * MIB) > programs.TOLERANCE:
            yield number, line["source"], "with callees", whole / MIB, must.with_callees
        if must.executions and must.executions != line["occurrences"]:
            yield number, line["source"], "times", line["occurrences"], must.executions


def heap_differences(seed, program, report):
    """The same for the heap, where nothing depends on pages, nor on what runs at once."""
    for line in report.file("/program_{}.py".format(seed))["lines"]:
        must = program.lines.get(line["line"])
        # The objects around the blocks: tasks, frames, event loops. A block has a MiB at least.
        spare = MIB // 4
        mib = must.own if must else 0
        if abs(line["net_python_bytes"] - mib * MIB) > spare:
            yield line["line"], line["source"], "heap", line["net_python_bytes"] / MIB, mib


def assert_heap(made, report):
    wrong = {seed: list(heap_differences(seed, program, report)) for seed, program in made.items()}
    assert not {seed: lines for seed, lines in wrong.items() if lines}


def assert_lines(made, report):
    wrong = {seed: list(differences(seed, program, report)) for seed, program in made.items()}
    assert not {seed: lines for seed, lines in wrong.items() if lines}


@pytest.mark.skipif(SANITIZED, reason="the pages of a sanitizer's own")
@pytest.mark.parametrize("is_async", [False, True])
def test_one_after_the_other(write_app, is_async):
    made, report = run(write_app, is_async, False)
    assert_sums(report)
    assert_lines(made, report)
    assert_heap(made, report)
    for one in report.invocations[1:]:
        assert one["rss_shared_bytes"] == one["heap_shared_bytes"] == 0
        assert abs(one["rss_elsewhere_bytes"]) < programs.TOLERANCE


@pytest.mark.skipif(SANITIZED, reason="the pages of a sanitizer's own")
def test_at_once_in_one_loop(write_app):
    """One line runs at a time, so that nothing is in doubt."""
    made, report = run(write_app, True, False, "--concurrency", "5")
    assert_sums(report)
    assert_lines(made, report)
    assert_heap(made, report)


# What is nobody's, in pages, and may count for the only line that runs. The first touch of a file's
# page brings 16 (the kernel's fault_around_bytes): each part of a library is first used on some line.
# A thread that ends gives back 4 to 7 pages of stack when nobody waits for it any more; and a kernel
# that is short of memory takes back pages of libraries, of which nobody is told.
BROUGHT, TAKEN_BACK = 3 * 16, 128


def excesses(seed, program, report):
    """Lines that were charged with more than they took or gave back, and so with another's."""
    for line in report.file("/program_{}.py".format(seed))["lines"]:
        must = program.lines.get(line["line"])
        own, mib = line["self_increment_bytes"], must.own if must else 0
        more = less = programs.TOLERANCE
        if must and must.executions:
            more = (pages_beside(must) + BROUGHT) * PAGE
            less = (pages_beside(must) + TAKEN_BACK) * PAGE
        if not min(mib, 0) * MIB - less <= own <= max(mib, 0) * MIB + more:
            yield line["line"], line["source"], own / MIB, mib


@pytest.mark.skipif(SANITIZED, reason="the pages of a sanitizer's own")
@pytest.mark.parametrize("is_async", [False, True])
def test_at_once_in_threads(write_app, is_async):
    """What nobody can know stands on no line: what does is the line's own."""
    made, report = run(write_app, is_async, True, "--concurrency", "5")
    assert_sums(report)
    assert_heap(made, report)
    wrong = {seed: list(excesses(seed, program, report)) for seed, program in made.items()}
    assert not {seed: lines for seed, lines in wrong.items() if lines}
    lines = [line for file in report.json["files"] for line in file["lines"]]
    taken = sum(line["self_increment_bytes"] for line in lines if "bytearray" in line["source"])
    must = sum(line.own for program in made.values() for line in program.lines.values()
               if line.own > 0)
    assert taken > 0.5 * must * MIB
