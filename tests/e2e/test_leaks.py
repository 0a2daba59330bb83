"""The verdict on leaks, held against apps that leak and apps that only look as if they did.

An app is a file of tests/leaks/leaks or tests/leaks/lookalikes, or a folder there: a function_app.py
with decorators, or a script with a function main. A comment says how many requests it takes to see,
and `# needs: NAME` a package without which it is skipped. Each line that is to be found has the comment
`# LEAK`, or `# LEAK native` where the memory is not Python's, or `# LEAK on 3.11` where it is that
Python alone that takes memory there; no other line may be found. `# LEAK maybe` is where it is chance:
a tuple, say, out of one of CPython's free lists belongs to the line that once took the block.

All run for the Python that pytest itself runs with, /usr/bin/python3 in tests/run; of the others each
has another quarter, or all where PYMEMTOP_FULL is set.
"""

import glob
import os
import re
import shutil

import pytest

import programs
from programs import Report

LEAKS = os.path.join(os.path.dirname(programs.APPS), "leaks")
CASES = [os.path.relpath(path, LEAKS) for path in
         sorted(glob.glob(os.path.join(LEAKS, "leaks", "*")) +
                glob.glob(os.path.join(LEAKS, "lookalikes", "*")))
         if not path.endswith("__pycache__")]
if programs.VERSION != programs.DEFAULT_VERSION and not programs.FULL:
    CHOSEN = CASES[int(programs.VERSION.split(".")[1]) % 4::4]
else:
    CHOSEN = CASES
MARK = re.compile(r"  # LEAK( native| maybe)?(?: on ([\d. ]+))?$")

# Of the verdict's own code test_leak.py runs all under sanitizers, in a tenth of the time.
pytestmark = [pytest.mark.python, pytest.mark.usefixtures("packages"),
              pytest.mark.skipif(programs.SANITIZED, reason="takes minutes with sanitizers")]


def texts(root):
    """The sources of an app, by their paths in it."""
    found = {}
    for path in glob.glob(os.path.join(root, "**", "*.py"), recursive=True):
        with open(path) as file:
            found[os.path.relpath(path, root)] = file.read()
    return found


def build_app(case, root):
    """The app of a case in the folder `root`, its sources, and the path to give pymemtop."""
    source = os.path.join(LEAKS, case)
    if os.path.isdir(source):
        shutil.copytree(source, root, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        with open(source) as file:
            is_v1 = "def main(" in file.read()
        name = os.path.join("Function", "__init__.py") if is_v1 else "function_app.py"
        (root / name).parent.mkdir(parents=True)
        shutil.copy(source, root / name)
        if is_v1:
            (root / "Function" / "function.json").write_text(programs.HTTP_FUNCTION)
    (root / "host.json").write_text('{"version": "2.0"}\n')
    return texts(root)


def said(name, sources):
    """What the comment `# NAME: ...` of an app says, or None."""
    found = re.search(r"^# {}: (.*)$".format(name), "\n".join(sources.values()), re.M)
    return found and found.group(1)


def marked(sources, version):
    """{(path, line): "", " native" or " maybe"} of the lines that are marked for that Python."""
    found = {}
    for path, text in sources.items():
        for number, line in enumerate(text.splitlines(), 1):
            match = MARK.search(line)
            if match and version in (match.group(2) or version).split():
                found[path, number] = match.group(1) or ""
    return found


def found_leaks(report, root):
    return {(os.path.relpath(leak["path"], str(root)), leak["line"]): leak
            for leak in report.json["leaks"]}


def shown(lines, sources):
    return ["{}:{}: {}".format(path, number,
                               sources[path].splitlines()[number - 1].partition("  # ")[0].strip())
            for path, number in sorted(lines)]


@pytest.mark.parametrize("case", CHOSEN)
def test_leaks_are_told_from_what_looks_like_them(case, tmp_path):
    root = tmp_path / "app"
    sources = build_app(case, root)
    needs = said("needs", sources)
    if needs and not glob.glob(os.path.join(programs.VENV, "lib/python3*/site-packages", needs)):
        pytest.skip("needs {}, which could not be installed".format(needs))
    report = Report(root, "-n", said("requests", sources))
    version = ".".join(report.json["python"].split(".")[:2])
    found, marks = found_leaks(report, root), marked(sources, version)
    expected = {line: mark == " native" for line, mark in marks.items()
                if mark != " maybe" or line in found}
    assert bool(marks) == case.startswith("leaks")
    assert shown(found, sources) == shown(expected, sources)
    assert {line: leak["native"] for line, leak in found.items()} == expected


def test_there_are_twenty_of_each():
    for folder in ("leaks", "lookalikes"):
        assert sum(case.startswith(folder + os.sep) for case in CASES) >= 20
