"""Debuggers, profilers and coverage, used by a function of the app: they see what they see without
pymemtop, leave nothing behind, and pymemtop goes on counting where it can."""

import json
import os
import subprocess

import pytest

from programs import APPS, LIMIT, VENV, environment

pytestmark = pytest.mark.usefixtures("packages")
TOOLS = APPS + "/tools"
# What takes the place of a trace function, which up to Python 3.11 pymemtop is one of.
TRACERS = {"settrace", "both", "failing_tracer", "debugger", "coverage_c", "coverage_python",
           "debugpy", "threads"}
PACKAGES = {"coverage_c": "coverage", "coverage_python": "coverage",
            "coverage_monitoring": "coverage", "debugpy": "debugpy"}
NAMES = sorted(TRACERS | set(PACKAGES) | {"setprofile", "cprofile", "monitoring"})


def python(code):
    command = [os.path.join(VENV, "bin", "python"), "-c", code]
    done = subprocess.run(command, cwd=TOOLS, env=environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=2 * LIMIT)
    return done.stdout if done.returncode == 0 else None


@pytest.fixture(scope="module")
def version():
    if not VENV:
        pytest.skip("needs azure-functions, which could not be installed")
    return tuple(map(int, python("import sys; print(sys.version_info[1])").split()))[0]


def skip_what_there_is_not(name, version):
    if name in ("monitoring", "coverage_monitoring") and version < 12:
        pytest.skip("sys.monitoring came with Python 3.12")
    if name in PACKAGES and python("import " + PACKAGES[name]) is None:
        pytest.skip("needs {}, which could not be installed".format(PACKAGES[name]))


def occurrences(report, source):
    return [line["occurrences"] for file in report["files"] for line in file["lines"]
            if file["path"].endswith("/work.py") and line["source"].strip() == source][0]


def expected(name, version):
    """How often step() and its two lines have run in two requests: three times three in each of
    them, a third of which is not seen line by line where the tool traces in pymemtop's place."""
    if name == "failing_tracer":
        # The first call under it fails; from 3.12 on it does so before pymemtop hears of it.
        return 14 if version < 12 else 12, 12, 12
    if name == "debugger" and version < 12:
        return 18, 14, 16  # it goes within the second call under it, between the two lines
    lines = 12 if name in TRACERS and version < 12 else 18
    return 18, lines, lines


@pytest.mark.parametrize("name", NAMES)
def test_beside(name, version, start, tmp_path):
    skip_what_there_is_not(name, version)
    plain = json.loads(python("import beside; print(beside.run({!r}))".format(name)))
    path = tmp_path / "report.json"
    server = start(TOOLS, "--report", "--format", "json", "-o", path)
    # Twice, so that the second begins with what the first has left.
    for _ in range(2):
        status, body = server.get("Beside?tool=" + name)
        assert (status, json.loads(body)) == (200, plain)
    assert server.stop() == 0
    report = json.loads(path.read_text())
    assert tuple(occurrences(report, source) for source in (
        "def step(n):", "value = n * 2", "return max(value, 0)")) == expected(name, version)
