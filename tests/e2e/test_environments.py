"""The app's environment and the worker's Python: of one version, but not of one build."""

import glob
import os
import subprocess

import pytest

import programs
from programs import HTTP_FUNCTION

pytestmark = [pytest.mark.usefixtures("packages"), pytest.mark.glue]

# Uses what aiohttp and its kin have in C, and says which Python it runs on.
COMPILED = """import sys

import _ssl
import multidict._multidict
from aiohttp import http_parser, web


async def main(req) -> str:
    pairs = multidict._multidict.CIMultiDict(a="1")
    parser = http_parser.RawRequestMessage.__module__
    files = [multidict._multidict.__file__, _ssl.__file__]
    return "|".join([sys.version.split()[0], sys.prefix, pairs["A"], parser] + files)
"""


def ask(interpreter, question):
    return subprocess.run([interpreter, "-I", "-c", question], stdout=subprocess.PIPE, check=True,
                          encoding="utf-8").stdout.strip()


def other_build(worker_python):
    """An interpreter of the same version, but of another patch level, than the worker's."""
    version = worker_python.rpartition(".")[0]
    places = ["/usr/bin/python" + version, "/usr/local/bin/python" + version] + sorted(glob.glob(
        os.path.expanduser("~/.pyenv/versions/{}.*/bin/python3".format(version))))
    for place in places:
        if os.access(place, os.X_OK) and \
                ask(place, "import platform; print(platform.python_version())") != worker_python:
            return place
    return pytest.skip("needs another Python {} than {}".format(version, worker_python))


def test_environment_of_another_patch_level(write_app, start, tmp_path):
    """The worker has its own libpython and its standard library, the environment the packages."""
    app = write_app({"host.json": "{}", "Fn/function.json": HTTP_FUNCTION, "Fn/__init__.py": COMPILED})
    status, body = start(app).get("Fn")
    assert status == 200, body
    before = body.decode().split("|")
    folder = tmp_path / "venv"
    subprocess.run([other_build(before[0]), "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python3.*/site-packages")
    (installed,) = glob.glob(os.path.join(programs.VENV, "lib/python3.*/site-packages"))
    (packages / "installed.pth").write_text(installed + "\n")
    status, body = start(app, env={"VIRTUAL_ENV": folder}).get("Fn")
    assert status == 200, body
    after = body.decode().split("|")
    assert after[1] == str(folder)
    assert after[0] == before[0] and after[2:] == before[2:]


def test_environment_without_the_interpreter_lock_is_refused(write_app, tmp_path):
    """What is compiled for such a Python does not load into the worker's."""
    folder = tmp_path / "venv"
    (folder / "lib/python3.13t/site-packages").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.13.1\n")
    app = write_app({"host.json": "{}", "Fn/function.json": HTTP_FUNCTION, "Fn/__init__.py": COMPILED})
    result = programs.batch(app, env={"VIRTUAL_ENV": folder})
    assert result.returncode == 4
    assert "{} is of a free-threaded Python 3.13".format(folder) in programs.error_line(result)
