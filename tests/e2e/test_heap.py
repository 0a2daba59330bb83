"""What lines allocate and keep, to the byte, as the report has it."""

import ctypes
import http.server
import re
import threading

import pytest

from programs import APPS, HTTP_FUNCTION, MIB, SANITIZED, Report

pytestmark = pytest.mark.usefixtures("packages")
KNOWN = APPS + "/heap/Known"
KEPT = APPS + "/heap/Kept"
FILE = "Known/__init__.py"
# Objects that the interpreter takes from a list of freed ones, or leaves there, instead of asking an
# allocator: some of at most this size for a line.
SPARE = 700


@pytest.fixture(scope="module")
def reports():
    """Of one request and of three: what is allocated but once is in both."""
    return Report(KNOWN, "-n", "1"), Report(KNOWN, "-n", "3")


def grown(reports, source, field):
    """What each of the two further requests added."""
    first, later = (report.line(FILE, source)[field] for report in reports)
    return (later - first) / 2


def said(reports):
    """What the program itself says: {source: bytes}."""
    return {source: int(size) for size, source in
            re.findall(r"keeps (\d+) by (.*)", reports[1].result.stderr)}


def test_lines_keep_what_they_say(reports):
    sizes = said(reports)
    assert len(sizes) == 12
    for source, size in sizes.items():
        near = pytest.approx(size, rel=0.01, abs=SPARE)
        assert grown(reports, source, "net_python_bytes") == near, source
        assert grown(reports, source, "retained_bytes") == near, source


@pytest.mark.parametrize("source", ["data = bytes(100_000)", 'text = "x" * 50_000'])
def test_single_blocks_are_exact(reports, source):
    size = said(reports)[source]
    assert size > 50_000
    # What 3.11 keeps for a trace function may be freed there.
    assert grown(reports, source, "net_python_bytes") == pytest.approx(size, abs=100)
    assert grown(reports, source, "retained_bytes") == size
    assert grown(reports, source, "allocated_bytes") == size


def test_objects_are_counted_with_what_they_hold(reports):
    """500 objects with their attributes, and a list of them."""
    nodes = "nodes = [Node(None) for _ in range(500)]"
    held = [grown(reports, source, "net_python_bytes")
            for source in (nodes, "def __init__(self, value):", "self.value = value")]
    assert 500 * (48 + 8) < sum(held) < 500 * 250
    # On a line of the object's own is at the most what its first attribute needs.
    assert held[0] > 500 * (48 + 8) and held[1] < SPARE and -100 <= held[2] < 500 * 130, held


def test_freed_by_another_line(reports):
    kept = grown(reports, "block = bytearray(700_000)", "net_python_bytes")
    assert kept == pytest.approx(700_000, abs=SPARE)
    assert grown(reports, "del block", "net_python_bytes") == -kept
    assert reports[1].line(FILE, "block = bytearray(700_000)")["retained_bytes"] == 0
    assert reports[1].line(FILE, "del block")["freed_bytes"] >= 3 * 700_000


RESPONSES = """
import aiohttp
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
KEPT = []
@app.route()
async def f(req: func.HttpRequest) -> str:
    async with aiohttp.ClientSession() as client:
        async with client.get(req.params["url"]) as response:
            body = await response.read()
    KEPT.append(body)
    return "x"
"""


class Body(http.server.BaseHTTPRequestHandler):
    BYTES = 3_000_000

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(self.BYTES))
        self.end_headers()
        self.wfile.write(bytes(self.BYTES))

    def log_message(self, *_):
        pass


def test_body_of_a_response(write_app):
    """Its parts come in while the line waits, and are joined there."""
    app = write_app({"host.json": "{}", "function_app.py": RESPONSES})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Body) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        report = Report(app, "--functions", "f", "-n", "3", "--request",
                        "GET /api/f?url=http://127.0.0.1:{}/".format(server.server_port))
        server.shutdown()
    line = report.line("function_app.py", "body = await response.read()")
    assert line["retained_bytes"] == pytest.approx(3 * (Body.BYTES + 33), abs=100_000)
    others = [other["retained_bytes"] for other in report.file("function_app.py")["lines"]
              if other is not line and "import" not in other["source"] and other["retained_bytes"]]
    assert all(kept < 300_000 for kept in others), others


def test_high_water_within_a_line(reports):
    line = reports[1].line(FILE, "high = len(bytearray(30 << 20))")
    assert abs(line["net_python_bytes"]) < SPARE
    assert 30 * MIB <= line["high_bytes"] <= 30 * MIB + SPARE
    caller = reports[1].line(FILE, "gone()")
    assert 30 * MIB <= caller["high_bytes"] <= 32 * MIB


def test_grown_and_shrunk_by_realloc(reports):
    extend = grown(reports, "grown.extend(range(100_000, 150_000))", "net_python_bytes")
    assert 50_000 * (28 + 8) <= extend <= 50_000 * (32 + 9.1)
    assert grown(reports, "grown.clear()", "net_python_bytes") == pytest.approx(-extend, abs=SPARE)


def test_sums_hold(reports):
    for report in reports:
        for one in report.invocations[1:]:
            assert one["heap_lines_bytes"] > 900_000
            assert one["heap_shared_bytes"] == 0
        # What came and stayed is no high water.
        heaviest = max((line for file in report.json["files"] for line in file["lines"]),
                       key=lambda line: line["net_python_bytes"])
        assert heaviest["net_python_bytes"] <= heaviest["high_bytes"]
        assert heaviest["high_bytes"] < 1.5 * heaviest["net_python_bytes"]
    assert reports[1].json["baseline"]["heap_bytes"] > MIB


TOTALS = """
import ctypes, gc, logging, random, tracemalloc
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
gc.disable()
KEPT = []
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]
Totals = type("Totals", (ctypes.Structure,), {"_fields_": [(name, ctypes.c_size_t) for name in (
    "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks",
    "keepcost")]})

def blocks_of_python(numbers):
    for turn in range(3000):
        KEPT.append({"number": turn + 1000, "bytes": bytes(numbers.choice((10, 500, 513, 4000)))})
        if turn % 3 == 0:
            KEPT.pop(numbers.randrange(len(KEPT)))

def native_blocks(numbers):
    for turn in range(300):
        KEPT.append(libc.malloc(numbers.randrange(2000, 300_000)))
        if turn % 3 == 0:
            libc.free(KEPT.pop(numbers.randrange(len(KEPT))))

def traced():
    return tracemalloc.get_traced_memory()[0]

def in_use():
    totals = libc.mallinfo2()
    return totals.uordblks + totals.hblkhd

def take(total, blocks):
    before = total()
    blocks(random.Random(len(KEPT)))
    logging.warning("took %d", total() - before)

@app.route()
def python(req: func.HttpRequest) -> str:
    if "trace" in req.params and not tracemalloc.is_tracing():
        tracemalloc.start(1)
    take(traced, blocks_of_python)
    return "x"

@app.route()
def native(req: func.HttpRequest) -> str:
    libc.mallinfo2.restype = Totals
    take(in_use, native_blocks)
    return "x"
"""


def said_and_counted(app, function, *options):
    """Of each of four invocations: what the allocator's own total says, and what the lines have."""
    report = Report(app, "--functions", function, "-n", "4", *options)
    said = list(map(int, re.findall("took (-?[0-9]+)", report.result.stderr)))
    return said, [one["heap_lines_bytes"] for one in report.invocations[1:]]


def test_invocations_against_tracemalloc(write_app):
    """The same blocks once more without it, since what it keeps for each block is counted as well. It
    begins in the first invocation. The line that says how much it was may keep something itself."""
    app = write_app({"host.json": "{}", "function_app.py": TOTALS})
    traced, _ = said_and_counted(app, "python", "--request", "GET /api/python?trace=1")
    _, counted = said_and_counted(app, "python")
    assert len(traced) == len(counted) == 4 and all(size > 2 * MIB for size in traced)
    assert counted[1:] == [pytest.approx(size, abs=15_000) for size in traced[1:]]


@pytest.mark.skipif(SANITIZED or not hasattr(ctypes.CDLL(None), "mallinfo2"),
                    reason="a sanitizer or another C library has a malloc of its own")
def test_invocations_against_mallocs_totals(write_app):
    """A header and rounding for each block, and whole pages for the largest, are malloc's alone; of the
    200 addresses as integers it knows nothing."""
    app = write_app({"host.json": "{}", "function_app.py": TOTALS})
    totals, counted = said_and_counted(app, "native")
    assert len(totals) == len(counted) == 4
    for used, size in zip(totals, counted):
        assert used > 20 * MIB and size - 20_000 <= used <= size + 200 * 4200, (used, size)


def test_what_is_freed_at_the_end_is_not_counted(write_app):
    """An app that ends by itself takes its modules down."""
    app = write_app({"host.json": "{}", "function_app.py": """
import os, threading, time
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
KEPT = bytearray(20 << 20)
@app.route()
def f(req: func.HttpRequest) -> str:
    import signal
    threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
    return "x"
"""})
    report = Report(app, "--functions", "f")
    line = report.line("function_app.py", "KEPT = bytearray(20 << 20)")
    assert line["retained_bytes"] == line["net_python_bytes"] == (20 << 20) + 57


def test_what_an_invocation_left_and_what_of_it_is_alive():
    """The first of four requests keeps its block, which the last one drops."""
    report = Report(KEPT, "-n", "4", "--request", "GET /api/Kept?keep=100000")
    kept = [one["retained_bytes"] for one in report.invocations[1:]]
    # Beside the blocks there is what the first request has made for all.
    assert 0 <= kept[0] < 30_000, kept
    assert all(100_000 * number + 57 <= size < 100_000 * number + 10_000
               for number, size in enumerate(kept[1:], 2)), kept
    line = report.line("Kept/__init__.py", "block = bytearray(size)")
    assert line["retained_bytes"] == 900_000 + 3 * 57
    assert report.line("Kept/__init__.py", "KEPT[0] = None")["net_python_bytes"] == -100_057
    line = report.line("Kept/__init__.py", "other = bytearray(200_000)")
    assert line["retained_bytes"] == 0 and line["high_bytes"] >= 200_000


@pytest.mark.parametrize("allocator", ["malloc", "debug", "malloc_debug"])
@pytest.mark.parametrize("place", ["environment", "settings"])
def test_with_another_allocator(copy_app, allocator, place):
    """PYTHONMALLOC chooses what is below; the bytes that the program asks for are the same."""
    app = copy_app("heap")
    if place == "settings":
        (app / "local.settings.json").write_text(
            '{"IsEncrypted": false, "Values": {"PYTHONMALLOC": "%s"}}' % allocator)
    report = Report(app / "Kept", "-n", "3", "--request", "GET /api/Kept?keep=100000",
                    env={"PYTHONMALLOC": allocator} if place == "environment" else None)
    line = report.line("Kept/__init__.py", "block = bytearray(size)")
    native = None if SANITIZED else 0  # the sanitizer's malloc stands in place of ours
    assert line["retained_bytes"] == 600_000 + 3 * 57
    assert line["net_native_bytes"] == native
    other = report.line("Kept/__init__.py", "other = bytearray(200_000)")
    assert other["retained_bytes"] == 0 and other["net_native_bytes"] == native
    # `other` goes with its frame.
    assert all(one["heap_elsewhere_bytes"] == pytest.approx(-200_000, abs=30_000)
               for one in report.invocations[2:])


def test_more_invocations_than_are_told_apart():
    """All leave a block; what older ones left is not lost, and not the newest ones'."""
    report = Report(KEPT, "-n", "300", "--request", "GET /api/Kept?keep=20000&same=yes")
    line = report.line("Kept/__init__.py", "block = bytearray(size)")
    assert line["retained_bytes"] == 300 * 20_057
    newest = [one["retained_bytes"] for one in report.invocations[-64:]]
    assert len(newest) == 64 and all(20_057 <= kept < 40_000 for kept in newest), newest


OVERLAP = """
import asyncio, threading
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
KEPT = []
together = threading.Barrier(4)
@app.route()
async def tasks(req: func.HttpRequest) -> str:
    for turn in range(50):
        block = bytearray(10_000)
        KEPT.append(block)
        await asyncio.sleep(0)
        other = bytearray(100_000)
        await asyncio.sleep(0.0001)
        other = None
    return "x"
@app.route()
def pool(req: func.HttpRequest) -> str:
    together.wait(30)
    for turn in range(500):
        block = bytearray(10_000)
        KEPT.append(block)
        other = [bytes(100) for _ in range(50)]
    together.wait(30)
    return "x"
"""


@pytest.mark.parametrize("function, turns", [("tasks", 50), ("pool", 500)])
def test_invocations_at_once_are_told_apart(write_app, function, turns):
    app = write_app({"host.json": "{}", "function_app.py": OVERLAP})
    # A collection empties the interpreter's free lists, which any line then fills again.
    report = Report(app, "--functions", function, "-n", "8", "--concurrency", "4", "--collect", "off",
                    env={"PYTHON_THREADPOOL_THREAD_COUNT": "4"})
    lines = [one["heap_lines_bytes"] for one in report.invocations[1:]]
    blocks = turns * 10_057
    # Beside the blocks there is the list, which grows in some of them.
    assert all(blocks <= one < blocks + 60_000 for one in lines), lines
    assert any(one["heap_shared_bytes"] for one in report.invocations[1:])
    (first, *_) = [line for line in report.file("function_app.py")["lines"]
                   if line["source"].strip() == "block = bytearray(10_000)" and line["occurrences"]]
    assert first["net_python_bytes"] == first["retained_bytes"] == 8 * blocks
    assert first["occurrences"] == 8 * turns


def test_what_the_loop_does_for_a_task_is_its_await_line_s(write_app):
    app = write_app({"host.json": "{}", "function_app.py": """
import asyncio
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
KEPT = []
@app.route()
async def f(req: func.HttpRequest) -> str:
    asyncio.get_running_loop().call_later(0.05, KEPT.append, bytes(2_000_000))
    asyncio.get_running_loop().call_later(0.05, eval, "KEPT.append(bytes(3000000))", globals())
    await asyncio.sleep(0.2)
    await asyncio.get_running_loop().run_in_executor(None, KEPT.clear)
    return "x"
"""})
    report = Report(app, "--functions", "f")
    (made,) = [line for line in report.file("function_app.py")["lines"]
               if "bytes(2_000_000)" in line["source"]]
    assert made["net_python_bytes"] == pytest.approx(2_000_033, abs=5000)
    waits = report.line("function_app.py", "await asyncio.sleep(0.2)")
    assert waits["net_python_bytes"] == pytest.approx(3_000_033, abs=20_000)
    assert waits["retained_bytes"] < 20_000
    assert abs(report.invocations[-1]["heap_shared_bytes"]) < 20_000


MANY = """
KEPT = []


def main(req) -> str:
    for i in range(100_000):
        KEPT.append({"a": i, "b": [i, i + 1], "c": "s%d" % i})
    return "x"
"""


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's own memory is resident, too")
def test_rss_is_the_same_as_without(write_app):
    """The table of blocks is left out of what is shown, and changes no block's place or size."""
    app = write_app({"host.json": "{}", "Fn/function.json": HTTP_FUNCTION, "Fn/__init__.py": MANY})
    shown = []
    for heap in ("on", "off"):
        last = Report(app / "Fn", "--heap", heap).invocations[-1]
        shown.append((last["rss_end_bytes"] - last["rss_start_bytes"], last["rss_end_bytes"]))
    assert shown[0][0] > 30 * MIB
    for counted, plain in zip(*shown):
        assert abs(counted - plain) <= max(plain // 100, 256 << 10), shown


def test_the_apps_own_package_is_not_pymemtops(write_app):
    """Whether the app imports azure.functions or leaves that to the worker."""
    own = []
    for text in (MANY, "import azure.functions\n" + MANY):
        app = write_app({"host.json": "{}", "Fn/function.json": HTTP_FUNCTION, "Fn/__init__.py": text})
        own.append(Report(app / "Fn", "--heap", "off").json["baseline"]["own_bytes"])
    assert abs(own[0] - own[1]) < 2 * MIB, own


def test_heap_off():
    report = Report(KEPT, "--heap", "off", "--request", "GET /api/Kept?keep=100000")
    assert report.json["baseline"]["heap_bytes"] is None
    assert report.invocations[-1]["heap_end_bytes"] is None
    assert report.line("Kept/__init__.py", "other = bytearray(200_000)")["net_python_bytes"] is None
