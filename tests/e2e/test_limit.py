"""A memory limit: a worker that goes over it is killed, and only for that is it said to be."""

import json
import os
import re
import signal

import pytest

import programs
from programs import MIB, Report, batch, error_line, wait_for

pytestmark = pytest.mark.usefixtures("packages")

LIMIT_MIB = 400
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
KILLED = (r"worker killed by SIGKILL \(exit code 137\) at Grow/__init__\.py:(\d+), "
          r"over the limit of 400 MiB")
# There is but one line to be killed at.
GROWS = 'for _ in range(1000): KEPT.append(b"x" * (8 << 20)); time.sleep(0.01)'
APP = {
    "host.json": "{}",
    "Grow/function.json": programs.HTTP_FUNCTION,
    "Grow/__init__.py": """import time

KEPT = []


def main(req) -> str:
    """ + GROWS + """
    return "grown"
""",
    "Fine/function.json": programs.HTTP_FUNCTION,
    "Fine/__init__.py": """def main(req) -> str:
    block = b"x" * (100 << 20)
    return str(len(block))
""",
    "Child/function.json": programs.HTTP_FUNCTION,
    "Child/__init__.py": """import subprocess
import sys

CODE = "import sys; block = b'x' * (600 << 20); print('grown', len(block))"


def main(req) -> str:
    return subprocess.run([sys.executable, "-c", CODE], stdout=subprocess.PIPE).stdout.decode()
""",
    "Kill/function.json": programs.HTTP_FUNCTION,
    "Kill/__init__.py": """import os
import signal


def main(req) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
""",
}


def start_limited(start, app):
    server = start(app, "--limit", "{}M".format(LIMIT_MIB))
    means = server.wait_line(r"memory limit 400 MiB (by cgroup$|by watching RSS, since no cgroup "
                             r"can be made here: .+)").group(1)
    return server, means.startswith("by cgroup")


def test_call_that_grows_is_killed_and_the_next_one_served(write_app, start):
    server, _ = start_limited(start, write_app(APP))
    first = server.worker
    status, body = server.get("Grow")
    assert status == 502
    assert re.fullmatch(KILLED + "\n", body.decode())
    match = server.wait_line(KILLED + r"; it is started again in 0\.\d+ s")
    assert match.group(1) == "7"
    call = server.wait_line(r"python exited with code 137 while it ran "
                            r"Functions\.Grow \(Id=({})\)$".format(UUID))
    server.wait_line(r"Executed 'Functions\.Grow' \(Failed, Id={}, ".format(call.group(1)))
    assert server.get("Fine") == (200, b"104857600")
    assert server.worker != first
    assert server.stop() == 0


def test_worker_within_the_limit_lives(write_app, start):
    server, _ = start_limited(start, write_app(APP))
    first = server.worker
    for _ in range(5):
        assert server.get("Fine") == (200, b"104857600")
    assert server.worker == first
    assert "over the limit" not in server.console and "python exited" not in server.console


def test_what_the_worker_starts_counts_in_a_cgroup(write_app, start):
    """And not where the RSS is watched, as the manual says."""
    server, by_cgroup = start_limited(start, write_app(APP))
    if by_cgroup:
        assert server.get("Child")[0] == 502
        server.wait_line(r"worker killed by SIGKILL .* at Child/.*, over the limit of 400 MiB")
    else:
        assert server.get("Child") == (200, b"grown 629145600\n")


@pytest.mark.parametrize("from_outside", [False, True])
def test_worker_killed_by_others_is_not_blamed_on_the_limit(write_app, start, from_outside):
    server, _ = start_limited(start, write_app(APP))
    if from_outside:
        os.kill(server.worker, signal.SIGKILL)
        server.wait_line(r"worker killed by SIGKILL \(exit code 137\); it is started again")
        server.wait_line(r"python exited with code 137$")
    else:
        assert server.get("Kill")[0] == 502
        server.wait_line(r"worker killed by SIGKILL \(exit code 137\) at Kill/__init__\.py:6; ")
    assert server.get("Fine")[0] == 200
    assert "over the limit" not in server.console


@pytest.mark.python
def test_next_worker_is_limited_as_well(write_app, start):
    server, _ = start_limited(start, write_app(APP))
    for times in (1, 2):
        assert server.get("Grow")[0] == 502
        wait_for(lambda: server.console.count("over the limit of 400 MiB; ") == times, "death")


def test_batch_reports_what_it_has_and_exits_with_137(write_app):
    app = write_app(APP)
    report = Report(app / "Grow", "--limit", LIMIT_MIB * MIB, "-n", "3", status=137)
    assert re.search(KILLED + "$", report.result.stderr, re.M)
    assert report.json["limit_bytes"] == LIMIT_MIB * MIB
    assert report.invocations[-1]["outcome"] == "killed"
    assert report.line("Grow/__init__.py", GROWS)


def test_plan(write_app):
    result = batch("--plan", "ep3", "--verbose", "--format", "json", write_app(APP) / "Fine")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["limit_bytes"] == 14336 * MIB
    assert re.search(r"memory limit 14 GiB \(ep3\) by ", result.stderr)


def test_no_limit(write_app):
    report = Report(write_app(APP) / "Fine", "--verbose")
    assert report.json["limit_bytes"] is None
    assert "memory limit" not in report.result.stderr


def test_app_that_is_too_large_to_be_loaded(write_app):
    app = write_app({
        "host.json": "{}",
        "Big/function.json": programs.HTTP_FUNCTION,
        "Big/__init__.py": "import time\n\nBLOCK = b'x' * (500 << 20)\ntime.sleep(60)\n\n\n"
                           "def main(req) -> str:\n    return 'never'\n"})
    result = batch("--limit", "400M", app)
    assert result.returncode == 137
    assert re.search(r"worker killed by SIGKILL \(exit code 137\) at Big/__init__\.py:[34], "
                     r"over the limit of 400 MiB$", result.stderr, re.M)


@pytest.mark.parametrize("options, words", [
    (("--limit", "16M"), "--limit takes 32 MiB or more, not '16M': with less Python itself does "
                         "not run"),
    (("--limit", "much"), "--limit takes a size, as 512M, 1.5G or 200MiB, not 'much'"),
    (("--plan", "ep4"), "--plan takes consumption, flex-512, flex-2048, flex-4096, ep1, ep2 or "
                        "ep3, not 'ep4'"),
    (("--plan", "ep1", "--limit", "1G"), "--limit and --plan both set the limit; leave one of "
                                         "them out"),
])
def test_wrong_usage(options, words):
    result = batch(*options)
    assert result.returncode == 2
    assert error_line(result) == words
