"""Occurrences are those of memory_profiler 0.61, run for real on the same Python, for every shape of
synchronous code, where it is right."""

import json
import os
import subprocess

import pytest

from programs import APPS, VENV, Report

pytestmark = pytest.mark.usefixtures("packages")
SHAPES = APPS + "/shapes"
COUNTER = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "occurrences_of_memory_profiler.py")
# Up to Python 3.10 it does not see what a generator does when it is dropped.
UNSEEN = {"yield 1", 'len("dropped")', "finally:"}


@pytest.fixture(scope="module")
def report():
    if not VENV:
        pytest.skip("needs azure-functions, which could not be installed")
    return Report(SHAPES + "/Run")


def count(module):
    """{line: occurrences} by memory_profiler"""
    python = os.path.join(VENV, "bin", "python")
    done = subprocess.run([python, COUNTER, SHAPES, module], check=True, stdout=subprocess.PIPE)
    return {int(line): times for line, times in json.loads(done.stdout).items()}


def differences(report, module, is_wrong=lambda line: False):
    """What differs of the lines that memory_profiler has measured, and how many these are."""
    lines = {line["line"]: line for line in report.file("/{}.py".format(module))["lines"]}
    theirs = count(module)
    return len(theirs), [(lines[number]["source"], times, lines[number]["occurrences"])
                         for number, times in theirs.items()
                         if lines[number]["occurrences"] != times and not is_wrong(lines[number])]


def python_of(report):
    return tuple(map(int, report.json["python"].split(".")[:2]))


def test_every_shape(report):
    start = next(line["line"] for line in report.file("/shapes.py")["lines"]
                 if line["source"] == "def dropped():")

    def is_wrong(line):
        return python_of(report) < (3, 11) and start < line["line"] < start + 5 \
            and line["source"].strip() in UNSEEN

    measured, wrong = differences(report, "shapes", is_wrong)
    assert measured > 250
    assert wrong == []


def test_a_dropped_generator_has_run_to_its_end(report):
    assert report.line("/shapes.py", 'len("dropped")')["occurrences"] == 1


def test_match(report):
    if python_of(report) < (3, 10):
        pytest.skip("needs match, which came with Python 3.10")
    measured, wrong = differences(report, "shapes_310")
    assert measured > 8
    assert wrong == []


def test_the_start_of_a_module_is_on_no_line(write_app):
    """Its first line ran as often as the others, and an empty one did not run at all."""
    lines = ["import json", "import kept", "", "def main(req):", "    return json.dumps(kept.COUNT)"]
    binding = {"type": "httpTrigger", "direction": "in", "name": "req"}
    app = write_app({"host.json": '{"version": "2.0"}', "Run/__init__.py": "\n".join(lines) + "\n",
                     "kept.py": "\nCOUNT = 0\n",
                     "Run/function.json": json.dumps({"bindings": [
                         binding, {"type": "http", "direction": "out", "name": "$return"}]})})
    report = Report(app / "Run")
    counted = [[(line["line"], line["occurrences"]) for line in report.file(name)["lines"]]
               for name in ("Run/__init__.py", "kept.py")]
    assert counted == [[(1, 1), (2, 1), (4, 1), (5, 1)], [(2, 1)]]
