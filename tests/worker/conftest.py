"""Tests of the worker by itself: no host, no screen.

PYMEMTOP_BUILD    the folder in which pymemtop was built
PYMEMTOP_VENV     a virtual environment with the packages of tests/requirements.txt, or nothing
PYMEMTOP_PYTHON   which worker, as "3.11"; else the one for the environment
"""

import glob
import itertools
import os
import pathlib
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from worker_process import Worker  # noqa: E402

VENV = os.environ.get("PYMEMTOP_VENV", "")


def python_version():
    """The version under test: PYMEMTOP_PYTHON, else that of the environment; "*" for any."""
    if os.environ.get("PYMEMTOP_PYTHON"):
        return os.environ["PYMEMTOP_PYTHON"]
    if not VENV:
        return "*"
    (packages,) = glob.glob(os.path.join(VENV, "lib", "python3.*"))
    return os.path.basename(packages)[len("python"):]


def worker_program():
    build = os.environ.get("PYMEMTOP_BUILD", "")
    name = "pymemtop-worker-" + python_version()
    found = glob.glob(os.path.join(build, name)) if build else []
    programs = [path for path in found if os.access(path, os.X_OK) and os.path.isfile(path)]
    assert programs, "PYMEMTOP_BUILD must name a folder in which {} was built".format(name)
    return programs[0]


def worker_programs():
    """Those of all Pythons, or PYMEMTOP_PYTHON's alone, for tests that need no package of the
    environment."""
    build = os.environ.get("PYMEMTOP_BUILD", "")
    name = "pymemtop-worker-" + (os.environ.get("PYMEMTOP_PYTHON") or "3.*")
    return sorted(path for path in glob.glob(os.path.join(build, name))
                  if build and os.access(path, os.X_OK) and os.path.isfile(path))


def environment_python():
    return os.path.join(VENV, "bin", "python") if VENV else None


def skip_without(packages):
    if packages and not VENV:
        pytest.skip("needs {}, which could not be installed".format(", ".join(packages)))


@pytest.fixture
def start(tmp_path):
    """start(files, executable=...): a worker for an app of those files, {path: text}."""
    workers = []

    def starter(files, executable=None, environment=None, needs=("azure-functions",), stdin=False):
        skip_without(needs)
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        worker = Worker(worker_program(), executable or environment_python(), tmp_path,
                        environment or {}, stdin)
        workers.append(worker)
        return worker

    yield starter
    for worker in workers:
        worker.end()


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """The worker of load_one, and the names of its functions."""
    workers = []

    def get():
        if not workers or workers[-1].process.poll() is not None:
            workers.append(Worker(worker_program(), environment_python(),
                                  tmp_path_factory.mktemp("shared"), {}))
        return workers[-1]

    yield get, ("f{}".format(number) for number in itertools.count(1))
    for worker in workers:
        worker.end()


@pytest.fixture
def load_one(shared):
    """load_one(source, bindings=...): a worker that has loaded that function among others, and what it
    says of it; the name is in it. For tables of many small cases, since a worker takes a quarter of a
    second to start. What such a function does to its worker must end with it."""
    skip_without(("azure-functions",))
    get, names = shared

    def load(source, **how):
        worker, name = get(), next(names)
        path = pathlib.Path(worker.root, name, "__init__.py")
        path.parent.mkdir()
        path.write_text(source)
        return worker, worker.load(name, **how)

    return load
