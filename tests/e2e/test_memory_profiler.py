"""Code for memory_profiler: the tables are those of the real one, run on the same Python, and land in
the app's own log."""

import glob
import os
import re
import subprocess
import threading

import pytest

from programs import HTTP_FUNCTION, SANITIZED, VENV, batch

pytestmark = pytest.mark.usefixtures("packages")

PROGRAM = """
import asyncio, io, logging, re, sys
import memory_profiler
from memory_profiler import LogFile, profile

class Told(list):
    write = list.append

class Keep(logging.Handler):
    def emit(self, record):
        logged.append((record.levelname, self.format(record)))

logged, told = [], Told()
log = logging.getLogger("memory_profiler_logs")
log.addHandler(Keep())
log.handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
log.setLevel(logging.INFO)
log.propagate = False

@profile(stream=told, precision=PRECISION)
def grows():
    # a comment, "MiB"  and two spaces
    blocks = [bytearray(b"x") * (8 << 20) for _ in range(4)]
    for block in blocks:
        pass
    return len(
        blocks)  # \u00e9\u4e16

@profile(stream=told, precision=PRECISION)
async def waits():
    kept = bytearray(b"x") * (32 << 20)
    for _ in range(3):
        await asyncio.sleep(0)
    del kept

@profile(stream=LogFile("memory_profiler_logs", True), precision=PRECISION)
def logs():
    kept = bytearray(b"x") * (16 << 20)
    return None

@profile(stream=LogFile("memory_profiler_logs"), precision=PRECISION)
def logs_all():
    return None

async def main():
    return await waits()

def plain(text):
    # figures are the process's own: Mem usage, and the Increment of a first row
    return re.sub("[-0-9.]+ MiB", lambda found: "#" * len(found.group()), text)

grows()
asyncio.run(main())
logs()
logs_all()
for text in told:
    print(ascii(plain(text)))
for level, text in logged:
    print(level, ascii(plain(text)))
increments = [row[:47].split()[3] for row in told if row[:47].count("MiB") == 2]
print("INCREMENTS", *[round(float(text)) for text in increments if abs(float(text)) > 4][1:4:2])
"""


def output(command, folder):
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's memory takes a digit more")
@pytest.mark.parametrize("precision", [0, 1, 2, 3, 4])
def test_the_tables_are_those_of_the_real_one(tmp_path, precision):
    """Each write, each width and each blank; of the figures their lengths alone."""
    version = os.environ.get("PYMEMTOP_PYTHON") or re.search(
        "python(3[.][0-9]+)$", glob.glob(os.path.join(VENV, "lib", "python3.*"))[0]).group(1)
    worker = os.path.join(os.environ["PYMEMTOP_BUILD"], "pymemtop-worker-" + version)
    script = tmp_path / "script.py"
    script.write_text(PROGRAM.replace("PRECISION", str(precision)))
    real = output([os.path.join(VENV, "bin", "python"), str(script)], tmp_path)
    ours = output([worker, "--run", str(script)], tmp_path)
    assert len(real) > 30
    assert ours == real


APP = {
    "host.json": "{}",
    "Plain/function.json": HTTP_FUNCTION,
    "Plain/__init__.py": """
import logging
import memory_profiler
logging.getLogger().handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
stream = memory_profiler.LogFile("memory_profiler_logs", True)

@memory_profiler.profile(stream=stream)
def main(req) -> str:
    kept = bytearray(b"x") * (32 << 20)
    if req.params.get("fail"):
        raise KeyError("as asked")
    return str(len(kept))
""",
    "Coroutine/function.json": HTTP_FUNCTION,
    "Coroutine/__init__.py": """
import asyncio
import memory_profiler

@memory_profiler.profile(stream=memory_profiler.LogFile("memory_profiler_logs", True), precision=2)
async def main(req) -> str:
    kept = bytearray(b"x") * (int(req.params["mib"]) << 20)
    await asyncio.sleep(0.2)
    return str(len(kept))
""",
    "Undecorated/function.json": HTTP_FUNCTION,
    "Undecorated/__init__.py": """
def helper():
    return bytearray(b"x") * (24 << 20)

async def main(req) -> str:
    kept = helper()
    return str(len(kept))
""",
}
V2 = {"host.json": "{}", "function_app.py": """
import azure.functions as func
import memory_profiler
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
stream = memory_profiler.LogFile("memory_profiler_logs", True)

@app.route()
@memory_profiler.profile(stream=stream)
async def below(req: func.HttpRequest) -> str:
    inside = 1
    return "below"

@memory_profiler.profile(stream=stream)
@app.route()
def above(req: func.HttpRequest) -> str:
    inside = 2
    return "above"
"""}


def test_rows_land_in_the_apps_log(write_app, start):
    server = start(write_app(APP))
    assert server.get("Plain") == (200, b"33554432")
    server.wait_line(r"\] memory_profiler_logs: Filename: .*Plain/__init__\.py$")
    server.wait_line(r"\] memory_profiler_logs: +9 +[0-9.]+ MiB +32\.[0-9] MiB +1   +kept = ")
    assert server.get("Plain?fail=1")[0] == 500
    server.wait_line(r"Exception: KeyError: 'as asked'|KeyError")
    assert server.console.count("kept = bytearray") == 2
    assert "=====" not in server.console and "raise KeyError" not in server.console.split("Stack")[0]


def test_overlapping_invocations_have_tables_of_their_own(write_app, start):
    server = start(write_app(APP))
    threads = [threading.Thread(target=server.get, args=("Coroutine?mib={}".format(mib),))
               for mib in (40, 60, 80)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.wait_line(r"(?s)(kept = .*){3}")
    found = re.findall(r"MiB +([0-9]+)\.[0-9]{2} MiB +([0-9]+)   +kept = ", server.console)
    assert sorted(found) == [("40", "1"), ("60", "1"), ("80", "1")], server.console
    # What the others take meanwhile is on no await line: a row without an increment is not logged.
    assert "await asyncio.sleep" not in server.console


def test_v2_entry_points_in_either_order(write_app, start):
    server = start(write_app(V2))
    for name in ("below", "above"):
        assert server.get(name) == (200, name.encode())
        server.wait_line("(async )?def {}|@.*".format(name))
    assert server.console.count("Filename: ") == 2


def test_log_reports(write_app, start):
    server = start(write_app(APP), "--log-reports")
    assert server.get("Undecorated") == (200, b"25165824")
    server.wait_line(r" 3 +[0-9.]+ MiB +24\.[0-9] MiB +1   +return bytearray")
    server.wait_line(r" 6 +[0-9.]+ MiB +24\.[0-9] MiB +1   +kept = helper\(\)")
    text = server.console
    assert text.index("kept = helper") < text.index("Executed 'Functions.Undecorated'")
    assert text.count("Filename: ") == 2


def test_log_reports_of_a_batch(write_app):
    """On standard error, between the notices of each call; the report alone is on standard output."""
    root = write_app(APP)
    result = batch("--log-reports", "-n", "2", root / "Undecorated")
    assert result.returncode == 0
    calls = result.stderr.split("Executing 'Functions.Undecorated'")[1:]
    assert len(calls) == 2
    for call in calls:
        logged, _, rest = call.partition("Executed 'Functions.Undecorated' (Succeeded")
        assert logged.count("Filename: ") == 2 and "Filename: " not in rest
        for line, source in (3, "return bytearray"), (6, "kept = helper"):
            assert re.search(r"^memory_profiler_logs: +{} +[0-9.]+ MiB +2[345]\.[0-9] MiB +1   +{}"
                             .format(line, source), logged, re.M)
    assert result.stdout.count("kept = helper()") == 1 and "Executed" not in result.stdout
    assert batch(root / "Undecorated").stderr == ""
    # What a function logs by itself is not logged once more.
    assert batch("--log-reports", root / "Plain").stderr.count("kept = bytearray") == 1


@pytest.mark.parametrize("function, options", [("Plain", []), ("Undecorated", ["--log-reports"])])
def test_rows_land_in_the_output_view(tmux, write_app, function, options):
    """Those of a decorated function as they are, those of others where they are asked for."""
    terminal = tmux(80, 24)
    terminal.pymemtop("-p", 0, *options, write_app(APP) / function)
    terminal.wait("READY")
    terminal.keys("r")
    terminal.wait("answered with status 200")
    terminal.keys("4")
    # In 80 columns a row of the log takes two.
    terminal.wait(r"#1 .*memory_profiler_logs: Line #    Mem usage$", r"^ +MiB +1   +(kept =|return)",
                  r"Executed 'Functions.{}".format(function))
    terminal.resize(200, 50)
    source = r"kept = bytearray" if function == "Plain" else r"kept = helper\(\)"
    screen = terminal.wait(r"#1 .* [0-9.]+ MiB +(2[345]|3[123])\.\d MiB +1   +" + source)
    assert screen.count("Filename: ") == (2 if options else 1)
    terminal.keys("q")
    terminal.wait(r"^shell> ?$")


# What else an app may use of the module. Each part raises where it is not as with `pymemtop run`, and
# so fails the invocation; what is logged can be seen from outside.
EVERYTHING = {"host.json": "{}", "All/function.json": HTTP_FUNCTION, "All/__init__.py": """
import inspect
import io
import time
import memory_profiler
from memory_profiler import LineProfiler, LogFile, TimeStamper, memory_usage, profile, show_results

MIB = 1 << 20
calls = []

def rows_of(text):
    found = {}
    for line in text.splitlines():
        fields = line[:47].split()
        if len(fields) == 6 and fields[2] == fields[4] == "MiB":
            found[line[47:].strip()] = float(fields[3]), int(fields[5])
    return found

def grows(blocks):
    blocks.append(bytes(33 * MIB))
    return len(blocks)

def once(blocks):
    calls.append(1)
    blocks.append(bytearray(b"x") * (40 * MIB))  # malloc keeps none of more than 32
    time.sleep(0.02)
    return "done"

logged = profile(grows, LogFile("by_bytes", True), 2, "tracemalloc")

def check_backends():
    for backend in "tracemalloc", "psutil", "psutil_pss", "psutil_uss", "posix":
        stream = io.StringIO()
        profile(grows, stream, backend=backend)([])
        # nothing has touched the pages that are asked for: bytes alone show them
        taken = rows_of(stream.getvalue())["blocks.append(bytes(33 * MIB))"]
        asked = 33 if backend == "tracemalloc" else 0
        assert taken[1] == 1 and abs(taken[0] - asked) < 8, (backend, taken)

def check_usage():
    del calls[:]
    kept = []
    usage, result = memory_usage((once, (kept,)), interval=0.005, retval=True)
    assert (calls, result) == ([1], "done") and len(usage) > 1
    assert max(usage) - usage[0] > 38, usage

def check_results():
    profiler, stream = LineProfiler(), io.StringIO()
    for _ in range(3):
        profiler(grows)([])
    show_results(profiler, stream, 3)
    assert rows_of(stream.getvalue())["return len(blocks)"][1] == 3
    stamper, stream = TimeStamper(), io.StringIO()
    stamper(grows)([])
    stamper.show_results(stream)
    assert stream.getvalue().startswith("FUNC ") and ".grows " in stream.getvalue()

@profile(stream=LogFile("memory_profiler_logs", True))
def main(req) -> str:
    assert not inspect.iscoroutinefunction(main) and main.__name__ == "main"
    check_backends()
    check_usage()
    check_results()
    logged([])
    kept = bytearray(b"x") * (16 * MIB)
    return "as with run"
"""}
LOGGED = r" 33\.00 MiB +1 +blocks\.append"


def test_the_whole_module_under_start(write_app, start):
    server = start(write_app(EVERYTHING))
    for _ in range(2):
        assert server.get("All") == (200, b"as with run"), server.console
    server.wait_line("(?s)({}.*){{2}}".format(LOGGED))
    server.wait_line(r"(?s)( MiB +1 +kept = bytearray.*){2}")


def test_the_whole_module_of_a_batch(write_app):
    result = batch("--verbose", "-n", "2", write_app(EVERYTHING) / "All")
    assert result.returncode == 0, result.stderr
    assert len(re.findall(LOGGED, result.stderr)) == 2, result.stderr
    assert len(re.findall(r"MiB +1 +kept = bytearray", result.stderr)) == 2
    assert "blocks.append" in result.stdout


def test_the_whole_module_on_the_screen(tmux, write_app):
    terminal = tmux(200, 50)
    terminal.pymemtop("-p", 0, write_app(EVERYTHING) / "All")
    terminal.wait("READY")
    terminal.keys("r")
    terminal.wait("answered with status 200")
    terminal.keys("4")
    terminal.wait(LOGGED, r"MiB +1 +kept = bytearray")
    terminal.keys("q")
    terminal.wait(r"^shell> ?$")


def test_the_real_one_stays_where_it_is_wanted(write_app, start):
    app = write_app({"host.json": "{}", "Which/function.json": HTTP_FUNCTION, "Which/__init__.py":
                     "import memory_profiler\n\n\ndef main(req) -> str:\n"
                     "    return str(getattr(memory_profiler, '__file__', None))\n"})
    assert b"site-packages" in start(app, "--real-memory-profiler").get("Which")[1]
    assert b"site-packages" not in start(app).get("Which")[1]
