"""End-to-end tests: the built programs, real function apps over HTTP, and real terminals.

PYMEMTOP_BUILD      the folder in which pymemtop was built
PYMEMTOP_VENV       a virtual environment with the packages of tests/requirements.txt; tests that
                    need one are skipped where it is empty or missing
PYMEMTOP_SANITIZED  what --with-sanitizer was given, nothing for a plain build: with sanitizers the
                    figures of memory are other ones
PYMEMTOP_KUSTO      the folder that tests/kusto/run has made, for the tests that need it
PYMEMTOP_REAL_PACKAGES  anything: test_real_packages.py installs old versions of packages, from PyPI
PYMEMTOP_FULL       anything: what takes long is not shortened
PYMEMTOP_TEST_LIMIT seconds to wait for anything (60); nothing is ever waited for longer than needed
"""

import os
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

import programs  # noqa: E402
import terminals  # noqa: E402

# The files whose tests all have the marker `python`: they see events, frames, blocks, and the program's
# own use of its Python. (The others test the host alone, but for tests that carry a marker themselves.)
# A test among them that is of the host has the marker `host`.
OF_PYTHON = {"test_figures", "test_heap", "test_hostile", "test_memory_profiler", "test_occurrences",
             "test_other_tools", "test_random_programs", "test_real_packages", "test_run", "test_tasks",
             "test_verify_rss", "test_versions"}
# Those whose tests all have the marker `glue`: they see what the worker's Python code does with the
# library of its Python.
OF_GLUE = {"test_batch", "test_demo", "test_demo_apps", "test_howto", "test_logging", "test_reload",
           "test_routes", "test_start", "test_v2", "test_worker_death"}
# Programs and scripts that a sanitizer has no part in, or that have run in another build as they are.
OF_NO_BUILD = {"test_configure", "test_setup"}


def pytest_collection_modifyitems(items):
    for item in items:
        name = item.module.__name__
        if item.get_closest_marker("host"):
            continue
        if name in OF_PYTHON and not item.get_closest_marker("glue"):
            item.add_marker(pytest.mark.python)
        elif name in OF_GLUE and not item.get_closest_marker("python"):
            item.add_marker(pytest.mark.glue)
        elif name in OF_NO_BUILD and programs.SANITIZED:
            item.add_marker(pytest.mark.skip(reason="runs nothing that sanitizers are in"))


@pytest.fixture
def packages():
    """Skips the test where the packages of the function apps are missing."""
    if not programs.VENV:
        pytest.skip("needs azure-functions, which could not be installed")


@pytest.fixture
def copy_app(tmp_path):
    """copy_app(NAME): a copy of tests/apps/NAME that the test may change; its path."""

    def copy(name):
        return shutil.copytree(os.path.join(programs.APPS, name), tmp_path / "apps" / name,
                               ignore=shutil.ignore_patterns("__pycache__"))

    return copy


@pytest.fixture
def write_app(tmp_path):
    """write_app({path: text}): an app of those files; its root."""

    def write(files, name="app"):
        root = tmp_path / name
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return root

    return write


@pytest.fixture
def start():
    """start(PATH, *options): `pymemtop start`, with its functions loaded."""
    running = []

    def starter(path, *options, **more):
        server = programs.Server(path, *options, **more)
        running.append(server)
        server.wait_line("^Functions:")
        return server

    yield starter
    for server in running:
        server.end()


@pytest.fixture
def tmux(tmp_path):
    """tmux(cols, rows): a shell in a terminal of its own."""
    if not shutil.which("tmux"):
        pytest.skip("needs tmux")
    running = []

    def starter(cols=120, rows=30, term="tmux-256color", environment=None):
        terminal = terminals.Tmux(tmp_path, cols, rows, term, environment or {})
        running.append(terminal)
        return terminal

    yield starter
    for terminal in running:
        terminal.end()


@pytest.fixture
def pty():
    """pty(*arguments): pymemtop on a pseudo terminal that the test reads."""
    running = []

    def starter(*arguments, **more):
        terminal = terminals.Pty([programs.PYMEMTOP, *map(str, arguments)], **more)
        running.append(terminal)
        return terminal

    yield starter
    for terminal in running:
        terminal.end()


@pytest.fixture(scope="session", autouse=True)
def built():
    assert programs.PYMEMTOP and os.access(programs.PYMEMTOP, os.X_OK), \
        "PYMEMTOP_BUILD must name a folder in which pymemtop was built"
    subprocess.run([programs.PYMEMTOP, "--version"], check=True, stdout=subprocess.DEVNULL)
