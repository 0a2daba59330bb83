"""Runs scripts/*.py inside the worker's interpreter; a script says what it needs in its first line.
They print a line for each test and end with an exception where one fails."""

import glob
import os
import subprocess

import pytest
from conftest import environment_python, skip_without, worker_program

FOLDER = os.path.join(os.path.dirname(__file__), "scripts")
SCRIPTS = [path for path in sorted(glob.glob(os.path.join(FOLDER, "*.py")))
           if os.path.basename(path) != "cases.py"]


def needs(path):
    with open(path) as script:
        first = script.readline()
    return first[len("# needs: "):].split() if first.startswith("# needs: ") else []


@pytest.mark.parametrize("path", SCRIPTS, ids=os.path.basename)
def test_script(path):
    packages = needs(path)
    skip_without(packages)
    command = [worker_program(), "--run", path]
    if packages:
        command += ["--executable", environment_python()]
    environment = dict(os.environ)
    # A request for more than there is fails, and is no fault.
    environment["ASAN_OPTIONS"] = ":".join(filter(None, [environment.get("ASAN_OPTIONS"),
                                                         "allocator_may_return_null=1"]))
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300, text=True)
    with open(path) as script:
        tests = script.read().count("def test_")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("ok test_") == tests, done.stdout
