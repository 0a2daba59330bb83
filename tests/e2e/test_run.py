"""pymemtop run: any program, as `python` and `python -m memory_profiler` run it."""

import glob
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

import programs
from programs import LIMIT, MIB, PYMEMTOP, TOLERANCE, VENV, error_line, near, run, wait_for

PYTHON = os.path.join(VENV, "bin", "python") if VENV else sys.executable
HEAD = ["", "Line #    Mem usage    Increment  Occurrences   Line Contents", "=" * 61]
# The two functions of Microsoft's how-to, on a server of its own, whose pages come in one piece, so
# that it is known how often an await suspends; what it keeps only grows.
HOWTO = """\
import asyncio
import sys

import aiohttp
from aiohttp import web

PAGES = []


async def page(request):
    return web.Response(body=b"x" * 1024)


@profile
async def async_size(url):
    async with aiohttp.ClientSession() as client:
        for _ in range(8):
            async with client.get(url) as response:
                page = await response.read()
                PAGES.append(bytearray(len(page) << 10))
        count = len(PAGES)
    return count


@profile
def sync_size(count):
    blocks = []
    for number in range(count):
        block = bytearray(8 << 20)
        blocks.append(block)
    total = sum(len(block) for block in blocks)
    PAGES.extend(blocks)
    return total


async def main():
    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    print(await async_size("http://127.0.0.1:{}/".format(port)))
    await runner.cleanup()


asyncio.run(main())
print(sync_size(8))
sys.exit(3)
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """write({name: text}): files in the current folder, which it returns."""
    monkeypatch.chdir(tmp_path)

    def writer(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return writer


def start(*arguments, **more):
    """`pymemtop run` with pipes; a Popen."""
    return subprocess.Popen([PYMEMTOP, "run", *map(str, arguments)], env=programs.environment(),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            encoding="utf-8", **more)


def python(*arguments, stdin=None):
    """What the interpreter does by itself."""
    return subprocess.run([PYTHON, *arguments], env=programs.environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, input=stdin or "", encoding="utf-8", timeout=LIMIT)


def tables(text):
    """Of every table: its file's name, and its rows {line: (mem, increment, occurrences, source)}."""
    found = []
    for part in re.split(r"^Filename: ", text, flags=re.M)[1:]:
        name, *lines = part.split("\n")
        assert lines[:3] == HEAD
        rows = {}
        for line in lines[3:]:
            match = re.match(r"^ *(\d+)(?: +(-?[\d.]+) MiB +(-?[\d.]+) MiB)?(?: +(\d+))?   (.*)$", line)
            if match:
                number, mem, increment, times, source = match.groups()
                rows[int(number)] = (mem and float(mem), increment and float(increment),
                                     times and int(times), source.lstrip())
        assert part.endswith("\n\n\n") or part == text
        found.append((name, rows))
    return found


def report(*arguments, status=0, count=None, **more):
    """The tables that a run prints; of `count`, where that is given."""
    result = run("run", *arguments, **more)
    assert result.returncode == status, result.stderr
    found = tables(result.stdout)
    assert count in (None, len(found)), "{} tables, not {}: {}".format(len(found), count, result)
    return found


def figures(rows):
    return {line: row[:3] for line, row in rows.items() if row[2]}


# ---- beside memory_profiler


@pytest.mark.usefixtures("packages")
def test_the_table_of_the_howto(write):
    """Names, lines and occurrences are memory_profiler's, and figures are within 1 MiB of its, but
    that its process is larger by what it imports itself."""
    write({"howto.py": HOWTO})
    real = python("-m", "memory_profiler", "howto.py")
    ours = run("run", "howto.py")
    assert (ours.returncode, ours.stderr) == (real.returncode, real.stderr) == (3, "")
    assert ours.stdout.splitlines()[:2] == real.stdout.splitlines()[:2] == ["8", str(64 * MIB)]
    # Of a coroutine memory_profiler counts the loop's other work, too; figures are compared below.
    theirs, mine = tables(real.stdout), tables(ours.stdout)
    assert [name for name, _ in mine] == [name for name, _ in theirs] == ["howto.py"] * 2
    base = theirs[0][1][min(theirs[0][1])][0] - mine[0][1][min(mine[0][1])][0]
    for (_, expected), (_, rows) in zip(theirs, mine):
        assert {line: row[2:] for line, row in rows.items()} == {
            line: row[2:] for line, row in expected.items()}
        first = min(expected)
        for line, (mem, increment, times, _) in expected.items():
            assert (mem is None) == (rows[line][0] is None)
            if times:
                assert abs(mem - base - rows[line][0]) <= TOLERANCE / MIB, (line, rows)
                increment -= base if line == first else 0
                assert abs(increment - rows[line][1]) <= TOLERANCE / MIB, (line, rows)


SHAPES = """\
@profile
def function(n):
    total = 0
    for i in range(n):
        total += i
    squares = [i * i for i in range(n)]
    return sum(i for i in squares) + total


@profile
def never():
    return 1


class Thing:
    @profile
    def method(self):
        return [
            1,
            2]

    @staticmethod
    @profile
    def static():
        return (lambda x: x + 1)(1)


def outer():
    @profile
    def inner(x):
        return x + 1
    return inner(1) + inner(2)


@profile
def holder():
    @profile
    def part():
        return 5
    return part()


def plain():
    return 4


@profile
def short(x): return x + 1


@profile
def thrower():
    raise KeyError("gone")


function(10)
function(2)
Thing().method()
Thing.static()
outer()
outer()
plain()
short(1)
short(2)
holder()
thrower()
"""


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("precision", [None, 0, 1, 4])
def test_every_shape_has_the_same_rows(write, precision):
    """Also where the program ends by an exception, whose words are Python's."""
    options = [] if precision is None else ["--precision", str(precision)]
    write({"shapes.py": SHAPES})
    real = python("-m", "memory_profiler", *options, "shapes.py")
    ours = run("run", *options, "shapes.py")
    plain = python("-c", SHAPES.replace("@profile", ""))
    assert ours.returncode == real.returncode == 1
    assert ours.stderr.endswith("KeyError: 'gone'\n") and plain.stderr.endswith("KeyError: 'gone'\n")
    assert ours.stderr.count("File ") == 2  # the module and thrower
    blank = re.compile(r"-?\d+(\.\d*)? MiB")

    def shape(text):
        return re.sub(r" +", " ", blank.sub("MiB", text))

    assert shape(ours.stdout) == shape(real.stdout)
    digits = {len(figure.partition(".")[2]) for figure in re.findall(r"([\d.]+) MiB", ours.stdout)}
    assert digits == {3 if precision is None else precision}


# ---- what is in the report


GROWS = """\
import helper, sys


def first(n):
    keep = bytearray(n << 20)
    return keep


def second():
    return first(20), helper.third(10)


KEPT = second()
print(sys.argv[1:], __name__)
"""
HELPER = "def third(n):\n    return bytearray(n << 20)\n"


def test_all_files_where_nothing_is_decorated(write):
    folder = write({"grows.py": GROWS, "helper.py": HELPER})
    found = report("grows.py", "--precision", "x")
    assert {name for name, _ in found} == {"grows.py", str(folder / "helper.py")}
    outside, rows, more = [rows for name, rows in found if name == "grows.py"]
    others = found[-1][1]
    assert sorted(outside) == [1, 2, 3, 7, 8, 11, 12, 13, 14]
    assert outside[13][1] * MIB == near(30)
    assert sorted(rows) == [4, 5, 6] and sorted(more) == [9, 10] and sorted(others) == [1, 2]
    assert rows[5][1] * MIB == near(20) and others[2][1] * MIB == near(10)
    assert more[10][1] * MIB == near(30)


MODULE = """\
import helper
# what follows runs once

KEPT = helper.third(24)
call = lambda x: x + 1
def short(x): return x
def never(): return 2
short(short(1))
for turn in range(3):
    pass


def function():
    return None


del KEPT
# the end
"""


def test_code_outside_of_functions(write):
    """It has a table of its own where nothing is decorated; a definition is no execution."""
    write({"module.py": MODULE, "helper.py": HELPER})
    rows, calls = [rows for name, rows in report("module.py") if name == "module.py"]
    assert {line: row[2] for line, row in rows.items() if row[2]} \
        == {1: 1, 4: 1, 5: 1, 8: 1, 9: 4, 10: 3, 17: 1}
    assert sorted(rows) == [line for line in range(1, 18) if line != 6]  # which was called
    assert rows[4][1] * MIB == near(24) and rows[17][1] * MIB == near(-24)
    assert [row[2] for row in calls.values()] == [4]  # two calls, a line each


def test_nothing_to_report(write):
    """It is said: an empty report would look like a mistake."""
    write({"quiet.py": "@profile\ndef never():\n    pass\n", "numbers.json": "[1, 2]"})
    result = run("run", "quiet.py")
    assert (result.returncode, result.stdout) == (0, "")
    assert "no function that the program has decorated was called" in result.stderr
    result = run("run", "-m", "json.tool", "numbers.json", "out.json")
    assert (result.returncode, result.stdout) == (0, "")
    assert "no file that is profiled has run" in result.stderr
    write({"little.py": "little = 1\n"})
    result = run("run", "little.py")
    assert (result.returncode, result.stdout) == (0, "")
    assert "no function was called, and the code outside of functions has not changed the memory" \
        in result.stderr


def test_include_and_exclude(write):
    folder = write({"app/grows.py": GROWS, "beside/helper.py": HELPER})
    env = {"PYTHONPATH": str(folder / "beside")}

    def names(*options):
        return {name for name, _ in report(*options, "app/grows.py", env=env)}

    helper = str(folder / "beside/helper.py")
    assert names() == {"app/grows.py"}
    assert names("--include", "*/beside/*") == {"app/grows.py", helper}
    assert names("--include", "*/beside/*", "--exclude", "grows.py") == {helper}


def test_decorated_functions_elsewhere(write):
    """They are measured wherever they lie, unless they are excluded."""
    folder = write({"app/grows.py": GROWS, "beside/helper.py": "@profile\n" + HELPER})
    env = {"PYTHONPATH": str(folder / "beside")}
    ((name, rows),) = report("app/grows.py", env=env, count=1)
    assert name == str(folder / "beside/helper.py")
    assert figures(rows).keys() == {1, 3} and rows[3][1] * MIB == near(10)
    assert {name for name, _ in report("--exclude", "*/beside/*", "app/grows.py", env=env)} \
        == {"app/grows.py"}


def test_the_decorator_that_is_imported(write):
    """What says `from memory_profiler import profile` decorates, too."""
    write({"one.py": "from memory_profiler import profile\n@profile(precision=1)\ndef f():\n"
                     "    return 1\ndef g(): return f()\ng()\n"})
    ((_, rows),) = report("one.py", count=1)
    assert {line: row[2] for line, row in rows.items()} == {2: 1, 3: None, 4: 1}


WHICH = """\
import memory_profiler


@memory_profiler.profile
def f():
    return getattr(memory_profiler, "__file__", "built in")


print(f())
"""


API = """\
import inspect, json
import memory_profiler
NAMES = ("profile LineProfiler show_results CodeMap TimeStamper LogFile choose_backend memory_usage"
         " load_ipython_extension").split()
found = {name: getattr(memory_profiler, name) for name in NAMES}
for name in NAMES:
    if inspect.isclass(found[name]):
        found.update((name + "." + member, each) for member, each in inspect.getmembers(found[name])
                     if inspect.isfunction(each) and member.strip("_") in (member, "call", "enter", "exit"))
print(json.dumps({name: list(inspect.signature(each).parameters) for name, each in found.items()}))
"""
# Of its own machinery.
NOT_API = {"LineProfiler.trace_memory_usage", "LineProfiler.trace_max_mem", "TimeStamper.call_on_stack",
           "CodeMap.add", "CodeMap.trace"}


@pytest.mark.usefixtures("packages")
def test_names_and_parameters_are_the_real_ones(write):
    """The stand-in has all that can be called, and takes all that can be given."""
    write({"api.py": API})
    ours, real = (json.loads(run("run", "--quiet", *options, "api.py").stdout)
                  for options in ((), ("--real-memory-profiler",)))
    assert len(real) > 15 and ours != real
    for name in real.keys() - NOT_API:
        assert set(real[name]) - {"kw"} <= set(ours[name]), name
    for option in "include_children", "backend", "max_mem":
        assert option in ours["LineProfiler"]



@pytest.mark.usefixtures("packages")
def test_the_real_memory_profiler(write):
    """Where that is wanted it is imported, and prints its tables; what runs is profiled all the same."""
    folder = write({"which.py": WHICH})
    assert "built in\n" in run("run", "--quiet", "which.py").stdout
    result = run("run", "--real-memory-profiler", "which.py")
    assert (result.returncode, result.stderr) == (0, "")
    assert re.search(r"^/.*site-packages/memory_profiler\.py$", result.stdout, re.M)
    # The decorator's own table has all the path and one digit; ours what was typed, and three.
    assert result.stdout.startswith("Filename: {}\n".format(folder / "which.py"))
    assert re.search(r"^ +6 +\d+\.\d MiB +0\.\d MiB +1   ", result.stdout, re.M)
    assert re.search(r"^Filename: which\.py\n(.*\n)+ +1 +\d+\.\d{3} MiB .* import", result.stdout, re.M)
    again = run("run", "--quiet", "--real-memory-profiler", "-m", "memory_profiler", "which.py")
    assert (again.returncode, again.stderr) == (0, "") and "site-packages" in again.stdout


def test_json(write):
    folder = write({"grows.py": GROWS, "helper.py": HELPER})
    result = run("run", "--format", "json", "-o", "out.json", "grows.py", "a", "b")
    assert (result.returncode, result.stdout) == (0, "['a', 'b'] __main__\n")
    document = json.loads((folder / "out.json").read_text())
    (invocation,) = document["invocations"]
    assert (invocation["function"], invocation["trigger"], invocation["outcome"],
            invocation["status"]) == ("__main__", "program", "succeeded", 0)
    assert document["app"] == str(folder) and document["baseline"]["rss_bytes"] > 0
    assert invocation["rss_end_bytes"] - invocation["rss_start_bytes"] == sum(
        invocation["rss_{}_bytes".format(part)] for part in ("lines", "elsewhere", "shared"))
    assert invocation["rss_lines_bytes"] == near(30)
    paths = [file["path"] for file in document["files"]]
    assert paths == [str(folder / "grows.py"), str(folder / "helper.py")]
    # A script that decorates something has that alone in its report.
    write({"helper.py": "@profile\n" + HELPER})
    run("run", "--format", "json", "-o", "out.json", "grows.py")
    (file,) = json.loads((folder / "out.json").read_text())["files"]
    assert file["path"] == paths[1] and [line["line"] for line in file["lines"]][0] == 1


def test_output_is_appended(write):
    folder = write({"one.py": "@profile\ndef f(): return 1\nf()\n", "kept.txt": "kept\n"})
    for _ in range(2):
        result = run("run", "-o", "kept.txt", "one.py")
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    text = (folder / "kept.txt").read_text()
    assert text.startswith("kept\nFilename: one.py\n") and text.count("Filename: ") == 2


@pytest.mark.parametrize("format", ["text", "json", "mprof"])
def test_where_nothing_can_be_written_nothing_begins(write, format):
    folder = write({"one.py": "open('ran', 'w').close()\n"})
    result = run("run", "--format", format, "-o", "no/such.txt", "one.py")
    assert result.returncode == 71 and "cannot write the report to no/such.txt" in error_line(result)
    assert run("run", "--format", format, "-o", "such.txt", "--quiet", "one.py").returncode == 0
    assert (folder / "ran").exists()
    assert sorted(path.name for path in folder.iterdir() if path.name != "such.txt") \
        == ["one.py", "ran"]


def test_long_names_of_options(write):
    folder = write({"one.py": "@profile\ndef f(): return 1\nf()\n"})
    assert [len(report(option, "one")) for option in ("-m", "--module")] == [1, 1]
    run("run", "--output", "x.txt", "--module", "one")
    assert len(tables((folder / "x.txt").read_text())) == 1


def test_quiet(write):
    write({"one.py": "def f(): return 1\nprint(f())\n"})
    result = run("run", "--quiet", "one.py")
    assert (result.returncode, result.stdout, result.stderr) == (0, "1\n", "")


def test_streams_that_are_closed(write):
    """As by a shell's >&-; python runs such a script, too."""
    folder = write({"one.py": "def f(): return 1\nprint(f())\nopen('ran', 'w').close()\n"})
    for closed in "<&-", ">&-", "2>&-", "<&- >&- 2>&-":
        line = "{} run one.py {}".format(shlex.quote(PYMEMTOP), closed)
        assert subprocess.run(line, shell=True, env=programs.environment(), timeout=LIMIT,
                              stdout=subprocess.DEVNULL).returncode == 0, closed
        (folder / "ran").unlink()


def test_heap_off(write):
    folder = write({"one.py": "def f(): return 1\nf()\n"})
    run("run", "--heap", "off", "--format", "json", "-o", "x.json", "one.py")
    (invocation,) = json.loads((folder / "x.json").read_text())["invocations"]
    assert invocation["heap_end_bytes"] is None


def test_verify_rss(write):
    write({"one.py": "def f(): return bytearray(1 << 20)\nf()\n"})
    result = run("run", "--verify-rss", "one.py")
    assert re.search(r"RSS read at \d+ events", result.stderr)


def test_a_python_that_is_named(write):
    write({"one.py": "import sys\nprint(sys.executable)\n"})
    result = run("run", "--quiet", "--python", PYTHON, "one.py")
    assert result.stdout == PYTHON + "\n"
    assert "--python: cannot run no/python" in error_line(
        run("run", "--python", "no/python", "one.py"))


# ---- what lines are measured by


METERS = """\
@profile
def work():
    kept = [b"x" * (27 << 10) for _ in range(1000)]
    block = bytearray(16 << 20)
    buffer = memoryview(block)
    return kept, block


work()
"""


@pytest.mark.parametrize("backend", ["rss", "pss", "uss", "python", "heap", "psutil", "psutil_pss",
                                     "psutil_uss", "tracemalloc"])
def test_backend(write, backend):
    write({"meters.py": METERS})
    ((_, rows),) = report("--backend", backend, "meters.py", count=1)
    assert figures(rows).keys() == {1, 3, 4, 5, 6}
    assert rows[4][1] * MIB == near(16)
    exact = backend in ("python", "heap", "tracemalloc")
    # What the allocator adds to the objects is in the RSS alone.
    # PSS and USS also move by what other processes share of Python's library, or no longer do.
    assert (26 if exact or backend in ("rss", "psutil") else 18) <= rows[3][1] <= (29 if exact else 40)
    if exact:
        assert rows[4][1] == 16.0


CHILDREN = """\
import subprocess
import sys


@profile
def work():
    child = subprocess.Popen([sys.executable, "-c", "x = bytearray(64 << 20); print(flush=True); input()"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    here = len(sys.argv)
    child.communicate(b"\\n")
    return here


work()
"""


@pytest.mark.parametrize("backend", ["rss", "pss", "uss"])
def test_include_children(write, backend):
    write({"children.py": CHILDREN})
    ((_, alone),) = report("--backend", backend, "children.py", count=1)
    ((_, rows),) = report("--backend", backend, "--include-children", "children.py", count=1)
    assert alone[9][1] < 30
    assert rows[9][0] - alone[9][0] > 60
    assert rows[8][1] + rows[7][1] + rows[9][1] > 60 and rows[11][1] < -60


# ---- as python


ENDS = {
    "falls off": ("print('done')", 0),
    "SystemExit": ("import sys; sys.exit(7)", 7),
    "SystemExit with words": ("import sys; sys.exit('no such thing')", 1),
    "exception": ("1 / 0", 1),
    "os._exit": ("import os; os._exit(9)", 9),
    "SIGKILL": ("import os; os.kill(os.getpid(), 9)", 137),
    "SIGTERM": ("import os; os.kill(os.getpid(), 15)", 143),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", 130),
}


@pytest.mark.parametrize("name", ENDS)
def test_its_end(write, name):
    """The status is the script's, its words are Python's, and the table is there all the same."""
    code, status = ENDS[name]
    write({"ends.py": "@profile\ndef f():\n    return 1\nf()\n" + code + "\n",
           "plain.py": "def f():\n    return 1\n\nf()\n" + code + "\n"})
    result, real = run("run", "ends.py"), python("plain.py")
    assert result.returncode == status
    assert real.returncode in (status, 128 - status)
    assert result.stderr == real.stderr.replace("plain.py", "ends.py")
    ((_, rows),) = tables(result.stdout)
    assert {line: row[2] for line, row in rows.items()} == {1: 1, 2: None, 3: 1}


@pytest.mark.parametrize("words", [["missing.py"], ["folder"], ["broken.py"], ["-m", "missing"],
                                   ["-m", "folder"], ["secret.py"]], ids=" ".join)
def test_what_cannot_be_run(write, words):
    folder = write({"folder/x.txt": "", "broken.py": "x = (\n", "secret.py": "print(1)\n"})
    (folder / "secret.py").chmod(0)
    if words == ["secret.py"] and os.access("secret.py", os.R_OK):
        pytest.skip("needs a user who may not read everything")
    result, real = run("run", *words), python(*words)
    assert (result.returncode, result.stdout) == (real.returncode, "")

    def words_of(text):
        return re.sub(r"^\S+: ", "", text)  # the interpreter, which VIRTUAL_ENV may name otherwise

    assert words_of(result.stderr) == words_of(real.stderr)


SEEN = "import os, sys\nprint(sys.argv, sys.path[0], __name__, __file__, os.getcwd(), sys.stdin.read())\n"


@pytest.mark.parametrize("words", [["seen.py"], ["package"], ["-m", "package"], ["-m", "package.inner"]],
                         ids=" ".join)
def test_what_it_sees(write, words):
    """Options end at the script, or at the module."""
    write({"seen.py": SEEN, "package/__init__.py": "", "package/__main__.py": SEEN,
           "package/inner.py": SEEN})
    arguments = [*words, "--format", "json", "-o", "x", "-m", "--", "é"]
    result = subprocess.run([PYMEMTOP, "run", "--batch", "--quiet", *arguments], env=programs.environment(),
                            input="typed", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            encoding="utf-8", timeout=2 * LIMIT)
    real = python(*arguments, stdin="typed")
    assert (result.stdout, result.stderr) == (real.stdout, real.stderr)
    assert "'--format', 'json', '-o', 'x', '-m', '--'" in result.stdout and "typed" in result.stdout


# ---- a script on standard input


def run_input(text, *arguments, env=None):
    """`pymemtop run` with that script on standard input."""
    return subprocess.run([PYMEMTOP, "run", *arguments], env=programs.environment(env), input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          timeout=2 * LIMIT)


@pytest.mark.parametrize("script", [
    SEEN, "", "def f():\n    1 / 0\nf()\n", "if x\n", "import sys; sys.exit(7)", "input()",
    "print('no newline at the end')", "print('é', '\u4e16')\r\nprint(2)\r\n", "import helper",
    "import sys; print(getattr(sys, 'orig_argv', [])[1:])",
], ids=["what it sees", "nothing", "exception", "syntax", "exit", "input", "no newline", "crlf",
        "import", "orig_argv"])
def test_standard_input(write, script):
    """As `python -`, down to the words of an exception."""
    write({"helper.py": "print(__file__)\n"})
    result = run_input(script, "--quiet", "-", "a", "--b", "-")
    real = python("-", "a", "--b", "-", stdin=script)
    assert (result.stdout, result.stderr, result.returncode) == (real.stdout, real.stderr,
                                                                 real.returncode)


@pytest.mark.parametrize("decorator", ["", "@profile\n", "import memory_profiler\n@memory_profiler.profile\n"],
                         ids=["plain", "builtin", "imported"])
def test_the_table_of_standard_input(write, decorator):
    """Its source is shown, though no file has it."""
    folder = write({"helper.py": HELPER, "<stdin>": "not this\n", "-": "nor this\n"})
    script = "import helper\n{}def f(n):\n    return helper.third(n)  # \u4e16\nf(24)\n".format(decorator)
    result = run_input(script, "-")
    assert (result.returncode, result.stderr) == (0, "")
    found = tables(result.stdout)
    others = set() if decorator else {str(folder / "helper.py")}
    assert {name for name, _ in found} == {"<stdin>"} | others
    (rows,) = [rows for name, rows in found if name == "<stdin>" and any("def f" in row[3]
                                                                         for row in rows.values())]
    (row,) = [row for row in rows.values() if "return" in row[3]]
    assert row[1] * MIB == near(24) and row[2] == 1 and row[3].endswith("# \u4e16")


def test_formats_of_standard_input(write):
    folder = write({"helper.py": HELPER})
    assert run_input(GROWS, "--format", "json", "-o", "x.json", "-",
                     "a").returncode == 0
    file, _ = json.loads((folder / "x.json").read_text())["files"]
    assert file["path"] == "<stdin>" and file["lines"][0]["source"] == "import helper, sys"
    run_input(CALLS, "--format", "mprof", "--quiet", "-o", "x.dat", "-", "a")
    text = (folder / "x.dat").read_text()
    assert text.startswith("CMDLINE - a\n")
    assert calls_of(text)[0] == ("__main__.outer", 0)
    assert run_input(CALLS, "--exclude", "<stdin>", "-").stdout == ""


def test_a_terminal_is_no_script(write, pty):
    write({})
    terminal = pty("run", "-")
    assert terminal.wait_exit() == 2
    assert b"pymemtop: run - reads the script from standard input" in terminal.output


def test_ctrl_c_while_the_script_is_awaited(write):
    process = subprocess.Popen([PYMEMTOP, "run", "-"], env=programs.environment(), stdin=subprocess.PIPE,
                               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    wait_until_asleep(process.pid)
    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT) == -signal.SIGINT
    process.stdin.close()


LATE = """\
import sys
print([name for name in ("asyncio", "json", "logging", "threading") if name in sys.modules])
import asyncio, concurrent.futures.thread, threading
for module in threading, asyncio.events, concurrent.futures.thread:
    print(module.__loader__ is module.__spec__.loader, type(module.__loader__).__name__)
kept = []
def grow(mib):
    kept.append(bytearray(mib << 20))
async def later():
    await asyncio.to_thread(grow, 16)
def work():
    thread = threading.Thread(target=grow, args=(16,))
    thread.start()
    thread.join()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        pool.submit(grow, 16).result()
    asyncio.run(later())
work()
"""


def test_threads_pools_and_loops(write):
    """They belong to the program's invocation, and nothing was imported for it."""
    folder = write({"late.py": LATE, "plain.py": LATE})
    result = run("run", "--format", "json", "-o", "x.json", "late.py")
    assert (result.stdout, result.stderr) == (python("plain.py").stdout, "")
    document = json.loads((folder / "x.json").read_text())
    lines = {line["source"].strip(): line for file in document["files"] for line in file["lines"]}
    # While a loop's thread takes pages, too, what another one takes may be on no line; on 3.10 also
    # while the one that has begun it does.
    least = 15 if document["python"].startswith("3.10") else 31
    assert lines["kept.append(bytearray(mib << 20))"]["increment_bytes"] > least * MIB
    (invocation,) = document["invocations"]
    assert invocation["rss_lines_bytes"] + invocation["rss_elsewhere_bytes"] > 47 * MIB
    assert invocation["rss_shared_bytes"] == 0


# ---- signals


WAITS = """\
import os, sys, time
def wait():
    try:
        time.sleep(print("ready", os.getpid(), os.getpgrp(), flush=True) or 600)
    finally:
        print("cleaned", flush=True)
wait()
"""


def wait_until_asleep(pid):
    """A signal that comes just before a call of the system does not interrupt that, in Python."""
    def is_asleep():
        with open("/proc/{}/stat".format(pid)) as stat:
            return stat.read().rpartition(")")[2].split()[0] == "S"
    for _ in range(3):
        wait_for(is_asleep, "sleep of the program")
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_pymemtop_is_handed_on(write, number):
    """It is not ignored, whatever started the tests."""
    write({"waits.py": WAITS})
    process = start("waits.py", preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    wait_until_asleep(int(re.match("ready ([0-9]+)", process.stdout.readline())[1]))
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 128 + number
    assert (out.startswith("cleaned\n"), "KeyboardInterrupt" in err) == (number == signal.SIGINT,) * 2
    _, rows = tables(out)[-1]
    assert rows[4][2] == 1 and (rows[4][0] is None) == (number != signal.SIGINT)


HANDLES = """\
import signal, time
seen = []
def handle(number, frame):
    seen.append(number)
    print(signal.Signals(number).name, flush=True)
for name in ("SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGALRM", "SIGHUP", "SIGTERM"):
    signal.signal(getattr(signal, name), handle)
print("ready", flush=True)
while len(seen) < 6:
    time.sleep(0.01)
"""


def test_signals_that_the_script_handles(write):
    """pymemtop lives on, as the script does, and each arrives once."""
    write({"handles.py": HANDLES})
    process = start("--quiet", "handles.py",
                    preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    assert process.stdout.readline() == "ready\n"
    for name in "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGALRM", "SIGHUP", "SIGTERM":
        process.send_signal(getattr(signal, name))
        assert process.stdout.readline() == name + "\n"
    assert process.communicate(timeout=LIMIT) == ("", "") and process.returncode == 0


def test_a_signal_that_the_script_does_not_handle(write):
    """Its end is the script's, by the same signal, and the table follows."""
    write({"waits.py": WAITS})
    process = start("waits.py")
    wait_until_asleep(int(re.match("ready ([0-9]+)", process.stdout.readline())[1]))
    process.send_signal(signal.SIGUSR1)
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (128 + signal.SIGUSR1, "")
    assert tables(out)[-1][1][4][2] == 1


def test_a_killed_script_has_its_table(write):
    write({"waits.py": WAITS})
    process = start("waits.py")
    os.kill(int(process.stdout.readline().split()[1]), signal.SIGKILL)
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (137, "")
    _, rows = tables(out)[-1]
    assert rows[4][:3] == (None, None, 1) and rows[3][2] == 1


def test_a_script_does_not_outlive_pymemtop(write):
    write({"waits.py": WAITS})
    process = start("waits.py")
    pid = int(process.stdout.readline().split()[1])
    process.kill()
    process.communicate(timeout=LIMIT)
    wait_for(lambda: not programs.is_alive(pid), "end of the script")


def test_nohup(write):
    """What was ignored when pymemtop was started stays so."""
    write({"one.py": "import os, signal\nos.kill(os.getpid(), signal.SIGHUP)\nprint('alive')\n"})
    process = start("one.py", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    assert process.communicate(timeout=LIMIT)[0].startswith("alive\n") and process.returncode == 0


def test_a_process_that_it_leaves_behind_lives_on(write):
    """As with python: only an app's children go with it."""
    write({"leaves.py": "import subprocess\nnull = subprocess.DEVNULL\n"
                        "child = subprocess.Popen(['sleep', '600'], stdout=null, stderr=null)\n"
                        "print(child.pid)\n"})
    result = run("run", "--quiet", "leaves.py")
    pid = int(result.stdout)
    assert programs.is_alive(pid)
    os.kill(pid, signal.SIGKILL)


def test_ctrl_c_on_a_terminal(write, pty):
    """It reaches the script as it is the terminal's, once, and pymemtop waits for what it does."""
    write({"waits.py": WAITS})
    terminal = pty("run", "--batch", "waits.py")
    terminal.wait(rb"ready (\d+) (\d+)")
    pid, group = map(int, re.search(rb"ready (\d+) (\d+)", terminal.output).groups())
    assert group == terminal.process.pid and pid != group
    wait_until_asleep(pid)
    terminal.type(b"\x03")
    assert terminal.wait_exit() == 130
    output = terminal.output.decode()
    assert output.index("cleaned") < output.index("KeyboardInterrupt") < output.index("Filename: ")
    assert output.count("KeyboardInterrupt") == 1
    assert terminal.settings == terminal.before


def test_input_from_a_terminal(write, pty):
    write({"asks.py": "print('got', input('name? '))\n"})
    terminal = pty("run", "--batch", "asks.py")
    terminal.wait(rb"name\? ")
    terminal.type(b"somebody\n")
    assert terminal.wait_exit() == 0
    assert b"got somebody" in terminal.output


# ---- recordings


def calls_of(text):
    return [(words[1], int(words[6])) for words in map(str.split, text.splitlines())
            if words[0] == "FUNC"]


CALLS = """\
@profile
def inner(n):
    return bytearray(n << 20)


@profile
def outer():
    return inner(8), inner(16)


outer()
inner(1)
"""


def test_mprof(write):
    folder = write({"calls.py": CALLS})
    result = run("run", "--format", "mprof", "calls.py", "x")
    (name,) = glob.glob("mprofile_*.dat")
    assert re.fullmatch(r"mprofile_\d{14}\.dat", name)
    assert (result.returncode, result.stdout, result.stderr) == (
        0, "", "pymemtop: memory over time is in {}\n".format(name))
    text = (folder / name).read_text()
    assert text.startswith("CMDLINE calls.py x\nMEM ")
    assert calls_of(text) == [("__main__.outer", 0), ("__main__.inner", 1), ("__main__.inner", 1),
                              ("__main__.inner", 0)]
    begin, end = [[float(words[at]) for words in map(str.split, text.splitlines())
                   if words[:2] == ["FUNC", "__main__.outer"]][0] for at in (2, 4)]
    assert (end - begin) * MIB == near(24)
    assert run("run", "--format", "mprof", "-o", "mine.dat", "--quiet", "calls.py").stderr == ""
    assert calls_of((folder / "mine.dat").read_text()) == calls_of(text)


@pytest.mark.usefixtures("packages")
def test_mprof_has_the_calls_of_mprof(write):
    """Their names, levels and order."""
    folder = write({"calls.py": CALLS})
    run("run", "--format", "mprof", "-o", "mine.dat", "calls.py")
    subprocess.run([os.path.join(VENV, "bin", "mprof"), "run", "-o", "theirs.dat", "calls.py"], check=True,
                   stdout=subprocess.DEVNULL, env=programs.environment(), timeout=LIMIT)
    theirs = calls_of((folder / "theirs.dat").read_text())
    assert sorted(theirs) == sorted(calls_of((folder / "mine.dat").read_text()))


def test_record(write):
    folder = write({"calls.py": CALLS, "plain.py": CALLS.replace("@profile\n", "")})
    result = run("run", "--record=calls.pymemtop", "calls.py")
    assert result.stderr == "pymemtop: the recording is in calls.pymemtop\n"
    assert len(tables(result.stdout)) == 2
    peak = run("peak", "--func", "__main__.outer", "calls.pymemtop").stdout
    assert float(peak.split()[1]) > 24
    run("plot", "calls.pymemtop", "-o", "calls.svg")
    assert "__main__.outer" in (folder / "calls.svg").read_text()
    run("run", "--record", "--quiet", "plain.py")
    (name,) = glob.glob("pymemtop_*.pymemtop")
    run("plot", name, "-o", "plain.dat")
    assert calls_of((folder / "plain.dat").read_text()) == [("__main__", 0)]


def test_a_recording_is_drawn(write):
    """As a picture and as a page: the calls, the peak, and each child by its pid."""
    folder = write({"children.py": CHILDREN.replace("input()", "import time, os; print(os.getpid(), "
                                                    "flush=True); time.sleep(1)")
                    .replace("    child.stdout.readline()\n",
                             "    child.stdout.readline()\n    print(int(child.stdout.readline()))\n")})
    pid = run("run", "--quiet", "--record=x.pymemtop", "children.py").stdout.strip()
    for name in "x.svg", "x.html":
        assert run("plot", "x.pymemtop", "-o", name).returncode == 0
        text = (folder / name).read_text()
        assert "child {}".format(pid) in text and "__main__.work" in text
        assert "peak " in text and "children.py" in text
    peaks = run("peak", "x.pymemtop").stdout
    assert float(re.search(r"Child {}\s+([\d.]+) MiB".format(pid), peaks).group(1)) > 60


def test_recorded_children(write):
    folder = write({"children.py": CHILDREN.replace("input()", "import time; time.sleep(0.5)")})
    run("run", "--format", "mprof", "-o", "x.dat", "children.py")
    child = [words for words in map(str.split, (folder / "x.dat").read_text().splitlines())
             if words[0] == "CHLD"]
    assert max(float(words[2]) for words in child) > 60
    run("run", "--format", "mprof", "-o", "x.dat", "--include-children", "children.py")
    assert max(float(words[1]) for words in map(str.split, (folder / "x.dat").read_text().splitlines())
               if words[0] == "MEM") > 70


# ---- the command line


@pytest.mark.parametrize("arguments, words", [
    ([], "run needs a script, or -m and a module, as in: pymemtop run work.py"),
    (["--batch"], "run needs a script, or -m and a module, as in: pymemtop run work.py"),
    ([""], "run needs a script, and '' is none"),
    (["-m"], "-m needs a value; see pymemtop --help"),
    (["--frob", "x.py"], "unknown option --frob; see pymemtop --help"),
    (["--precision", "x", "x.py"], "--precision takes a number from 0 to 12, not 'x'"),
    (["--backend", "vms", "x.py"], "--backend takes rss, pss, uss, python or heap, not 'vms'"),
    (["--format", "xml", "x.py"], "--format takes text, csv, folded, folded-retained, html, "
     "json, junit, markdown, speedscope or mprof with run, not 'xml'"),
    (["--format", "kusto", "x.py"], "--format kusto is of an app's invocations, and run has none"),
    (["--heap", "maybe", "x.py"], "--heap takes on or off, not 'maybe'"),
    (["--heap", "off", "--backend", "heap", "x.py"],
     "--backend heap counts allocations, which --heap off turns off"),
    (["--include-children", "--backend", "python", "x.py"],
     "--include-children goes with --backend rss, pss or uss: allocations are counted in one process"),
    (["--format", "mprof", "--record", "x.py"],
     "--format mprof is a recording itself; leave --record out, or the format: pymemtop plot -o x.dat "
     "makes the one of the other"),
    (["-m", "memory_profiler", "x.py"],
     "run does itself what -m memory_profiler does, as in: pymemtop run work.py; with "
     "--real-memory-profiler it runs the installed one"),
    (["--log-reports", "x.py"],
     "--log-reports is for apps, at the end of each invocation; a program's report follows it, or goes "
     "to -o's file"),
    (["--pdb-mmem", "100", "x.py"],
     "--pdb-mmem is not there yet: run cannot stop a script at a limit of memory; the screen, or "
     "--record and pymemtop plot, show where it grows"),
    (["--timestamp", "x.py"],
     "--timestamp is not there: --format mprof writes when functions ran, and pymemtop plot draws it"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_refused(arguments, words):
    result = run("run", *arguments)
    assert (result.returncode, error_line(result)) == (2, words)


def test_help():
    result = run("run", "--help")
    assert result.returncode == 0 and "pymemtop run [OPTIONS] SCRIPT|- [ARGS...]" in result.stdout


# ---- the screen


LIVE = """\
import os, sys, time
kept = []
def grow():
    kept.append(bytearray(24 << 20))
    print("grown", file=sys.stderr)
    return len(kept)
def wait(name):
    while not os.path.exists(name):
        time.sleep(0.01)
print("got", repr(sys.stdin.read()), sys.argv[1:])
grow()
wait("go")
sys.exit(3)
"""


def test_the_screen(write, tmux, tmp_path):
    write({"live.py": LIVE})
    terminal = tmux(100, 28)
    terminal.shell("cd " + shlex.quote(str(tmp_path)))
    terminal.pymemtop("run", "live.py", "a", "b")
    screen = terminal.wait("RUNNING", r"live\.py a b", r"^> +[89] .*(while|sleep)", r"\+24\.0 MiB",
                           "invocations 1, 1 running")
    assert "> __main__" in screen
    terminal.keys("4")
    terminal.wait("stdout +#1 got '' \\['a', 'b'\\]", "stderr +#1 grown")
    terminal.keys("r")
    terminal.wait("a program is run once")
    terminal.keys("1")
    (tmp_path / "go").write_text("")
    terminal.wait(r"EXIT 3", "the program has ended with exit code 3", r"^ +4 .*\+24\.0 MiB")
    terminal.keys("5")
    terminal.wait("program")
    terminal.keys("q")
    screen = terminal.wait(r"^pymemtop: live\.py has ended with exit code 3; peak")
    terminal.shell("echo status $?")
    terminal.wait("^status 3")


def test_quitting_ends_the_script(write, tmux, tmp_path):
    write({"waits.py": WAITS.replace("finally:\n", "finally:\n        open('cleaned', 'w').close()\n")})
    terminal = tmux(80, 24)
    terminal.shell("cd " + shlex.quote(str(tmp_path)))
    terminal.pymemtop("run", "waits.py")
    terminal.wait("RUNNING", r"^> +4 .*time\.sleep")
    worker = terminal.worker
    terminal.keys("q")
    terminal.wait("^pymemtop: waits.py was ended; peak")
    assert not programs.is_alive(worker) and (tmp_path / "cleaned").exists()
    terminal.shell("echo status $?")
    terminal.wait("^status 0")


def test_the_screen_without_colours(write, tmux, tmp_path):
    write({"waits.py": WAITS})
    terminal = tmux(80, 24)
    terminal.shell("cd " + shlex.quote(str(tmp_path)))
    terminal.pymemtop("run", "--ascii", "--no-color", "waits.py")
    screen = terminal.wait("RUNNING", r"^> +4 .*time\.sleep")
    assert screen.isascii()
    assert not re.search(r"\x1b\[[\d;]*(3[0-7]|38|4[0-7]|48|9[0-7])[;m]",
                         terminal.screen(colours=True))
    terminal.keys("q")
    terminal.wait("was ended")


@pytest.mark.parametrize("options, name", [(["--backend", "uss"], "USS"), (["--backend", "python"], "Python"),
                                           (["--include-children"], r"RSS\+children")])
def test_the_screen_names_what_is_measured(write, tmux, tmp_path, options, name):
    write({"waits.py": WAITS})
    terminal = tmux(80, 24)
    terminal.shell("cd " + shlex.quote(str(tmp_path)))
    terminal.pymemtop("run", *options, "waits.py")
    terminal.wait("RUNNING", "^ {} [\\d.]+ MiB  peak".format(name))
    terminal.keys("q")
    terminal.wait("was ended")


def test_the_screen_says_why_a_program_has_failed(write, tmux, tmp_path):
    write({"fails.py": "import time\ntime.sleep(0.1)\n{}['gone']\n"})
    terminal = tmux(80, 24)
    terminal.shell("cd " + shlex.quote(str(tmp_path)))
    terminal.pymemtop("run", "fails.py")
    terminal.wait("! the program has ended with exit code 1: KeyError: 'gone'$")
    terminal.keys("q")
    terminal.wait("fails.py has ended with exit code 1")
    terminal.pymemtop("run", "-m", "nowhere")
    terminal.wait("! the program has ended with exit code 1: No module named nowhere$",
                  "no profiled line has run$")
    terminal.keys("q")
    terminal.wait("nowhere has ended with exit code 1")


def test_a_script_that_is_not_there_has_no_screen(write, pty):
    write({})
    terminal = pty("run", "nowhere.py")
    assert terminal.wait_exit() == 2
    assert re.fullmatch(rb"\S+: can't open file '\S+nowhere\.py': .*No such file or directory\r\n",
                        terminal.output)


def test_a_terminal_with_batch_or_a_format_has_no_screen(write, pty):
    write({"one.py": "print('plain')\n"})
    for options in ["--batch"], ["--format", "text"], ["-o", "out.txt"]:
        terminal = pty("run", *options, "one.py")
        assert terminal.wait_exit() == 0
        assert terminal.output.startswith(b"plain\r\n")
