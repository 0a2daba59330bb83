"""A file that is edited between two workers: two versions, whose numbers are never mixed."""

import json
import os
import signal

import pytest

import programs

pytestmark = pytest.mark.usefixtures("packages")

OLD = """KEPT = []

def main(req) -> str:
    KEPT.append(bytearray(b"x") * (8 << 20))
    helper.nothing()
    return "old"
"""
NEW = """import helper
def main(req) -> str:
    small = "the same line number"
    for _ in range(3):
        helper.nothing()
    return "new"
"""
APP = {
    "host.json": "{}",
    "One/function.json": programs.HTTP_FUNCTION,
    "One/__init__.py": "import helper\n" + OLD,
    "helper.py": "def nothing():\n    pass\n",
}


def lines(file):
    return {line["source"].strip(): line for line in file["lines"]}


def kill(server):
    before = server.worker
    os.kill(before, signal.SIGKILL)
    programs.wait_for(lambda: server.worker != before and server.worker, "another worker")


def report_of(server, path):
    assert server.stop() == 0
    return json.loads(path.read_text())


def test_numbers_of_two_texts_are_kept_apart(write_app, start, tmp_path):
    app, path = write_app(APP), tmp_path / "report.json"
    server = start(app, "--report", "--format", "json", "-o", path)
    for _ in range(2):
        assert server.get("One") == (200, b"old")
    (app / "One/__init__.py").write_text(NEW)
    os.utime(app / "helper.py", (1000, 1000))
    kill(server)
    assert server.get("One") == (200, b"new")
    files = report_of(server, path)["files"]
    old, new = [file for file in files if file["path"].endswith("One/__init__.py")]
    assert (old["version"], old["retired"]) == (1, True)
    assert (new["version"], new["retired"]) == (2, False)
    kept = lines(old)["KEPT.append(bytearray(b\"x\") * (8 << 20))"]
    assert kept["occurrences"] == 2
    assert kept["increment_bytes"] == programs.near(16)
    assert lines(old)["return \"old\""]["occurrences"] == 2
    assert "return \"new\"" not in lines(old)
    assert lines(new)["return \"new\""]["occurrences"] == 1
    assert lines(new)["helper.nothing()"]["occurrences"] == 3
    # It was touched, and ran in both workers.
    (helper,) = [file for file in files if file["path"].endswith("helper.py")]
    assert (helper["version"], helper["retired"]) == (1, False)
    assert lines(helper)["pass"]["occurrences"] == 2 + 3


def test_text_report_names_the_version(write_app, start, tmp_path):
    app, path = write_app(APP), tmp_path / "report.txt"
    server = start(app, "--report", "-o", path)
    assert server.get("One") == (200, b"old")
    (app / "One/__init__.py").write_text(NEW)
    kill(server)
    assert server.get("One") == (200, b"new")
    assert server.stop() == 0
    script = os.path.realpath(app / "One/__init__.py")
    headings = [line for line in path.read_text().splitlines() if line.startswith("Filename: ")]
    assert headings == ["Filename: {} (version 1)".format(script),
                        "Filename: {}".format(app / "helper.py"), "Filename: {}".format(script)]
