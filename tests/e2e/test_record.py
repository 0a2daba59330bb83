"""`--record`: memory over time while an app runs, in a file of SQLite that stays whole whatever happens
to its writer, and that plot, list and peak read."""

import os
import re
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import xml.etree.ElementTree as etree

import pytest

import programs
import terminals
from programs import APPS, MIB, TOLERANCE, Report, batch, run, wait_for

pytestmark = pytest.mark.usefixtures("packages")

CHILD_APP = {
    "host.json": '{"version": "2.0"}',
    "Child/function.json": programs.HTTP_FUNCTION,
    "Child/__init__.py": """import subprocess
import sys

import azure.functions as func

CODE = "block = bytearray(b'x' * (40 << 20)); print(flush=True); import sys; sys.stdin.read()"


def main(req: func.HttpRequest) -> func.HttpResponse:
    child = subprocess.Popen([sys.executable, "-c", CODE], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    child.stdout.readline()
    global RUNNING
    RUNNING = child
    return func.HttpResponse(str(child.pid))
""",
}


def rows(path, query):
    database = sqlite3.connect("file:{}?mode=ro".format(path), uri=True)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def committed(path, query):
    """The same, of a recording that another process writes: [] while it is not there yet."""
    try:
        return rows(path, query)
    except sqlite3.OperationalError:
        return []


@pytest.mark.python
def test_batch_is_recorded(tmp_path):
    path = tmp_path / "x.pymemtop"
    report = Report(os.path.join(APPS, "memory", "Keep"), "-n", 3, "--record={}".format(path))
    assert report.result.stderr == "pymemtop: the recording is in {}\n".format(path)
    calls = rows(path, "SELECT function, start_ns, rss_start_bytes, start_ns + duration_ns,"
                       " rss_end_bytes, 0 FROM invocation_totals WHERE number ORDER BY serial")
    told = [one for one in report.invocations if one["number"]]
    assert [(name, before, after, level) for name, _, before, _, after, level in calls] == [
        ("Keep", one["rss_start_bytes"], one["rss_end_bytes"], 0) for one in told]
    for (_, begin, _, end, _, _), one in zip(calls, told):
        assert end - begin == one["duration_ns"]
        assert abs(begin - one["start_ns"]) < 10 ** 9
    samples = rows(path, "SELECT time_ns, rss_bytes FROM samples WHERE pid = 0")
    assert samples == sorted(samples, key=lambda row: row[0])
    meta = dict(rows(path, "SELECT key, value FROM meta"))
    assert meta["command"] == report.json["app"] and meta["pymemtop"] == report.json["pymemtop"]
    assert meta["begin_ns"] <= samples[0][0] <= samples[-1][0] <= meta["end_ns"]
    assert max(size for _, size in samples) >= max(one["rss_end_bytes"] for one in told) - TOLERANCE
    assert os.listdir(tmp_path) == ["x.pymemtop"]
    image = etree.fromstring(run("plot", path).stdout)
    assert [text for text in image.itertext() if re.match(" 3 calls, .*MiB|, \\+192", text)]


def test_changes_of_rss_add_up(tmp_path):
    """Each is recorded with its line: of a line they are its own increment, of an invocation what is
    told of its lines, and of all that the RSS is another one."""
    path = tmp_path / "x.pymemtop"
    report = Report(os.path.join(APPS, "memory"), "-n", 6, "--functions", "Keep",
                    "--record={}".format(path))
    assert report.result.returncode == 0
    changes = dict(((file, line), total) for file, line, total in rows(
        path, "SELECT path, line, sum(increment_bytes) FROM rss_changes WHERE line"
              " GROUP BY path, line"))
    lines = {(file, line): total for file, line, total in rows(
        path, "SELECT path, line, self_increment_bytes FROM lines")}
    assert any(changes.values())
    assert {place: total for place, total in changes.items() if total} == {
        place: total for place, total in lines.items() if total}
    assert rows(path, "SELECT invocation, sum(increment_bytes) FROM rss_changes WHERE line AND"
                      " invocation GROUP BY invocation") == rows(
        path, "SELECT number, rss_lines_bytes FROM invocations WHERE number AND number IN (SELECT"
              " invocation FROM rss_changes WHERE line) ORDER BY number")
    every = rows(path, "SELECT time_ns, rss_bytes, increment_bytes FROM rss_changes")
    for (_, before, _), (_, after, increment) in zip(every, every[1:]):
        assert after - before == increment
    assert [row[0] for row in every] == sorted(row[0] for row in every)
    meta = dict(rows(path, "SELECT key, value FROM meta"))
    assert meta["begin_ns"] <= every[0][0] <= every[-1][0] <= meta["end_ns"]
    # Of each the source, and of which invocation it is.
    assert rows(path, "SELECT count(*) FROM rss_changes WHERE line AND source IS NULL") == [(0,)]
    assert {number for number, in rows(path, "SELECT DISTINCT invocation FROM rss_changes WHERE"
                                             " path LIKE '%/Keep/__init__.py'")} >= {0, 1}


@pytest.mark.python
def test_totals_are_those_of_the_report(tmp_path):
    path = tmp_path / "x.pymemtop"
    report = Report(os.path.join(APPS, "memory"), "-n", 4, "--functions", "Keep",
                    "--record={}".format(path))
    (file,) = [one for one in report.json["files"] if one["path"].endswith("Keep/__init__.py")]
    names = ("mem_usage_bytes", "peak_bytes", "increment_bytes", "self_increment_bytes",
             "occurrences", "net_python_bytes", "net_native_bytes", "retained_bytes")
    # Native blocks are not counted under a sanitizer: null there, 0 in a recording.
    told = {line["line"]: tuple(line[name] or 0 for name in names) for line in file["lines"]
            if line["occurrences"]}
    kept = {row[0]: row[1:] for row in rows(
        path, "SELECT line, {} FROM lines WHERE path = '{}' AND occurrences".format(
            ", ".join(names), file["path"]))}
    assert told and kept == told
    source = dict(rows(path, "SELECT line, source FROM lines WHERE path = '{}'".format(file["path"])))
    assert all(source[line["line"]] == line["source"] for line in file["lines"] if
               line["line"] in source)
    # Each invocation's own sums, and those of its lines.
    fields = ("number", "id", "function", "outcome", "status", "rss_start_bytes", "rss_end_bytes",
              "rss_peak_bytes", "rss_lines_bytes", "rss_shared_bytes", "heap_lines_bytes",
              "retained_bytes")
    assert rows(path, "SELECT {} FROM invocations WHERE number ORDER BY number".format(
        ", ".join(fields))) == [
            tuple(one[name] for name in fields) for one in report.invocations if one["number"]]
    assert rows(path, "SELECT line, sum(increment_bytes), sum(occurrences) FROM invocation_lines"
                      " WHERE number AND path = '{}' GROUP BY line ORDER BY line".format(
                          file["path"])) == [
        (line, told[line][2], told[line][4]) for line in sorted(told)
        if (line,) in rows(path, "SELECT DISTINCT line FROM invocation_lines WHERE number")]
    assert rows(path, "SELECT function, outcome, invocations, rss_growth_bytes FROM function_totals"
                      " ORDER BY outcome DESC") == [
        ("Keep", "succeeded", 4, sum(one["rss_end_bytes"] - one["rss_start_bytes"]
                                     for one in report.invocations if one["number"]))]
    logs = rows(path, "SELECT DISTINCT LineNumber, Contents FROM memory_profiler_logs"
                      " WHERE operation_Name = 'Keep'")
    assert logs and all(source[line] == text for line, text in logs)
    # Each event's row, one after another, and a state to begin with.
    events = [event for event, in rows(path, "SELECT event FROM events ORDER BY event")]
    assert events == list(range(1, len(events) + 1))
    assert rows(path, "SELECT min(event) FROM keyframes") == [(1,)]


def test_recording_stays_below_its_limit_with_exact_totals(write_app, tmp_path):
    """What is oldest is thinned, invocations are summed up, and no sum changes by it."""
    path = tmp_path / "x.pymemtop"
    count = 4000
    app = write_app({"host.json": "{}", "Fast/function.json": programs.HTTP_FUNCTION,
                     "Fast/__init__.py": "def main(req):\n    print('said')\n    return 'fast'\n"})
    result = batch("-n", count, "--concurrency", 8, "--record={}".format(path),
                   "--record-limit=2M", app)
    assert result.returncode == 0 and "Filename: " in result.stdout
    assert result.stderr.splitlines()[-1] == "pymemtop: the recording is in {}".format(path)
    # What comes between two commits may pass it.
    assert os.path.getsize(path) < 2.5 * MIB
    assert rows(path, "SELECT function, outcome, invocations FROM function_totals") == [
        ("Fast", "succeeded", count)]
    assert rows(path, "SELECT line, occurrences FROM lines WHERE file = 'Fast/__init__.py'"
                      " AND line > 1") == [(2, count), (3, count)]
    ((kept, newest),) = rows(path, "SELECT count(*), max(number) FROM invocations WHERE number")
    assert 1000 <= kept < count == newest
    ((before, after),) = rows(path, "SELECT (SELECT rss_start_bytes FROM invocations WHERE number"
                                    " = {0}), rss_end_bytes FROM invocations WHERE number = {0}"
                                    .format(count))
    assert 0 < before <= after + MIB


def test_name_by_the_time(tmp_path):
    result = batch("--record", "--quiet", os.path.join(APPS, "memory", "Keep"), cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    (name,) = os.listdir(tmp_path)
    assert re.fullmatch(r"pymemtop_\d{14}\.pymemtop", name)
    (listed,) = run("list", cwd=tmp_path).stdout.splitlines()
    assert listed.startswith("0 " + name)
    peak = re.fullmatch(name + r"\t(\d+\.\d{3}) MiB\n", run("peak", cwd=tmp_path).stdout)
    assert float(peak.group(1)) > 64


def test_host_that_is_killed_leaves_a_recording(start, tmp_path):
    path = tmp_path / "x.pymemtop"
    server = start(os.path.join(APPS, "memory"), "--record={}".format(path))
    assert server.get("Keep")[0] == 200
    # Read while it is written.
    wait_for(lambda: committed(path, "SELECT * FROM invocations WHERE outcome = 'succeeded' AND number"), "committed call")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(programs.LIMIT)
    assert rows(path, "SELECT function FROM invocations WHERE number") == [("Keep",)]
    assert rows(path, "SELECT value FROM meta WHERE key = 'end_ns'") == []
    result = run("plot", path, "--format", "svg")
    assert (result.returncode, result.stderr) == (0, "")
    assert "Keep" in result.stdout


def test_next_run_replaces_a_recording_and_nothing_else(tmp_path):
    app = os.path.join(APPS, "memory", "Keep")
    path = tmp_path / "x.pymemtop"
    for requests in (3, 1):
        assert batch("-n", requests, "--record={}".format(path), app).returncode == 0
        assert len(rows(path, "SELECT * FROM invocations WHERE number")) == requests
    path.write_text("precious")
    result = batch("--record={}".format(path), app)
    assert result.returncode == 0 and "Filename: " in result.stdout
    assert result.stderr == "pymemtop: {} is there, and is no recording; it is left as it is; " \
        "nothing more is recorded\n".format(path)
    assert path.read_text() == "precious"


def test_place_that_cannot_be_written(tmp_path):
    path = tmp_path / "none" / "x.pymemtop"
    result = batch("--record={}".format(path), os.path.join(APPS, "memory", "Keep"))
    assert result.returncode == 0 and "Filename: " in result.stdout
    assert result.stderr == "pymemtop: cannot write the recording {}: No such file or directory; " \
        "nothing more is recorded\n".format(path)


def test_full_disk_ends_the_recording_and_not_the_run(start, tmp_path):
    """A limit on the size of files stands for it; the worker has none."""
    path = tmp_path / "x.pymemtop"
    server = start(os.path.join(APPS, "memory"), "--record={}".format(path))
    assert server.get("Keep")[0] == 200
    wait_for(lambda: committed(path, "SELECT * FROM invocations WHERE outcome = 'succeeded' AND number"), "committed call")
    hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1, hard))
    assert server.get("Keep")[0] == 200
    server.wait_line("^pymemtop: cannot write the recording .*; nothing more is recorded$")
    assert server.get("Free")[0] == 200
    assert server.stop() == 0
    assert server.console.count("recording") == 1, server.console
    assert rows(path, "SELECT function FROM invocations WHERE number")[0] == ("Keep",)


def test_processes_of_the_app_are_recorded(start, write_app, tmp_path):
    path = tmp_path / "x.pymemtop"
    server = start(write_app(CHILD_APP), "--record={}".format(path))
    status, pid = server.get("Child")
    assert status == 200
    query = "SELECT max(rss_bytes) FROM samples WHERE pid = {}".format(int(pid))
    wait_for(lambda: (committed(path, query) or [(0,)])[0][0], "sample of the child")
    assert server.stop() == 0
    assert rows(path, query)[0][0] > 40 * MIB
    assert "  Child {}\t\t\t".format(int(pid)) in run("peak", path).stdout


def test_screen_says_it_when_it_is_over(pty, tmp_path):
    path = tmp_path / "none" / "x.pymemtop"
    terminal = pty("-p", 0, "--record={}".format(path), os.path.join(APPS, "memory", "Keep"))
    terminal.wait(b"Keep")
    terminal.type(b"q")
    terminal.wait(b"cannot write the recording .*nothing more is recorded")


HELD = "pymemtop-held-*"


def test_screen_holds_what_it_shows_and_leaves_nothing(pty, tmp_path):
    app = os.path.join(APPS, "memory", "Keep")
    terminal = pty("-p", 0, app, env={"TMPDIR": str(tmp_path)})
    terminal.wait(b"Keep")
    (folder,) = tmp_path.glob(HELD)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    wait_for(lambda: committed(folder / "recording", "SELECT * FROM events"), "committed event")
    # Another one leaves it alone, and each removes its own.
    other = pty("-p", 0, app, env={"TMPDIR": str(tmp_path)})
    other.wait(b"Keep")
    assert len(list(tmp_path.glob(HELD))) == 2
    for one in (other, terminal):
        one.type(b"q")
        assert one.wait_exit() == 0
    assert list(tmp_path.iterdir()) == []
    assert b"recording" not in terminal.output


def test_what_a_killed_one_held_goes_with_the_next(pty, tmp_path):
    app = os.path.join(APPS, "memory", "Keep")
    killed = pty("-p", 0, app, env={"TMPDIR": str(tmp_path)})
    killed.wait(b"Keep")
    killed.process.kill()
    killed.process.wait(programs.LIMIT)
    (left,) = tmp_path.glob(HELD)
    assert list(left.iterdir())
    terminal = pty("-p", 0, app, env={"TMPDIR": str(tmp_path)})
    terminal.wait(b"Keep")
    (folder,) = tmp_path.glob(HELD)
    assert folder != left
    terminal.type(b"q")
    assert terminal.wait_exit() == 0
    assert list(tmp_path.iterdir()) == []


def test_no_place_to_hold_what_is_shown(pty, tmp_path):
    terminal = pty("-p", 0, os.path.join(APPS, "memory", "Keep"),
                   env={"TMPDIR": str(tmp_path / "none")})
    terminal.wait(b"Keep")
    terminal.type(b"q")
    terminal.wait(b"cannot make the folder .*none/pymemtop-held-.*: No such file or directory; "
                  b"nothing can be replayed")
    assert terminal.wait_exit() == 0


def test_x_records_into_a_file_with_what_was_before(tmux, tmp_path):
    terminal = tmux(cols=160, rows=30)
    path = tmp_path / "x.pymemtop"
    terminal.shell("cd {}".format(tmp_path))
    terminal.pymemtop("-p", 0, os.path.join(APPS, "memory", "Keep"))
    terminal.wait("RUNNING|READY", "def main")
    terminal.type("r")
    terminal.wait("answered with status 200")

    def ask(text):
        terminal.type("x")
        terminal.wait(r"record into: pymemtop_\d{14}\.pymemtop")
        terminal.keys("C-u")
        terminal.wait(r"record into: *$")
        terminal.type(text)
        terminal.keys("Enter")

    ask("x.pymemtop")
    terminal.wait(r"recording into x\.pymemtop, with what was before; x ends it")
    wait_for(lambda: committed(path, "SELECT * FROM invocations WHERE number = 1"), "copy")
    terminal.type("r")
    terminal.wait("answered with status 200")
    terminal.type("3m")
    terminal.wait("is marked")
    terminal.type("x")
    seen = terminal.wait(r"the recording is in x\.pymemtop: \d+ events, ")
    count = int(re.search(r"pymemtop: (\d+) events", seen).group(1))
    assert rows(path, "SELECT count(*), max(event) FROM events") == [(count, count)]
    assert rows(path, "SELECT number, outcome FROM invocations WHERE number ORDER BY number") == [
        (1, "succeeded"), (2, "succeeded")]
    assert rows(path, "SELECT number FROM markers JOIN invocations USING (serial)")
    assert rows(path, "SELECT count(*) FROM meta WHERE key = 'end_ns'") == [(1,)]
    assert [name for name in os.listdir(tmp_path) if "pymemtop" in name] == ["x.pymemtop"]
    # Another recording stays unless one says otherwise.
    ask("x.pymemtop")
    terminal.wait(r"x\.pymemtop is a recording already; x and 'replace x\.pymemtop' writes over it")
    assert rows(path, "SELECT count(*) FROM events") == [(count,)]
    ask("replace x.pymemtop")
    terminal.wait(r"recording into x\.pymemtop")
    terminal.type("r")
    terminal.wait("answered with status 200")
    # What is recorded when one quits is whole.
    terminal.type("q")
    terminal.wait(r"pymemtop: the recording is in x\.pymemtop")
    assert rows(path, "SELECT max(number) FROM invocations") == [(3,)]
    # What is no recording is left alone, and where there is no place one is told.
    (tmp_path / "text").write_text("precious")
    terminal.shell("clear")
    terminal.pymemtop("-p", 0, os.path.join(APPS, "memory", "Keep"))
    terminal.wait("RUNNING|READY", "def main")
    ask("text")
    terminal.wait("text is there, and is no recording; it is left as it is")
    ask("none/x")
    terminal.wait("cannot write the recording none/x: No such file or directory")
    terminal.type("q")
    assert (tmp_path / "text").read_text() == "precious"


FAILING_APP = {"host.json": "{}", "Fails/function.json": programs.HTTP_FUNCTION,
               "Fails/__init__.py": "def main(req):\n    print('x' * 500)\n    raise ValueError('no')\n"}


def mounted(folder, options, after=""):
    """A command's beginning that mounts a file system of memory on the folder, for it alone."""
    script = 'mount -t tmpfs -o {1} none {0} || exit 99\n"$@"\nstatus=$?\n{2}\nexit $status'.format(
        folder, options, after)
    for flags in ["-m"], ["-rm"]:
        command = ["unshare", *flags, "/bin/sh", "-c", script, "sh"]
        if shutil.which("unshare") and subprocess.run(
                [*command, "true"], stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL).returncode == 0:
            return command
    pytest.skip("cannot mount a file system here")


def run_on(mount, *arguments):
    return subprocess.run([*mount, programs.PYMEMTOP, *map(str, arguments)],
                          env=programs.environment({}), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=2 * programs.LIMIT)


def test_disk_that_is_full_leaves_the_run_its_status(write_app, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    app = write_app(FAILING_APP)
    mount = mounted(disk, "size=1m", "cp {0}/x* {1}".format(disk, tmp_path))
    result = run_on(mount, "--batch", "-n", 1500, "--record={}/x".format(disk), app)
    said = [line for line in result.stderr.splitlines() if "recording" in line]
    assert said == ["pymemtop: cannot write the recording {}/x: database or disk is full; nothing "
                    "more is recorded".format(disk)]
    assert result.returncode == 1 and "Filename: " in result.stdout
    # What was committed is whole.
    assert rows(tmp_path / "x", "PRAGMA integrity_check") == [("ok",)]
    assert rows(tmp_path / "x", "SELECT count(*) = max(event) FROM events") == [(1,)]


def test_place_that_is_read_only_leaves_the_run_its_status(write_app, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    app = write_app(FAILING_APP)
    result = run_on(mounted(disk, "ro"), "--batch", "-n", 2, "--record={}/x".format(disk), app)
    said = [line for line in result.stderr.splitlines() if "recording" in line]
    assert said == ["pymemtop: cannot write the recording {}/x: Read-only file system; nothing "
                    "more is recorded".format(disk)]
    assert result.returncode == 1 and "Filename: " in result.stdout


@pytest.mark.parametrize("options, words", [("size=100k", "disk is full"), ("ro", "Read-only file")])
def test_no_room_to_hold_what_is_shown(tmp_path, options, words):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [*mounted(disk, options), programs.PYMEMTOP, "-p", "0",
               os.path.join(APPS, "memory", "Keep")]
    terminal = terminals.Pty(command, env={"TMPDIR": str(disk)})
    try:
        terminal.wait(b"Keep")
        terminal.type(b"q")
        terminal.wait(words.encode() + b".*; nothing can be replayed")
        assert terminal.wait_exit() == 0
    finally:
        terminal.end()


def test_host_that_is_killed_at_random_moments(tmp_path):
    """A few of the thousand that tests/bench/record_kills.py makes."""
    script = os.path.join(os.path.dirname(programs.__file__), "..", "bench", "record_kills.py")
    result = subprocess.run(
        [sys.executable, script, programs.PYMEMTOP,
         os.path.join(programs.environment({})["VIRTUAL_ENV"], "bin", "python"), "6"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        timeout=4 * programs.LIMIT)
    assert result.returncode == 0, result.stdout
    assert result.stdout.startswith("6 kills, 0 failures; "), result.stdout
