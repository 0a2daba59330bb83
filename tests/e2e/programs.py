"""Running the built programs: the batch report, and a server with its console."""

import glob
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

BUILD = os.path.abspath(os.environ["PYMEMTOP_BUILD"]) if os.environ.get("PYMEMTOP_BUILD") else ""
PYMEMTOP = os.path.join(BUILD, "pymemtop") if BUILD else ""
VENV = os.environ.get("PYMEMTOP_VENV", "")
if not os.path.exists(os.path.join(VENV, "bin", "python")):
    VENV = ""
APPS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "apps")
SANITIZER = os.environ.get("PYMEMTOP_SANITIZED", "")
SANITIZED = SANITIZER != ""
# Anything: what tests/run shortens is run in full (tests/run --full).
FULL = os.environ.get("PYMEMTOP_FULL", "") != ""
DEFAULT_VERSION = "%d.%d" % sys.version_info[:2]  # pytest itself runs with the default Python
VERSION = os.environ.get("PYMEMTOP_PYTHON") or DEFAULT_VERSION
LIMIT = int(os.environ.get("PYMEMTOP_TEST_LIMIT", "60"))  # seconds; only what hangs comes near it
MIB = 1 << 20
# The function.json of a function that HTTP calls.
HTTP_FUNCTION = """{
  "bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req"},
    {"type": "http", "direction": "out", "name": "$return"}
  ]
}
"""
# How far a figure of tens of MiB may be off: pages of the allocators, and of sanitizers their own.
TOLERANCE = (8 if SANITIZED else 1) * MIB


def near(expected_mib):
    """Equal to any number of bytes that is as good as that many MiB."""
    return Near(expected_mib * MIB)


class Near:
    def __init__(self, expected):
        self.expected = expected

    def __eq__(self, other):
        return abs(other - self.expected) <= TOLERANCE

    def __repr__(self):
        return "{:.1f} MiB (+-{:.0f})".format(self.expected / MIB, TOLERANCE / MIB)


def environment(changes=None):
    """This process's environment with the app's packages; a change to None takes a name out."""
    result = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYMEMTOP_LIBEXEC"):
        result.pop(name, None)
    if VENV:
        result["VIRTUAL_ENV"] = VENV
    if SANITIZED:
        # AddressSanitizer keeps what was freed for a while; here it is to go back at once.
        result["ASAN_OPTIONS"] = ":".join(
            filter(None, [result.get("ASAN_OPTIONS"), "quarantine_size_mb=0",
                          "thread_local_quarantine_size_kb=0"]))
    for name, value in (changes or {}).items():
        result.pop(name, None)
        if value is not None:
            result[name] = str(value)
    return result


def run(*arguments, program=PYMEMTOP, env=None, cwd=None):
    """Run pymemtop to its end: stdout and stderr as text, and the exit status."""
    return subprocess.run([program, *map(str, arguments)], env=environment(env), cwd=cwd,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=2 * LIMIT, encoding="utf-8")


def batch(*arguments, **more):
    return run("--batch", *arguments, **more)


def error_line(result):
    """pymemtop's own message, which must be one line and the last one."""
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if line.startswith("pymemtop: ")]
    assert len(lines) == 1 and result.stderr.endswith(lines[0] + "\n"), result.stderr
    return lines[0][len("pymemtop: "):]


class Report:
    """A JSON report."""

    def __init__(self, path, *options, status=0, **more):
        self.result = batch("--format", "json", *options, path, **more)
        assert self.result.returncode == status, self.result.stderr
        self.json = json.loads(self.result.stdout)
        self.invocations = self.json["invocations"]
        assert self.invocations or status
        for one in self.invocations:
            self._assert_sums(one)

    @staticmethod
    def _assert_sums(invocation):
        """What an invocation took adds up, to the byte, in every report of every test."""
        for meter in ("rss", "heap"):
            if invocation[meter + "_end_bytes"] is not None:
                assert invocation[meter + "_end_bytes"] - invocation[meter + "_start_bytes"] == sum(
                    invocation["{}_{}_bytes".format(meter, part)]
                    for part in ("lines", "elsewhere", "shared")), invocation

    def file(self, ending):
        (found,) = [file for file in self.json["files"] if file["path"].endswith(ending)]
        return found

    def line(self, ending, source):
        """The only line of that file whose source, without its indentation, is `source`."""
        (found,) = [line for line in self.file(ending)["lines"]
                    if line["source"].strip() == source]
        return found

    def increment(self, ending, source):
        return self.line(ending, source)["increment_bytes"]


def wait_for(condition, what, limit=LIMIT):
    """The first true value of condition()."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, \
            "no {} within {} s".format(what() if callable(what) else what, limit)
        time.sleep(0.02)


def children(pid):
    """The processes that `pid` started."""
    try:
        with open("/proc/{0}/task/{0}/children".format(pid)) as file:
            return [int(word) for word in file.read().split()]
    except FileNotFoundError:
        return []


def descendant(pid, name):
    """The process below `pid` whose name begins so, 0 where there is none."""
    for child in children(pid):
        try:
            with open("/proc/{}/comm".format(child)) as file:
                found = child if file.read().rstrip("\n").startswith(name) else 0
        except (FileNotFoundError, ProcessLookupError):
            continue
        found = found or descendant(child, name)
        if found:
            return found
    return 0


def worker_of(pid):
    """The worker's process id, 0 while there is none."""
    return descendant(pid, "pymemtop-worker")


def is_alive(pid):
    """Whether the process runs; one that waits for its parent to look does not."""
    try:
        with open("/proc/{}/stat".format(pid)) as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def listening_port(pid):
    """The TCP port that a process listens on, 0 while there is none."""
    sockets = set()
    for link in glob.glob("/proc/{}/fd/*".format(pid)):
        try:
            sockets.add(os.readlink(link))
        except OSError:
            continue
    with open("/proc/{}/net/tcp".format(pid)) as table:
        rows = [line.split() for line in table.read().splitlines()[1:]]
    for row in rows:
        if row[3] == "0A" and "socket:[{}]".format(row[9]) in sockets:
            return int(row[1].split(":")[1], 16)
    return 0


class Server:
    """`pymemtop start`: its console as it comes, and requests to it."""

    def __init__(self, path, *options, env=None):
        self.process = subprocess.Popen(
            [PYMEMTOP, "start", "-p", "0", *map(str, options), str(path)],
            env=environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.reading = threading.Lock()
        self.text, self.rest = "", b""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _take(self):
        """Read what is there, which one read does: more than it asks for is never in a pipe. (A server
        that writes all the time would not let go of a loop.) False at the end."""
        with self.reading:
            try:
                chunk = os.read(self.process.stdout.fileno(), 1 << 20)
            except BlockingIOError:
                return True
            lines, end, self.rest = (self.rest + chunk).rpartition(b"\n")
            if not chunk:
                lines, self.rest = self.rest, b""
            self.text += (lines + end).decode()
            return bool(chunk)

    def _read(self):
        """The pipe is not to fill up while nobody asks for the console."""
        while self._take():
            select.select([self.process.stdout], [], [])

    @property
    def console(self):
        """All lines that it has written by now: what it says of a call it says before it answers."""
        if not self.process.stdout.closed:
            self._take()
        return self.text

    def wait_line(self, pattern, after=0):
        """The match of the first line of the console, from the offset `after`, with `pattern`."""
        return wait_for(lambda: re.compile(pattern, re.M).search(self.console, after),
                        lambda: "{!r} in {}".format(pattern, self.console))

    @property
    def port(self):
        """The port that it has found free; it listens before it says so."""
        said = re.search(r"^\t.* http://localhost:(\d+)/", self.console, re.M)
        return int(said.group(1)) if said else wait_for(
            lambda: listening_port(self.process.pid), lambda: self.console)

    def request(self, target, data=None, headers=None, method=None):
        """(status, headers, body), whatever the status is."""
        request = urllib.request.Request("http://127.0.0.1:{}{}".format(self.port, target), data,
                                         headers or {}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=LIMIT) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def get(self, function, **more):
        """(status, body) of a call of the function."""
        status, _, body = self.request("/api/" + function, **more)
        return status, body

    def begin(self, function):
        """A call whose answer is read later, with .result(): (status, body)."""
        return Pending(self, function)

    def raw(self, request):
        """Send bytes; the status of the answer to them."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT) as connection:
            try:
                connection.sendall(request)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all was sent; the answer can still be there
            response = http.client.HTTPResponse(connection)
            response.begin()
            return response.status

    @property
    def worker(self):
        return wait_for(lambda: worker_of(self.process.pid), "worker")

    def stop(self, number=signal.SIGTERM):
        """End it by a signal; the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(LIMIT)
        self.reader.join(LIMIT)
        return status

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(LIMIT)
        self.process.stdout.close()


class Pending:
    def __init__(self, server, function):
        self.answer = self.fault = None
        self.thread = threading.Thread(target=self._ask, args=(server, function), daemon=True)
        self.thread.start()

    def _ask(self, server, function):
        try:
            self.answer = server.get(function)
        except OSError as error:
            self.fault = error

    def result(self):
        self.thread.join(LIMIT)
        assert self.answer, self.fault or "the request was not answered"
        return self.answer


def workers():
    return [path for path in glob.glob(os.path.join(BUILD, "pymemtop-worker-3.*"))
            if os.access(path, os.X_OK) and os.path.isfile(path)]
