"""Leaks of released packages: an old version whose line is named, and the version that mended it, in
which nothing is found.

They are tested only where PYMEMTOP_REAL_PACKAGES is set (to anything), as the packages of the table
below are installed for that from PyPI: each version in an environment of its own, which stays in the
folder `packages` of the build for the next time. A Python that a version was not built for is left
out.
"""

import http.server
import os
import subprocess
import threading
from dataclasses import dataclass
from typing import Tuple

import pytest

import programs
from programs import HTTP_FUNCTION, Report

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
APPS = os.path.join(TESTS, "packages")
SETUP = os.path.join(TESTS, "..", "demo", "setup.sh")
REQUESTS = 20
# All that is installed, but for what the table names. The dependencies of some need no more than a
# Python of their own to differ, and leak themselves in some versions.
COMMON = ("azure-functions==1.21.3",)
OF_AIOHTTP = ("aiohappyeyeballs==2.6.1", "aiosignal==1.3.2", "async-timeout==5.0.1",
              "attrs==25.3.0", "frozenlist==1.6.0", "idna==3.10", "multidict==6.4.4",
              "propcache==0.3.1", "typing-extensions==4.12.2", "yarl==1.20.0")
OF_PYDANTIC = ("annotated-types==0.7.0", "typing-extensions==4.12.2")
ALL = ("3.9", "3.10", "3.11", "3.12", "3.13")


@dataclass
class Case:
    app: str  # folder below tests/packages, with one function
    line: str  # that leaks: its source
    least: int  # bytes of each invocation, at the least
    leaky: str
    mended: str
    pythons: Tuple[str, ...]  # there are wheels of both versions for
    dependencies: Tuple[str, ...] = ()
    native: bool = False  # not of Python's allocators


CASES = [
    Case("aiohttp", 'async with SESSION.get("{}/{}".format(orders, number)) as response:', 10_000,
         "aiohttp==3.12.2", "aiohttp==3.12.3", ALL, OF_AIOHTTP),
    Case("msgspec", "readings = DECODER.decode(BODY)", 30_000,
         "msgspec==0.14.1", "msgspec==0.14.2", ("3.9", "3.10", "3.11")),
    Case("multidict", 'headers.update({name: "yes" for name in NAMES})', 5_000,
         "multidict==6.2.0", "multidict==6.4.2", ALL, ("typing-extensions==4.12.2",)),
    Case("numpy", "matrix = numpy.eye(3)", 60_000,
         "numpy==2.4.0", "numpy==2.4.1", ("3.11", "3.12", "3.13"), native=True),
    Case("orjson", 'text = "{} is no JSON. ".format(type(value).__name__) * 1000', 15_000,
         "orjson==3.9.0", "orjson==3.9.1", ("3.9", "3.10", "3.11")),
    Case("pydantic", "adapter = TypeAdapter(List[Item])", 1_000,
         "pydantic==2.5.2", "pydantic==2.5.3", ALL[:4], OF_PYDANTIC),
    Case("ujson", "accounts = ujson.loads(BODY)", 20_000,
         "ujson==5.11.0", "ujson==5.12.0", ("3.10", "3.11", "3.12", "3.13")),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.app)


def script(case):
    """The file of the only function of the case's app."""
    (function,) = [entry.path for entry in os.scandir(os.path.join(APPS, case.app))
                   if entry.is_dir() and entry.name != "__pycache__"]
    return os.path.join(function, "__init__.py")


def python_version():
    return subprocess.run([os.path.join(programs.VENV, "bin", "python"), "-c",
                           "import sys; print('%d.%d' % sys.version_info[:2])"],
                          check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def environment_with(case, version, python):
    """A virtual environment that has the version; skips the test where it cannot be made."""
    folder = os.path.join(programs.BUILD, "packages")
    os.makedirs(os.path.join(folder, ".state"), exist_ok=True)
    place = os.path.join(folder, "{}-{}".format(python, version.replace("==", "-")))
    wanted = place + ".txt"
    with open(wanted, "w") as file:
        file.write("\n".join(("--only-binary :all:", *COMMON, *case.dependencies, version)) + "\n")
    made = subprocess.run(
        ["bash", "-euc", 'top=$1; . "$2"; need_venv "$3" "$4" "$5"', "setup", folder, SETUP, place,
         wanted, os.path.join(programs.VENV, "bin", "python")], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(made.stderr.strip().rpartition("\n")[2])
    return place


@pytest.fixture
def service():
    """The URL of a service that sets a cookie with each answer. (By its name: cookies of addresses
    are not kept.)"""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Set-Cookie", "visited=yes; Path=/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield "http://localhost:{}".format(server.server_address[1])
        server.shutdown()
        thread.join()


@each_case
def test_the_app_has_the_line(case):
    with open(script(case)) as file:
        assert [line.strip() for line in file].count(case.line) == 1
    with open(os.path.join(os.path.dirname(script(case)), "function.json")) as file:
        assert file.read() == HTTP_FUNCTION


@each_case
@pytest.mark.usefixtures("packages")
@pytest.mark.skipif(programs.SANITIZED, reason="the packages are not built for a sanitizer")
@pytest.mark.skipif(not os.environ.get("PYMEMTOP_REAL_PACKAGES"),
                    reason="installs old packages: only with PYMEMTOP_REAL_PACKAGES")
def test_its_leak_is_found_and_goes_with_the_next_version(case, service):
    python = python_version()
    if python not in case.pythons:
        pytest.skip("{} was not built for Python {}".format(case.leaky, python))
    name = os.path.basename(os.path.dirname(script(case)))

    def report(version, status):
        return Report(os.path.join(APPS, case.app), "-n", REQUESTS, "--fail-on", "leak",
                      "--request", "GET /api/{}?service={}".format(name, service),
                      "--python", environment_with(case, version, python), status=status)

    leaky = report(case.leaky, 3)
    line = leaky.line("__init__.py", case.line)
    worst = leaky.json["leaks"][0]
    assert worst["path"].endswith(os.path.join(name, "__init__.py"))
    assert worst["line"] == line["line"], leaky.json["leaks"]
    assert worst["bytes_per_invocation"] >= case.least
    assert worst["kept"] >= 0.8 * worst["of"] >= 8
    assert line["leak"]["bytes_per_invocation"] == worst["bytes_per_invocation"]
    if case.native:
        assert line["net_native_bytes"] > 0.8 * line["retained_bytes"]

    mended = report(case.mended, 0)
    assert mended.json["leaks"] == []
    assert mended.line("__init__.py", case.line)["leak"] is None
