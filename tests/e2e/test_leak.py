"""The verdict on leaks in real runs: lines that leak, what looks like it, --fail-on, --collect, and
what a recording says."""

import re
import shutil

import pytest

from programs import (HTTP_FUNCTION, LIMIT, SANITIZED, Report, Server, batch, error_line, run,
                      wait_for)

pytestmark = pytest.mark.usefixtures("packages")  # other Pythons have the corpus, test_leaks.py

HEAD = """
import asyncio, gc, threading, zlib
from collections import deque
import azure.functions as func
count = 0
"""
BODY = """
def main(req: func.HttpRequest) -> func.HttpResponse:
    global count
    count += 1
    work(count)
    return func.HttpResponse("x")
"""

LEAKS = {
    "each": """
KEEP = []
def work(n):
    KEEP.append(bytearray(2048))  # LEAK
""",
    "under a peak": """
KEEP = []
def work(n):
    block = bytearray(200 << 20) if n == 1 else None
    block = None
    KEEP.append(bytes(2048))  # LEAK
""",
    "every third": """
KEEP = []
def work(n):
    if n % 3 == 0:
        KEEP.append(bytearray(3000))  # LEAK
""",
    "exceptions": """
KEPT = []
def fail(n):
    text = "x" * (5000 + n)  # LEAK
    raise ValueError(n)
def work(n):
    try:
        if n % 2:
            fail(n)
    except ValueError as exc:
        KEPT.append(exc.__traceback__)
""",
    "grows": """
TEXT = ""
def work(n):
    global TEXT
    TEXT += "x" * 5000  # LEAK
""",
    "native": """
KEEP = []
def work(n):
    KEEP.append(zlib.compressobj())  # LEAK native
""",
    "an attribute": """
class Session:
    def __init__(self):
        self.history = []
SESSION = Session()
def work(n):
    made = [bytes(1000 + n) for _ in range(3)]  # LEAK
    SESSION.history.append(made)
""",
    "cycles without a collector": """
gc.disable()
class Node:
    pass
def work(n):
    node = Node()
    node.me = node
    node.data = bytearray(100000)  # LEAK
""",
}

LOOKALIKES = {
    "a cache that fills": """
CACHE = {}
def work(n):
    key = n % 5
    if key not in CACHE:
        CACHE[key] = bytearray(3000)
""",
    "a ring": """
RING = deque(maxlen=4)
def work(n):
    RING.append(bytearray(5000))
""",
    "the last one": """
LAST = None
def work(n):
    global LAST
    LAST = bytearray(100000 + n)
""",
    "cycles": """
class Node:
    pass
def work(n):
    node = Node()
    node.me = node
    node.data = bytearray(100000)
""",
    "imports": """
def work(n):
    import decimal, html.parser
    return decimal.Decimal(n)
""",
    "freed three later": """
QUEUE = []
def work(n):
    QUEUE.append(bytearray(4000))
    if len(QUEUE) > 3:
        QUEUE.pop(0)
""",
}


def build(write_app, work):
    text = HEAD + work + BODY
    app = write_app({"host.json": "{}", "F/function.json": HTTP_FUNCTION, "F/__init__.py": text})
    marks = {number: line.endswith("native") for number, line in
             enumerate(text.splitlines(), 1) if "# LEAK" in line}
    return app, marks


def found(report):
    return {leak["line"]: leak["native"] for leak in report.json["leaks"]}


@pytest.mark.parametrize("name", LEAKS)
def test_leaks_are_found(write_app, name):
    app, marks = build(write_app, LEAKS[name])
    report = Report(app / "F", "-n", "14")
    lines = {line: native for line, native in found(report).items() if line in marks}
    assert lines == marks, report.json["leaks"]


@pytest.mark.parametrize("concurrency", ["1", "3"])
@pytest.mark.parametrize("name", LOOKALIKES)
def test_lookalikes_are_none(write_app, name, concurrency):
    app, _ = build(write_app, LOOKALIKES[name])
    for requests in ("10",) if SANITIZED else ("10", "40"):
        report = Report(app / "F", "-n", requests, "--concurrency", concurrency)
        assert found(report) == {}, report.json["leaks"]


def test_ten_invocations_are_enough(write_app):
    app, marks = build(write_app, LEAKS["each"])
    report = Report(app / "F", "-n", "10")
    (leak,) = report.json["leaks"]
    assert {leak["line"]} == set(marks) and leak["path"].endswith("F/__init__.py")
    assert (leak["kept"], leak["of"], leak["first"], leak["last"]) == (5, 5, 3, 7)
    assert 2048 <= leak["bytes_per_invocation"] < 2300
    assert not leak["native"] and not leak["outside"]
    line = report.line("F/__init__.py", "KEEP.append(bytearray(2048))  # LEAK")
    assert line["leak"] == {name: leak[name] for name in ("bytes_per_invocation", "kept", "of")}
    assert [line["leak"] for line in report.file("F/__init__.py")["lines"]].count(None) == \
        len(report.file("F/__init__.py")["lines"]) - 1


def test_cycles_are_a_leak_where_nothing_is_collected(write_app):
    app, _ = build(write_app, LOOKALIKES["cycles"])
    report = Report(app / "F", "-n", "12", "--collect", "off")
    assert report.json["leaks"]


def test_threads_outside_of_invocations(write_app):
    app, marks = build(write_app, """
KEEP = []
turn, done = threading.Semaphore(0), threading.Semaphore(0)
def loop():
    while True:
        turn.acquire()
        KEEP.append(bytearray(3000))  # LEAK
        done.release()
threading.Thread(target=loop, daemon=True).start()
def work(n):
    turn.release()
    done.acquire()
""")
    report = Report(app / "F", "-n", "12")
    assert set(found(report)) == set(marks)
    assert report.json["leaks"][0]["outside"]


def test_fail_on_leak(write_app):
    app, marks = build(write_app, LEAKS["each"])
    result = batch("-n", "12", "--fail-on", "leak,rss>100G", app / "F")
    assert result.returncode == 3
    (line,) = marks
    kept = "12 bytearray, 1 list objects"
    sentence = "line {} of F/__init__.py keeps 2.1 KiB of every invocation, 7 of 7, {}".format(
        line, kept)
    holders = ["    held by F.KEEP[0]: 12 of them, holding 24.7 KiB", "    held by F.KEEP: 1 of them, holding 128 B"]
    report = result.stdout.splitlines()
    assert report[-4:-2] == ["", sentence]
    assert [line.rsplit(",", 1)[0] for line in report[-2:]] == [
        line.rsplit(",", 1)[0] for line in holders]
    said, head, row, *below = result.stderr.splitlines()
    assert said == "pymemtop: leak: 1 line leaks; " + sentence
    assert re.split("  +", head) == ["Line", "Per invocation", "Kept", "Memory", "Invocations",
                                     "Source"]
    assert re.split("  +", row) == ["F/__init__.py:{}".format(line), "2.1 KiB", "7 of 7", "Python",
                                    "3..9", "KEEP.append(bytearray(2048))", "# LEAK"]
    assert below == ["    " + kept] + report[-2:]
    quiet = batch("-n", "12", "--fail-on", "leak", "--quiet", app / "F")
    assert quiet.returncode == 3 and quiet.stdout == "" and quiet.stderr == result.stderr


def test_what_does_not_hold(write_app):
    app, _ = build(write_app, LOOKALIKES["a ring"])
    result = batch("-n", "12", "--fail-on", "leak, rss>100G, increment>100G", app / "F")
    assert result.returncode == 0 and result.stderr == ""
    result = batch("-n", "2", "--fail-on", "increment>0, rss>1M", app / "F")
    assert result.returncode == 3
    assert "pymemtop: rss>1M: the RSS peak is " in result.stderr


@pytest.mark.host
def test_wrong_conditions(tmp_path):
    for condition, words in (("growth>5%", "no condition for this command"),
                             ("leaks", "no condition in"), ("rss>x", "no size in")):
        result = batch("--fail-on", condition, tmp_path)
        assert result.returncode == 2 and words in error_line(result)
    result = batch("--fail-on", "leak", "--heap", "off", tmp_path)
    assert result.returncode == 2 and "--heap off" in error_line(result)
    result = batch("--collect", "sometimes", tmp_path)
    assert result.returncode == 2 and "--collect takes on or off" in error_line(result)


def test_a_failed_invocation_comes_first(write_app):
    app, _ = build(write_app, LEAKS["each"].replace("# LEAK", "; n % 12 or fail()"))
    result = batch("-n", "12", "--fail-on", "leak", app / "F")
    assert result.returncode == 1 and "pymemtop: leak: " in result.stderr


def test_timers_that_were_cancelled(write_app):
    """asyncio keeps them behind one that comes earlier, and its timers go on right without them."""
    app = write_app({"host.json": "{}", "function_app.py": """
import asyncio
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
class Task:
    early = None
async def sleep():
    await asyncio.sleep(60)
async def ask():
    await asyncio.sleep(0.001)
    return "x"
@app.route()
async def f(req: func.HttpRequest) -> str:
    Task.early = Task.early or asyncio.create_task(sleep())
    return await asyncio.wait_for(ask(), 90)
"""})
    report = Report(app, "-n", "14")
    assert report.json["leaks"] == []
    assert Report(app, "-n", "14", "--collect", "off").json["leaks"] != []


def test_start(write_app):
    app, _ = build(write_app, LEAKS["each"])
    server = Server(app, "--fail-on", "leak")
    try:
        for _ in range(12):
            assert server.get("F")[0] == 200
        assert server.stop() == 3
        assert "pymemtop: leak: 1 line leaks" in server.console
    finally:
        server.end()


def test_a_recording_keeps_the_verdict(write_app, tmp_path):
    app, _ = build(write_app, LEAKS["each"])
    file = tmp_path / "x.pymemtop"
    live = Report(app / "F", "-n", "12", "--record={}".format(file))
    shutil.rmtree(str(app))
    result = run("report", "--fail-on", "leak", "--format", "json", file)
    assert result.returncode == 3 and "pymemtop: leak: 1 line leaks" in result.stderr
    import json
    assert json.loads(result.stdout)["leaks"] == live.json["leaks"] != []
    result = run("report", "--fail-on", "leak", "--quiet", file)
    assert result.returncode == 3 and result.stdout == ""
    assert run("report", "--fail-on", "rss>100G", "--quiet", file).returncode == 0


def test_the_collector_runs_at_quiet_moments(write_app):
    """As the program sees it: not while --collect is off, and not where it is turned off."""
    app = write_app({"host.json": "{}", "function_app.py": """
import gc
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
runs = []
gc.callbacks.append(lambda phase, info: phase == "stop" and info["generation"] == 2 and
                    runs.append(1))
@app.route()
def ask(req: func.HttpRequest) -> str:
    return str(len(runs))
@app.route()
def off(req: func.HttpRequest) -> str:
    gc.disable()
    return str(len(runs))
"""})

    def runs(server, function="ask"):
        status, body = server.get(function)
        assert status == 200
        return int(body)

    for options, collects in (((), True), (("--collect", "off"), False)):
        server = Server(app, *options)
        try:
            first = runs(server)
            if collects:
                wait_for(lambda: runs(server) > first or pause(0.6), "collection")
            else:
                pause(0.8)
                assert runs(server) == first
            if collects:
                before = runs(server, "off")
                pause(0.8)
                assert runs(server) <= before + 1  # one may have been under way
                before = runs(server)
                pause(0.8)
                assert runs(server) == before
        finally:
            server.end()


def pause(seconds):
    import time
    time.sleep(min(seconds, LIMIT))
