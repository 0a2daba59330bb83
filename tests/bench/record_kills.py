"""Kill -9 at random moments: a host that records is killed again and again while requests come, and
each recording must open, have every event from its first to its last, and have totals that are the
sums of what it has of invocations. Prints how many did; exits with 1 where one did not.

usage: record_kills.py PYMEMTOP VENV-PYTHON [KILLS [FIRST]], the moments being those of FIRST (0) and on
"""
import http.client
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

FUNCTION = """{"bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req"},
    {"type": "http", "direction": "out", "name": "$return"}]}"""
HANDLER = """KEPT = []


def main(req):
    KEPT.append(bytearray(10000))
    print("a line of output")
    return "hello"
"""


def write(folder):
    os.mkdir(os.path.join(folder, "Fast"))
    for path, text in {"host.json": "{}", "Fast/function.json": FUNCTION,
                       "Fast/__init__.py": HANDLER}.items():
        with open(os.path.join(folder, path), "w") as file:
            file.write(text)


def record(command, seconds):
    """Run the host with requests for so long, and kill it."""
    log = open(os.path.join(os.path.dirname(command[-1]), "log"), "w+b")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    end, port = time.monotonic() + seconds, None
    while time.monotonic() < end:
        said = os.pread(log.fileno(), 10000, 0).decode()
        found = re.search(r"http://localhost:(\d+)/api/Fast", said)
        port = int(found.group(1)) if found else None
        if port is None:
            time.sleep(0.01)
            continue
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/api/Fast")
        connection.getresponse().read()
        connection.close()
    process.kill()
    process.wait()
    log.close()


def check(path):
    """(events, invocations) of a whole recording; an AssertionError of one that is not."""
    database = sqlite3.connect(path)
    ask = lambda query: database.execute(query).fetchall()
    assert ask("PRAGMA integrity_check") == [("ok",)]
    if not ask("SELECT name FROM sqlite_master WHERE name = 'events'"):
        return 0, 0  # killed before the first commit
    ((count, last),) = ask("SELECT count(*), ifnull(max(event), 0) FROM events")
    assert count == last, "events are missing"
    assert not count or ask("SELECT min(event) FROM keyframes") == [(1,)]
    # What a line's own blocks are has a part outside of invocations, too; these have none here.
    sums = "sum(increment_bytes), sum(occurrences)"
    totals = ask("SELECT file, line, {} FROM lines WHERE occurrences GROUP BY file, line".format(sums))
    parts = ask("SELECT file, line, {} FROM invocation_lines WHERE occurrences GROUP BY file, "
                "line".format(sums))
    assert totals == parts, (totals, parts)
    ((invocations,),) = ask("SELECT count(*) FROM invocations WHERE number")
    assert ask("SELECT ifnull(max(number), 0) FROM invocations") == [(invocations,)]
    database.close()
    return count, invocations


def main():
    pymemtop, python = sys.argv[1:3]
    kills = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    os.environ["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(python))
    events = invocations = failures = 0
    with tempfile.TemporaryDirectory() as folder:
        app = os.path.join(folder, "app")
        os.mkdir(app)
        write(app)
        path = os.path.join(folder, "x.pymemtop")
        for number in range(first, first + kills):
            record([pymemtop, "start", "-p", "0", "--record=" + path, app],
                   random.Random(number).uniform(0.05, 2.5))
            try:
                more = check(path) if os.path.exists(path) else (0, 0)
                events, invocations = events + more[0], invocations + more[1]
            except (AssertionError, sqlite3.Error) as error:
                failures += 1
                print("kill {}: {!r}".format(number, error), flush=True)
    print("{} kills, {} failures; {} events and {} invocations were there".format(
        kills, failures, events, invocations))
    return failures > 0


sys.exit(main())
