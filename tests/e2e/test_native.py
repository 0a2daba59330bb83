"""Blocks that are not Python's: malloc and its kin, numpy's arrays, mappings, other C libraries."""

import re

import pytest

from programs import APPS, MIB, SANITIZED, Report

pytestmark = [pytest.mark.usefixtures("packages"), pytest.mark.python,
              pytest.mark.skipif(SANITIZED, reason="a sanitizer has a malloc of its own")]
NATIVE = APPS + "/heap/Native"
FILE = "Native/__init__.py"


@pytest.fixture(scope="module")
def report():
    return Report(NATIVE, "-n", "2")


@pytest.mark.parametrize("source, net, retained", [
    ("first = libc.malloc(50_000)", 50_000, 0),
    ("second = libc.calloc(100, 1000)", 100_000, 0),
    ("first = libc.realloc(first, 80_000)", 30_000, 0),
    ("first = libc.realloc(first, 500)", -80_000, 0),  # which has no line any more
    ("first = libc.realloc(first, 60_000)", 60_000, 0),
    ("third = libc.reallocarray(None, 7, 10_000)", 70_000, 0),
    ("fourth = libc.memalign(4096, 30_000)", 30_000, 0),
    ("fifth = libc.aligned_alloc(64, 64_000)", 64_000, 0),
    ("libc.posix_memalign(ctypes.byref(sixth), 64, 40_000)", 40_000, 0),
    ("seventh = libc.valloc(20_000)", 20_000, 0),
    ("libc.free(first)", -60_000, 0),
    ("libc.free(second)", -100_000, 0),
    ("libc.free(block)", -224_000, 0),
    ("pages = mmap.mmap(-1, 1 << 20)", 1 * MIB, 0),
    ("pages.resize(3 << 20)", 2 * MIB, 0),
    ("pages.close()", -3 * MIB, 0),
    ("kept = mmap.mmap(-1, 64 << 10)", 64 << 10, 64 << 10),
    ("block = libc.malloc(123_456)", 123_456, 123_456),  # in a thread
])
def test_known_sizes(report, source, net, retained):
    line = report.line(FILE, source)
    assert line["net_native_bytes"] == 2 * net
    assert line["retained_native_bytes"] == 2 * retained
    assert abs(line["net_python_bytes"]) < 2000  # the integers, and the objects around the blocks


@pytest.mark.parametrize("source, net", [
    ("zeros = numpy.zeros(1_000_000)", 8_000_000),
    ('ones = numpy.ones(250_000, dtype="int32")', 1_000_000),
    ("ones.resize(750_000, refcheck=False)", 2_000_000),
    ("del ones", -3_000_000),
])
def test_arrays(report, source, net):
    """Whether numpy asks malloc, or from some version on PyMem_RawMalloc."""
    line = report.line(FILE, source)
    assert line["net_native_bytes"] == 2 * net
    assert abs(line["net_python_bytes"]) < 1000
    assert line["retained_native_bytes"] == (16_000_000 if "zeros" in source else 0)


def test_arrays_without_native_blocks(write_app):
    """Under tracemalloc nobody can tell who asks for a block of PyMem_RawMalloc; it is counted once
    all the same, and what was counted as native goes as native."""
    app = write_app({"host.json": "{}", "function_app.py": """
import tracemalloc
import azure.functions as func, numpy
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route()
def f(req: func.HttpRequest) -> str:
    before = numpy.zeros(100_000)
    tracemalloc.start()
    within = numpy.zeros(200_000)
    del before
    tracemalloc.stop()
    del within
    return "x"
"""})
    report = Report(app, "--functions", "f")

    def taken(source):
        line = report.line("function_app.py", source)
        return line["net_python_bytes"] + line["net_native_bytes"], line["net_native_bytes"]

    for source, size in (("before = numpy.zeros(100_000)", 800_000), ("del before", -800_000)):
        assert taken(source) == (pytest.approx(size, abs=2000), size), source
    for source, size in (("within = numpy.zeros(200_000)", 1_600_000), ("del within", -1_600_000)):
        assert taken(source)[0] == pytest.approx(size, abs=5000), source


def test_gone_within_a_line(report):
    line = report.line(FILE, "total = (zeros[:100_000] + 1).sum()")
    assert abs(line["net_native_bytes"] + line["net_python_bytes"]) < 1000
    assert 800_000 <= line["high_bytes"] < 900_000


def test_taken_before_a_call(report):
    """An argument is the caller's, and no part of the high water of the line that is called."""
    caller = report.line(FILE, "give_back(libc.malloc(3_000_000))")
    assert caller["net_native_bytes"] == 2 * 3_000_000
    assert 3_000_000 <= caller["high_bytes"] < 3_010_000
    assert report.line(FILE, "def give_back(given):")["high_bytes"] < 10_000
    assert report.line(FILE, "libc.free(given)")["high_bytes"] < 10_000
    assert 3_000_000 <= report.line(FILE, "passes()")["high_bytes"] < 3_010_000


def test_freed_after_the_end_of_a_thread(report):
    """It is on no line then, least of all on that of a thread that has taken its record."""
    for source in ("libc.sem_wait(left)", "other.start()", "other.join()",
                   "libc.sem_post(go), libc.sem_wait(freed)"):
        assert report.line(FILE, source)["net_native_bytes"] == 0, source


def test_other_libraries(report):
    """SQLite's pages, by its own count, and what it gives back at the end; a TLS context that is kept."""
    lines = [report.line(FILE, source)["net_native_bytes"] for source in (
        'base = sqlite3.connect(":memory:")', 'base.execute("CREATE TABLE t (a)")',
        'base.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,) for _ in range(2000)])')]
    assert 2 * 2_000_000 < lines[2] < 2 * 3_000_000
    own = sum(map(int, re.findall("SQLite has ([0-9]+) bytes", report.result.stderr)))
    assert sum(lines) == pytest.approx(own, rel=0.01), (lines, own)
    closed = report.line(FILE, "base.close()")["net_native_bytes"]
    assert abs(sum(lines) + closed) < 10_000, (lines, closed)
    assert report.line(FILE, "context = ssl.create_default_context()")["retained_native_bytes"] > 10_000
    # The libraries have these from PyMem_RawMalloc. (2^17 + 2^17 bytes, of zlib's own account, for each
    # of two; of bzip2 400,000 and more.)
    for source, least in (("compressor = zlib.compressobj()", 2 << 18),
                          ("packed = bz2.BZ2Compressor()", 2 * 400_000)):
        line = report.line(FILE, source)
        assert least < line["net_native_bytes"] and abs(line["net_python_bytes"]) < 2000, source


def test_documents(report):
    """libxml2's copies of a text of 500,000 bytes and its end, which go with their tree."""
    for source, net in (("tree[0].text = text", 500_001), ("tree[0].text = None", -500_001),
                        ("tree[0].tail = text", 500_001), ("del tree", -500_001)):
        line = report.line(FILE, source)
        assert line["net_native_bytes"] == pytest.approx(2 * net, abs=20_000), source
        assert abs(line["net_python_bytes"]) < 1000


def test_pythons_blocks_are_not_counted_twice():
    report = Report(APPS + "/heap/Known", "-n", "1")
    for source in ("array = bytearray(100_000)", "high = len(bytearray(30 << 20))"):
        assert report.line("Known/__init__.py", source)["net_native_bytes"] == 0
    assert report.line("Known/__init__.py", "data = bytes(100_000)")["allocated_bytes"] == 100_033
