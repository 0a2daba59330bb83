"""Handlers that do what handlers should not: the host and the other invocations go on."""

import errno
import os
import re
import signal

import pytest

import programs
from programs import Report, batch, is_alive, near, wait_for

pytestmark = pytest.mark.usefixtures("packages")

AWAIT = "    waited = [await asyncio.sleep(0.5, x) async for x in numbers()]"
FUNCTIONS = {
    # A process that the app started goes on writing, and the worker ends under it.
    "Filler": """import os, subprocess, time
def main(req) -> str:
    subprocess.Popen(["yes"])
    time.sleep(0.3)
    os._exit(3)
""",
    "HugeError": """def main(req) -> str:
    raise ValueError("x" * (17 << 20))
""",
    "Status": """import azure.functions as func
def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("odd", status_code=10 ** 20)
""",
    # A process that the app started does not want to end.
    "Stubborn": """import os, subprocess
def main(req) -> str:
    child = subprocess.Popen(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"],
                             stdout=subprocess.PIPE)
    child.stdout.readline()
    return str(child.pid)
""",
    # The loop allocates while the consumer awaits, on the line on which the generator yielded.
    "AsyncGenerator": """import asyncio
KEPT = []
async def numbers():
    yield 1
async def main(req) -> str:
    loop = asyncio.get_running_loop()
    loop.call_later(0.1, KEPT.extend, [0] * (8 << 20))
""" + AWAIT + """
    return "done"
""",
    # Sleeps until somebody writes to the pipe.
    "Sleeper": """import os
def main(req) -> str:
    block = bytearray(8 << 20)
    os.mkfifo("pipe")
    open("pipe").read()
    return "slept"
""",
    "Body": """async def main(req) -> str:
    return str(len(req.get_body()))
""",
    "Deep": """import sys
def down(n):
    return down(n - 1) if n else 0
def main(req) -> str:
    sys.setrecursionlimit(60000)
    down(50000)
    return "deep"
async def in_loop(req) -> str:
    return main(req)
""",
    "Forker": """import multiprocessing, time
def main(req) -> str:
    with multiprocessing.get_context("fork").Pool(2) as pool:
        made = pool.map(abs, [-1, -2])
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    child.start()
    child.terminate()
    child.join()
    return "{} {}".format(made, child.exitcode)
""",
    "Fine": """def main(req) -> str:
    return "fine"
""",
}


@pytest.fixture
def app(write_app):
    files = {"host.json": "{}"}
    for name, source in FUNCTIONS.items():
        files[name + "/function.json"] = programs.HTTP_FUNCTION
        files[name + "/__init__.py"] = source
    return write_app(files)


@pytest.mark.host
def test_output_that_never_ends_does_not_stop_the_host(app):
    result = batch(app / "Filler")
    assert result.returncode == 3
    assert "worker exited with exit code 3" in result.stderr


@pytest.mark.parametrize("function", ["HugeError", "Status"])
def test_answer_that_cannot_be_sent_is_a_failure_of_its_own_call(app, start, function):
    server = start(app)
    worker = server.worker
    assert server.get(function)[0] == 500
    assert server.get("Fine") == (200, b"fine")
    assert server.worker == worker


def test_child_made_by_fork_gets_its_own_signals(app, start):
    server = start(app)
    worker = server.worker
    assert server.get("Forker") == (200, b"[1, 2] -15")
    assert server.worker == worker


def test_recursion_goes_as_deep_as_without_pymemtop(app, start):
    assert start(app).get("Deep") == (200, b"deep")
    spec = app / "Deep/function.json"
    spec.write_text(spec.read_text().replace("{", '{"entryPoint": "in_loop", ', 1))
    assert start(app).get("Deep") == (200, b"deep")


def test_no_process_of_the_app_outlives_pymemtop(app, start):
    server = start(app)
    status, pid = server.get("Stubborn")
    assert status == 200 and is_alive(int(pid))
    server.stop()
    wait_for(lambda: not is_alive(int(pid)), "end of the app's process")


def test_loop_work_is_charged_to_the_await_not_to_a_yield_before_it(app):
    report = Report(app / "AsyncGenerator")
    assert report.increment("AsyncGenerator/__init__.py", AWAIT.strip()) == near(64)
    assert report.increment("AsyncGenerator/__init__.py", "yield 1") == near(0)


def writing_end(path):
    """The descriptor, once somebody has the named pipe open for reading; until then None."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        assert error.errno in (errno.ENOENT, errno.ENXIO)
        return None


def asleep(pid):
    """Whether all threads of the process wait for something."""
    states = set()
    for name in os.listdir("/proc/{}/task".format(pid)):
        with open("/proc/{}/task/{}/stat".format(pid, name)) as file:
            states.add(file.read().rpartition(")")[2].split()[0])
    return states == {"S"}


def test_thread_that_sleeps_is_not_charged_with_what_others_receive(app, start, tmp_path):
    report = tmp_path / "report.txt"
    server = start(app, "--report", "-o", report)
    sleeper = server.begin("Sleeper")
    pipe = wait_for(lambda: writing_end(app / "pipe"), "handler that sleeps")
    # It goes on from open() to read() now; what it touches on the way is accounted for by a call.
    wait_for(lambda: asleep(server.worker), "handler that sleeps again")
    assert server.get("Body", data=b"x") == (200, b"1")
    assert server.get("Body", data=b"x" * (60 << 20)) == (200, b"62914560")
    os.write(pipe, b"wake up")
    os.close(pipe)
    assert sleeper.result() == (200, b"slept")
    server.stop()
    row = r'^ +\d+ +\S+ MiB +(\S+) MiB +1 +open\("pipe"\)'
    sleep_row = re.search(row, report.read_text(), re.M)
    assert float(sleep_row.group(1)) == pytest.approx(0, abs=1)


@pytest.mark.host
def test_full_table_of_lines_is_said(write_app):
    lines = "".join("    x = {}\n".format(n) for n in range(33000))
    app = write_app({"host.json": "{}", "Long/function.json": programs.HTTP_FUNCTION,
                     "Long/__init__.py": "def main(req) -> str:\n" + lines + "    return 'long'\n"})
    result = batch(app / "Long")
    assert result.returncode == 0
    assert "the table of lines is full" in result.stderr
    assert "--exclude" in result.stderr


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_handler_that_becomes_another_program(write_app, start, kind):
    """The program does not outlive the call, and the next worker serves."""
    source = ("import os\n" + kind + " main(req) -> str:\n"
              "    os.execv('/bin/sleep', ['sleep', '600'])\n")
    root = write_app({"host.json": "{}", "Exec/function.json": programs.HTTP_FUNCTION,
                      "Exec/__init__.py": source,
                      "Fine/function.json": programs.HTTP_FUNCTION,
                      "Fine/__init__.py": "def main(req) -> str:\n    return 'fine'\n"})
    server = start(root)
    worker = server.worker
    status, _, body = server.request("/api/Exec")
    assert status == 502 and b"at Exec/__init__.py:3" in body
    server.wait_line(r"the worker's connection is closed, as where a handler runs another program "
                     r"in its place \(exec\); it is killed$")
    assert server.get("Fine") == (200, b"fine")
    assert not is_alive(worker)


@pytest.mark.parametrize("first", [0, 3])
def test_app_that_closes_every_descriptor(write_app, start, first):
    """The worker's connection to its host, too: it ends, and the next one serves."""
    close = "import os\ndef main(req) -> str:\n    os.closerange({}, 4096)\n    return 'x'\n"
    root = write_app({"host.json": "{}", "Close/function.json": programs.HTTP_FUNCTION,
                      "Close/__init__.py": close.format(first),
                      "Fine/function.json": programs.HTTP_FUNCTION,
                      "Fine/__init__.py": "def main(req) -> str:\n    return 'fine'\n"})
    server = start(root)
    assert server.get("Close")[0] == 502
    assert server.get("Fine") == (200, b"fine")


FORKED = """import asyncio, os, sys
WAIT = os.waitpid
{kind} main(req) -> str:
    child = os.fork()
    if not child:
        {end}
        return "from the child"
    _, status = {wait}
    return str(status >> 8)
"""


@pytest.mark.parametrize("kind, wait", [("def", "WAIT(child, 0)"),
                                        ("async def", "await asyncio.to_thread(WAIT, child, 0)")])
@pytest.mark.parametrize("end, status, words", [
    ("pass", b"0", r"\] a child process made by fork has come to the end of the handler"),
    ("sys.exit(7)", b"7", ""),
    ("raise ValueError('in the child')", b"1", r"\] ValueError: in the child$"),
])
def test_forked_child_that_comes_to_the_end_of_the_handler(write_app, start, kind, wait, end,
                                                           status, words):
    """It ends there: the parent that waits for it goes on, and answers alone."""
    root = write_app({"host.json": "{}", "Fork/function.json": programs.HTTP_FUNCTION,
                      "Fork/__init__.py": FORKED.format(kind=kind, wait=wait, end=end)})
    server = start(root)
    worker = server.worker
    for _ in range(2):
        assert server.get("Fork") == (200, status)
    server.wait_line(words)
    assert "pymemtop/_pymemtop_glue" not in server.console
    assert server.worker == worker


DAEMON = """import os, subprocess, sys
# A session of its own, and a parent that has ended; with a child, and deaf to SIGTERM.
SCRIPT = '''trap "" TERM; sleep 600 & echo $$ $! > pids.new; mv pids.new pids; wait; wait'''
def main(req) -> str:
    code = "import os; os.fork() and os._exit(0); os.setsid(); os.execl('/bin/sh', 'sh', '-c', {!r})"
    subprocess.run([sys.executable, "-c", code.format(SCRIPT)])
    return "started"
"""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, "save"])
def test_no_daemon_of_the_app_outlives_its_worker(write_app, start, end):
    root = write_app({"host.json": "{}", "Fn/function.json": programs.HTTP_FUNCTION,
                      "Fn/__init__.py": DAEMON})
    server = start(root)
    worker = server.worker
    assert server.get("Fn") == (200, b"started")
    wait_for((root / "pids").exists, "daemon")
    pids = [int(pid) for pid in (root / "pids").read_text().split()]
    assert len(pids) == 2 and all(map(is_alive, pids))
    if end == signal.SIGTERM:
        assert server.stop() == 0
    elif end == signal.SIGKILL:
        os.kill(worker, signal.SIGKILL)
    else:
        (root / "other.py").write_text("")
    try:
        wait_for(lambda: not any(map(is_alive, pids)), "end of the daemon")
    finally:
        for pid in filter(is_alive, pids):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.host
def test_orphans_that_end_are_waited_for(write_app, start):
    root = write_app({"host.json": "{}", "Fn/function.json": programs.HTTP_FUNCTION,
                      "Fn/__init__.py": "import subprocess\ndef main(req) -> str:\n"
                      "    subprocess.run('sh -c \"echo \\\\$\\\\$ >> pids\" &', shell=True)\n"
                      "    return 'x'\n"})
    server = start(root)
    for _ in range(5):
        assert server.get("Fn") == (200, b"x")
    pids = wait_for(lambda: (root / "pids").exists() and
                    (len((root / "pids").read_text().split()) == 5 and
                     (root / "pids").read_text().split()), "five processes")
    wait_for(lambda: not any(os.path.exists("/proc/" + pid) for pid in pids), "end of all")
