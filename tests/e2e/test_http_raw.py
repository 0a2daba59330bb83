"""Clients that break the rules, by raw sockets: each gets the answer that it should, the others are
served meanwhile, and afterwards the host has as many descriptors, and as much memory, as before."""

import http.client
import io
import itertools
import json
import os
import re
import resource
import socket
import struct
import time

import pytest

import programs
from programs import LIMIT, MIB, SANITIZED, wait_for

pytestmark = pytest.mark.usefixtures("packages")

ANY_METHOD = programs.HTTP_FUNCTION  # no methods: all of them
FUNCTIONS = {
    "Seen": """import json
import azure.functions as func
def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(json.dumps({
        "method": req.method, "url": req.url, "params": dict(req.params),
        "headers": dict(req.headers), "body": req.get_body().decode("latin-1")}))
""",
    "Headers": """import azure.functions as func
def main(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("body", headers={"Content-Length": "1000", "X-Empty": ""})
    response.headers.add("Set-Cookie", "one=1; Path=/")
    response.headers.add("Set-Cookie", "two=2; HttpOnly")
    return response
""",
    "Inject": """import json
def main(req) -> str:
    return json.dumps({"body": "body", "headers": {
        "X-Split": "a\\r\\nX-Injected: b", "X-Bad Name": "c", "X-Tab": "d\\te", "X-Fine": "f"}})
""",
    "Wait": """import asyncio, os
async def main(req) -> str:
    while not os.path.exists("go"):
        await asyncio.sleep(0.02)
    return "waited"
""",
}
HEAD = b"Host: a\r\n"
POST = b"POST /api/Seen HTTP/1.1\r\n" + HEAD
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A server for all these tests, which may open no more than 1,024 files, as is usual."""
    if not programs.VENV:
        pytest.skip("needs azure-functions, which could not be installed")
    root = tmp_path_factory.mktemp("raw")
    (root / "host.json").write_text("{}")
    for name, source in FUNCTIONS.items():
        (root / name).mkdir()
        (root / name / "function.json").write_text(ANY_METHOD)
        (root / name / "__init__.py").write_text(source)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))
    try:
        server = programs.Server(root)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    server.root = root
    try:
        server.wait_line("^Functions:")
        assert server.get("Seen")[0] == 200
        yield server
    finally:
        server.end()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def files_of(server):
    return len(os.listdir("/proc/{}/fd".format(server.process.pid)))


def connections_of(server):
    """The inodes of its TCP sockets but for the listening one. One that was reset is in no table of
    the kernel's, so what is left out is what is known to be something else."""
    found, process = set(), "/proc/{}/".format(server.process.pid)
    for name in os.listdir(process + "fd"):
        try:
            link = os.readlink(process + "fd/" + name)
        except FileNotFoundError:
            continue
        if link.startswith("socket:["):
            found.add(link[len("socket:["):-1])
    with open(process + "net/unix") as table:
        found -= {line.split()[6] for line in table.read().splitlines()[1:]}
    with open(process + "net/tcp") as table:
        rows = [line.split() for line in table.read().splitlines()[1:]]
    return found - {row[9] for row in rows if row[3] == "0A"}


def rss_of(server):
    with open("/proc/{}/status".format(server.process.pid)) as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1)) << 10


def read_console(server, marks=itertools.count()):
    """Return when all that the server has said so far is in server.console: a request that is only
    refused, and said to be, comes after it."""
    mark = "/api/mark-{}".format(next(marks))
    assert server.raw("POST {} HTTP/1.1\r\nHost: a\r\nContent-Length: 300000000\r\n\r\n".format(
        mark).encode()) == 413
    server.wait_line("413: POST {}".format(mark))


@pytest.fixture
def server(whole):
    """The server; after the test it serves, and holds on to nothing of it."""
    read_console(whole)  # the test before may have said more
    # Nor is a connection of before to count among the files: the host may see its end later.
    wait_for(lambda: not connections_of(whole), "end of the connections of before")
    files, rss, worker = files_of(whole), rss_of(whole), whole.worker
    yield whole
    assert whole.get("Seen")[0] == 200
    wait_for(lambda: files_of(whole) <= files, lambda: "descriptors given back: {} were {}".format(
        files_of(whole), files))
    assert whole.worker == worker and whole.process.poll() is None
    if not SANITIZED:
        # What 700 connections' and 10,000 invocations' bookkeeping leave in the heap is less.
        wait_for(lambda: rss_of(whole) < rss + 8 * MIB, "memory given back")


def dial(server, data=b""):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT)
    connection.sendall(data)
    return connection


def read_all(connection):
    """What comes until the server ends the connection."""
    received = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return received
        if not piece:
            return received
        received += piece


class Answers:
    """Answers one after another on one connection."""

    def __init__(self, connection):
        self.file = connection.makefile("rb")

    def next(self, method="GET"):
        # HTTPResponse closes what it reads from where the connection ends.
        response = http.client.HTTPResponse(Borrowed(self.file), method=method)
        response.begin()
        return response.status, response, response.read()


class Borrowed:
    def __init__(self, file):
        self.file = file

    def makefile(self, _mode):
        return Unclosed(self.file)


class Unclosed(io.RawIOBase):
    def __init__(self, file):
        self.file = file

    def readable(self):
        return True

    def read(self, size=-1):
        return self.file.read(size)

    def readline(self, size=-1):
        return self.file.readline(size)

    def readinto(self, buffer):
        return self.file.readinto(buffer)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# ---- requests that are none

@pytest.mark.parametrize("request_bytes, status", [
    (b"GARBAGE\r\n\r\n", 400),
    (b"\x16\x03\x01\x00\x05hello\r\n\r\n", 400),
    (b"GET /\r\n\r\n", 400),
    (b"GET / HTTX/1.1\r\n" + HEAD + b"\r\n", 400),
    (b"get / http/1.1\r\n" + HEAD + b"\r\n", 400),
    (b"GET / HTTP/9.9\r\n" + HEAD + b"\r\n", 505),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"GET /a b HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
    (b"GET /a\x01b HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
    (b"G(T / HTTP/1.1\r\n" + HEAD + b"\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HEAD + b"no colon\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HEAD + b"X : y\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HEAD + b"X: y\r\n folded: z\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"y" * 70000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\n" + HEAD + b"X: y\r\n" * 12000 + b"\r\n", 431),
    (b"GET /" + b"y" * 70000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n", 414),
    (POST + b"Content-Length: abc\r\n\r\n", 400),
    (POST + b"Content-Length: 1x\r\n\r\na", 400),
    (POST + b"Content-Length: -1\r\n\r\n", 400),
    (POST + b"Content-Length: +1\r\n\r\na", 400),
    (POST + b"Content-Length:\r\n\r\n", 400),
    (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    (POST + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", 400),
    (POST + b"Content-Length: 220200961\r\n\r\n", 413),
    (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 413),
    (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 400),
    (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 501),
    (POST.replace(b"/1.1", b"/1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n", 400),
    (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400),
    (CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n", 400),
    (CHUNKED + b"ffffffffffffffffff\r\nabc", 413),
], ids=lambda value: repr(value[:40]) if isinstance(value, bytes) else str(value))
def test_refused(server, request_bytes, status):
    seen = len(server.console)
    answer = read_all(dial(server, request_bytes))  # to the end of the connection
    assert re.match(rb"HTTP/1\.1 %d [A-Z]" % status, answer), answer
    server.wait_line(r"^\[\S+\] {}: ".format(status), after=seen)
    assert "Executing" not in server.console[seen:]


# ---- requests that are odd, and well

@pytest.mark.parametrize("line, status", [
    (b"GET /api/Seen HTTP/1.0", 200),
    pytest.param(b"BREW /api/Seen HTTP/1.1\r\nHost: a", 200, marks=pytest.mark.glue),
    (b"OPTIONS /api/Seen HTTP/1.1\r\nHost: a", 200),
    (b"TRACE /api/Seen HTTP/1.1\r\nHost: a", 200),
    (b"OPTIONS * HTTP/1.1\r\nHost: a", 404),
    (b"CONNECT example.org:80 HTTP/1.1\r\nHost: a", 404),
    (b"\r\n\r\nGET /api/Seen HTTP/1.1\r\nHost: a", 200),
    (b"GET http://b/api/Seen HTTP/1.1\r\nHost: a", 200),
    (b"GET /api/Seen HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
     b"HTTP2-Settings: AAMA", 200),
    (b"GET /api/Seen HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
     b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 200),
    (b"GET /" + b"y" * 60000 + b" HTTP/1.1\r\nHost: a", 404),
])
def test_served(server, line, status):
    assert server.raw(line + b"\r\n\r\n") == status


def test_http_1_0_ends_its_connection(server):
    answer = read_all(dial(server, b"GET /api/Seen HTTP/1.0\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n") or answer.startswith(b"HTTP/1.0 200 OK\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["method"] == "GET"


def test_head_has_the_headers_alone(server):
    connection = dial(server, b"HEAD /api/Seen HTTP/1.1\r\n" + HEAD + b"Connection: close\r\n\r\n")
    head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and body == b""
    assert re.search(rb"\r\nContent-Length: [1-9]\d*\r?\n?", head)


def test_one_connection_for_many_requests(server):
    connection = dial(server)
    answers = Answers(connection)
    for number in range(20):
        connection.sendall(POST + b"Content-Length: 2\r\n\r\n%02d" % number)
        status, _, body = answers.next()
        assert status == 200 and json.loads(body)["body"] == "%02d" % number
    connection.close()


def test_pipelined_requests_are_answered_in_their_order(server):
    connection = dial(server, b"".join(POST + b"Content-Length: 2\r\n\r\n%02d" % number
                                       for number in range(20)))
    answers = Answers(connection)
    assert [json.loads(answers.next()[2])["body"] for _ in range(20)] == \
        ["%02d" % number for number in range(20)]
    connection.close()


@pytest.mark.glue
def test_expect_continue(server):
    connection = dial(server, POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(b"abc")
    status, _, body = Answers(connection).next()
    assert status == 200 and json.loads(body)["body"] == "abc"
    connection.close()


def test_expect_continue_of_too_much(server):
    answer = read_all(dial(server, POST + b"Expect: 100-continue\r\nContent-Length: 220200961\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 413 ")


# ---- what the handler sees, and what it sends

@pytest.mark.parametrize("query, params", [
    ("a=1&a=2&b=3", {"a": "1,2", "b": "3"}),
    ("a=&b&c=1", {"c": "1"}),
    pytest.param("a=1+2%2B3&b=%C3%A4%26", {"a": "1 2+3", "b": "\u00e4&"}, marks=pytest.mark.glue),
    ("a%20b=1&x=%zz&y=%", {"a b": "1", "x": "%zz", "y": "%"}),
    ("a=b=c", {"a": "b=c"}),
    ("", {}),
])
def test_query(server, query, params):
    status, _, body = server.request("/api/Seen?" + query)
    assert status == 200 and json.loads(body)["params"] == params


@pytest.mark.glue
def test_chunked_body_is_whole(server):
    connection = dial(server, CHUNKED)
    for piece in (b"3\r", b"\nabc\r\n", b"A;name=value\r\n0123", b"456789\r\n00", b"\r\nX-Last: 1\r\n\r\n"):
        connection.sendall(piece)
    status, _, body = Answers(connection).next()
    assert status == 200 and json.loads(body)["body"] == "abc0123456789"
    connection.close()


@pytest.mark.glue
def test_several_headers_of_one_name_are_joined(server):
    connection = dial(server, b"GET /api/Seen HTTP/1.1\r\n" + HEAD + b"X-A: 1\r\nx-a:2 \r\n\r\n")
    seen = json.loads(Answers(connection).next()[2])
    assert seen["headers"]["x-a"] == "1,2"
    connection.close()


@pytest.mark.glue
def test_response_headers(server):
    status, headers, body = server.request("/api/Headers")
    assert (status, body) == (200, b"body")
    assert headers.get_all("Set-Cookie") == ["one=1; Path=/", "two=2; HttpOnly"]
    assert (headers["X-Empty"], headers["Content-Length"]) == ("", "4")


@pytest.mark.glue
def test_headers_cannot_be_injected(server):
    seen = len(server.console)
    status, headers, body = server.request("/api/Inject")
    assert (status, body) == (200, b"body")
    assert (headers["X-Fine"], headers["X-Tab"]) == ("f", "d e")
    assert not [name for name in headers if name.lower() in ("x-split", "x-injected", "x-bad name")]
    server.wait_line("the response's header 'X-Split' cannot be sent", after=seen)
    server.wait_line("the response's header 'X-Bad Name' cannot be sent", after=seen)


# ---- clients that go away

@pytest.mark.parametrize("leave", [socket.socket.close, reset])
@pytest.mark.parametrize("begun", [
    b"", b"GET /api/Se", b"GET /api/Seen HTTP/1.1\r\nHost:", POST + b"Content-Length: 10\r\n\r\nabc",
    CHUNKED + b"5\r\nab", CHUNKED + b"5\r\nabcde\r\n",
    POST + b"Content-Length: 9000000\r\n\r\n" + b"x" * 3000000], ids=range(7))
def test_client_goes_before_its_request_is_whole(server, begun, leave):
    seen = len(server.console)
    for _ in range(10):
        leave(dial(server, begun))
    assert server.get("Seen")[0] == 200
    server.wait_line("Executed 'Functions.Seen'", seen)
    assert server.console[seen:].count("Executing") == 1


@pytest.mark.glue
@pytest.mark.parametrize("leave", [socket.socket.close, reset])
def test_client_goes_while_its_function_runs(server, leave):
    """The connection is let go of at once; the invocation comes to its end."""
    seen = len(server.console)
    clients = [dial(server, b"GET /api/Wait HTTP/1.1\r\n" + HEAD + b"\r\n") for _ in range(5)]
    wait_for(lambda: server.console.count("Executing 'Functions.Wait'", seen) == 5, "invocations")
    assert len(connections_of(server)) == 5
    for client in clients:
        leave(client)
    wait_for(lambda: not connections_of(server), "connections let go")
    assert "Executed 'Functions.Wait'" not in server.console[seen:]
    (server.root / "go").touch()
    wait_for(lambda: server.console.count("Executed 'Functions.Wait' (Succeeded", seen) == 5,
             "ends of the invocations")
    (server.root / "go").unlink()


V2_APP = """import os, time
import azure.functions as func
while not os.path.exists("go"):
    time.sleep(0.02)
app = func.FunctionApp()
@app.route(route="Fn")
def fn(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("fine")
"""


def test_client_goes_before_the_app_is_loaded(write_app):
    """Its request is held back for a function that is not known yet, and then it is not run."""
    root = write_app({"host.json": '{"version": "2.0"}', "function_app.py": V2_APP})
    server = programs.Server(root)
    try:
        assert server.worker and server.port
        gone = dial(server, b"GET /api/Fn?n=1 HTTP/1.1\r\n" + HEAD + b"\r\n")
        wait_for(lambda: len(connections_of(server)) == 1, "connection")
        gone.close()
        wait_for(lambda: not connections_of(server), "connection let go")
        (root / "go").touch()
        server.wait_line("^Functions:")
        assert server.get("Fn") == (200, b"fine")
        assert server.console.count("Executing") == 1
    finally:
        server.end()


def test_client_goes_before_it_has_read_its_answer(server):
    for _ in range(20):
        reset(dial(server, POST + b"Content-Length: 3\r\n\r\nabc"))


# ---- clients that take their time

def test_silent_clients_do_not_keep_others_out(server):
    """More connections than there is room for, with nothing or half a request on each."""
    halves = [b"", b"GET /api/Seen HTTP/1.1\r\nHost: a\r\n"]
    silent = [dial(server, halves[number % 2]) for number in range(1000)]
    for _ in range(5):
        connection = dial(server, b"GET /api/Seen HTTP/1.1\r\n" + HEAD + b"\r\n")
        connection.settimeout(LIMIT / 3)  # less than a silent one may stay
        assert Answers(connection).next()[0] == 200
        connection.close()
    assert files_of(server) < 1024
    for connection in silent:
        connection.close()


def test_slow_clients(server):
    """A byte a second keeps no connection, be it of the headers or of the body."""
    head = dial(server, b"GET /api/Seen HTTP/1.1\r\nHost: ")
    body = dial(server, POST + b"Content-Length: 1000\r\n\r\n")
    answers = {head: b"", body: b""}
    for connection in answers:
        connection.settimeout(0.5)
    end = time.monotonic() + LIMIT
    while any(b"\r\n\r\n" not in answer for answer in answers.values()):
        assert time.monotonic() < end, answers
        for connection, answer in answers.items():
            if b"\r\n\r\n" in answer:
                continue
            try:
                connection.sendall(b"x")
                answers[connection] += connection.recv(65536)
            except socket.timeout:
                pass
        assert server.get("Seen")[0] == 200
    for connection, answer in answers.items():
        assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        connection.close()
