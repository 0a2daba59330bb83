"""Libraries that switch C stacks: a frame goes on that is not the one which was entered last."""

import pytest

from programs import MIB, SANITIZED, Report, TOLERANCE

pytestmark = [pytest.mark.usefixtures("packages"), pytest.mark.python]
FILE = "function_app.py"
APP = """
import asyncio
import azure.functions as func
import greenlet
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
KEPT = []

def pause():
    greenlet.getcurrent().parent.switch()

def within(by):
    KEPT.append(bytearray(100_000))
    by()
    KEPT.append(bytearray(300_000))

def nested(by):
    within(by)
    KEPT.append(bytearray(500_000))

@app.route()
async def waits(req: func.HttpRequest) -> str:
    waiting = greenlet.greenlet(nested)
    waiting.switch(pause)
    KEPT.append(b"x" * (8 << 20))
    asyncio.get_running_loop().call_soon(KEPT.append, bytes(10))
    await asyncio.sleep(0.01)
    KEPT.append(bytearray(700_000))
    waiting.switch()
    KEPT.append(bytearray(900_000))
    return "x"

exec(compile('''
def pause_by_library():
    greenlet.getcurrent().parent.switch()

async def drive(waiting):
    waiting.switch(pause_by_library)
    await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
    waiting.switch()
''', "<a library>", "exec"))

@app.route()
async def driven(req: func.HttpRequest) -> str:
    await drive(greenlet.greenlet(nested))
    KEPT.append(bytearray(800_000))
    return "x"

def turns(number):
    for turn in range(10):
        KEPT.append(bytearray(10_000))
        greenlet.getcurrent().parent.switch()

@app.route()
def round(req: func.HttpRequest) -> str:
    several = [greenlet.greenlet(turns) for _ in range(20)]
    for turn in range(11):
        for one in several:
            one.switch(turn)
    del several
    del one
    return "x"

def dropped():
    try:
        greenlet.getcurrent().parent.switch()
    finally:
        KEPT.append(bytearray(200_000))

@app.route()
def drops(req: func.HttpRequest) -> str:
    waiting = greenlet.greenlet(dropped)
    waiting.switch()
    KEPT.append(bytearray(400_000))
    del waiting
    KEPT.append(bytearray(600_000))
    return "x"
"""
KEEPS = "KEPT.append(bytearray({}))"


@pytest.fixture
def report(write_app):
    app = write_app({"host.json": "{}", FILE: APP})
    return lambda function, *options: Report(app, "--functions", function, *options)


def assert_keeps(report, calls, *sizes):
    """Each of those lines has run once a call, and keeps its block, beside the list that grows."""
    for size in sizes:
        line = report.line(FILE, KEEPS.format(size))
        block = int(size.replace("_", "")) + 57
        assert line["occurrences"] == calls, size
        assert calls * block <= line["retained_bytes"] < calls * block + 3000, size


def quiet(report, *sources):
    for source in sources:
        line = report.line(FILE, source)
        assert abs(line["net_python_bytes"]) < 20_000, source
        assert line["increment_bytes"] < TOLERANCE, source


@pytest.mark.parametrize("at_once", ["1", "4"])
def test_suspended_over_an_await(report, at_once):
    found = report("waits", "-n", "8", "--concurrency", at_once)
    assert_keeps(found, 8, "100_000", "300_000", "500_000", "700_000", "900_000")
    big = found.line(FILE, 'KEPT.append(b"x" * (8 << 20))')
    assert big["retained_bytes"] == pytest.approx(8 * (8 * MIB + 33), abs=3000)
    assert SANITIZED or big["increment_bytes"] > 8 * 8 * MIB - TOLERANCE
    quiet(found, "by()")
    for one in found.invocations[1:]:
        assert one["heap_lines_bytes"] > 8 * MIB


def test_driven_by_a_coroutine(report):
    """As SQLAlchemy does it, through code that is not profiled."""
    found = report("driven", "-n", "3")
    assert_keeps(found, 3, "100_000", "300_000", "500_000", "800_000")
    quiet(found, "by()")


def test_in_turns(report):
    found = report("round", "-n", "2")
    line = found.line(FILE, KEEPS.format("10_000"))
    assert line["occurrences"] == 2 * 200
    assert 400 * 10_057 <= line["retained_bytes"] < 400 * 10_057 + 20_000
    assert found.line(FILE, "one.switch(turn)")["occurrences"] == 2 * 220


def test_dropped_while_it_waits(report):
    """Its end is within the line that drops it."""
    found = report("drops", "-n", "2")
    assert_keeps(found, 2, "200_000", "400_000", "600_000")
