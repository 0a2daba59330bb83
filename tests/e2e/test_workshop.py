"""The workshop: what pymemtop says of each lesson's apps is what the lesson's page claims, and the
command's own words."""

import glob
import os
import re
import shutil
import subprocess
import sys

import pytest

import programs

DEMO = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
                    "demo")
LESSONS = sorted(glob.glob(os.path.join(DEMO, "lessons", "[0-9]*")))
NAMES = [os.path.basename(lesson) for lesson in LESSONS]
pytestmark = pytest.mark.skipif(programs.SANITIZED, reason="takes minutes with sanitizers")
PACKAGES = re.compile(r"^import (aiohttp|numpy)$", re.M)


def need_packages_of(lesson):
    for path in glob.glob(os.path.join(lesson, "**", "*.py"), recursive=True):
        with open(path) as file:
            for package in PACKAGES.findall(file.read()):
                if not glob.glob(os.path.join(programs.VENV, "lib/python3*/site-packages", package)):
                    pytest.skip("needs {}, which could not be installed".format(package))


def check(*lessons):
    """The lines that the check prints, and its status."""
    result = subprocess.run(
        [sys.executable, os.path.join(DEMO, "workshop_check.py"), programs.PYMEMTOP, *lessons],
        env=programs.environment(), stdout=subprocess.PIPE, encoding="utf-8",
        timeout=4 * programs.LIMIT)
    return result.stdout.splitlines(), result.returncode


def workshop(*arguments):
    return subprocess.run([os.path.join(DEMO, "workshop"), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=programs.LIMIT)


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("lesson", LESSONS, ids=NAMES)
def test_verdict_is_what_the_page_claims(lesson):
    need_packages_of(lesson)
    name = os.path.basename(lesson)
    assert check(lesson) == (["PASS: {}/app".format(name), "PASS: {}/twin".format(name)], 0)


@pytest.fixture
def copied(tmp_path):
    """copied(NAME, OLD, NEW): a lesson whose page says something else."""

    def copy(name, old, new):
        lesson = shutil.copytree(os.path.join(DEMO, "lessons", name), tmp_path / name,
                                 ignore=shutil.ignore_patterns("__pycache__"))
        page = lesson / "page.md"
        text = page.read_text()
        assert text.count(old) == 1
        page.write_text(text.replace(old, new))
        return str(lesson)

    return copy


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("old, new, app, twin", [
    ("\napp: pages.py:12\n", "\napp: none\n", "FAIL: {}/app: pages.py:12 is found", "PASS: {}/twin"),
    ("\napp: pages.py:12\n", "\napp: pages.py:18\n",
     "FAIL: {}/app: pages.py:18 is not found, pages.py:12 is found", "PASS: {}/twin"),
    ("\ntwin: none\n", "\ntwin: pages.py:22\n", "PASS: {}/app",
     "FAIL: {}/twin: pages.py:22 is not found"),
    ("\ntwin: none\n", "\ntwins: none\n", "FAIL: {}/app: the head of the page is wrong: twins",
     "FAIL: {}/twin: the head of the page is wrong: twins"),
    ("\nrequests: 12\n", "\nrequests: few\n", "FAIL: {}/app: pymemtop ended with 2: pymemtop: ",
     "FAIL: {}/twin: pymemtop ended with 2: pymemtop: "),
])
def test_claim_that_does_not_hold_fails(copied, old, new, app, twin):
    name = NAMES[0]
    lines, status = check(copied(name, old, new))
    assert status == 1 and len(lines) == 2
    assert lines[0].startswith(app.format(name)) and lines[1].startswith(twin.format(name))


def test_there_are_ten_lessons_of_leaks_and_two_of_none():
    leaks = 0
    for number, lesson in enumerate(LESSONS, 1):
        assert os.path.basename(lesson).startswith("{:02}-".format(number))
        with open(os.path.join(lesson, "page.md")) as file:
            leaks += "\napp: none\n" not in file.read()
    assert leaks >= 10 and len(LESSONS) - leaks >= 2


def test_lines_that_a_page_names_have_what_it_says():
    """Where a page names PATH:LINE in its text, that is a line of the app with something on it."""
    for lesson in LESSONS:
        with open(os.path.join(lesson, "page.md")) as file:
            named = re.findall(r"([\w/]+\.py):(\d+)", file.read())
        for path, number in named:
            texts = []
            for which in ("app", "twin"):
                if os.path.exists(os.path.join(lesson, which, path)):
                    with open(os.path.join(lesson, which, path)) as file:
                        texts += file.read().splitlines()[int(number) - 1:int(number)]
            assert any(text.strip() for text in texts), (lesson, path, number)


def test_what_comes_and_goes_is_as_much_as_its_page_says():
    lesson = os.path.join(DEMO, "lessons", "13-what-comes-and-goes")
    with open(os.path.join(lesson, "page.md")) as file:
        page = file.read()
    assert "took 8.7 MiB in all" in page and "`curves.measure:8`" in page
    report = programs.Report(os.path.join(lesson, "app"), "-n", 14)
    (line,) = [line for file in report.json["files"] if file["path"].endswith("curves.py")
               for line in file["lines"] if line["line"] == 8]
    assert abs(line["net_python_bytes"] / (1 << 20) - 8.7) < 0.1
    assert 0 < line["retained_bytes"] < 100 << 10


def test_list_names_all_lessons():
    result = workshop("--list")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert [line[:4] for line in lines] == [name[:2] + "  " for name in NAMES]
    assert all(len(line) > 4 for line in lines)


def test_page_is_printed_without_its_head():
    result = workshop("--page", "1")
    assert result.returncode == 0
    assert result.stdout.strip().startswith("# A cache without a limit")
    assert "---" not in result.stdout and result.stdout.endswith("nothing stays.\n")


@pytest.mark.parametrize("arguments", [
    [], ["0"], ["99"], ["x"], ["1234"], ["--page"], ["--page", "99"], ["--check", "99"],
    ["--lists"]])
def test_what_is_no_lesson_is_refused(arguments):
    result = workshop(*arguments)
    assert result.returncode == 2 and result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("workshop: ") and "usage: demo/workshop" in line
