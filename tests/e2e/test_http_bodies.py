"""Large requests and responses: they pass through the host whole, and leave nothing in it."""

import hashlib
import http.client
import json
import re
import resource
import threading

import pytest

import programs
from programs import LIMIT, MIB, SANITIZED, wait_for

pytestmark = pytest.mark.usefixtures("packages")

LARGEST = 210 * MIB
FUNCTIONS = {
    "Sum": """import hashlib
async def main(req) -> str:
    body = req.get_body()
    return "{} {}".format(len(body), hashlib.sha1(body).hexdigest())
""",
    "Give": """import azure.functions as func
async def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(b"0123456789abcdef" * (int(req.params["n"]) // 16))
""",
    "Block": """import os, time
async def main(req) -> str:
    open("blocked", "w").close()
    time.sleep(600)
""",
}


def write(write_app, host_json="{}"):
    files = {"host.json": host_json}
    for name, source in FUNCTIONS.items():
        files[name + "/function.json"] = programs.HTTP_FUNCTION
        files[name + "/__init__.py"] = source
    return write_app(files)


@pytest.fixture
def app(write_app):
    return write(write_app)


def memory_of(server, what="VmRSS", process=None):
    with open("/proc/{}/status".format(process or server.process.pid)) as file:
        return int(re.search(what + r":\s+(\d+)", file.read()).group(1)) << 10


class Level:
    """The memory of the host and its worker before; afterwards it is that again."""

    def __init__(self, server):
        self.server = server
        assert server.request("/api/Sum", b"x" * 2000)[0] == 200
        self.before = [memory_of(server), memory_of(server, process=server.worker)]

    def check(self):
        if SANITIZED:  # whose allocator keeps what was freed
            return
        # The worker lets go of a body only when it has sent the answer.
        for process, before in zip((self.server.process.pid, self.server.worker), self.before):
            wait_for(lambda: memory_of(self.server, process=process) < before + 8 * MIB,
                     lambda: "memory given back: {:.1f} MiB more".format(
                         (memory_of(self.server, process=process) - before) / MIB))
        # Not even for a moment was a large body in the host's memory.
        assert memory_of(self.server, "VmHWM") < self.before[0] + 24 * MIB


def body_of(size):
    """Bytes that tell when they are out of order, or when some are missing."""
    piece = bytes(range(256)) * 4096 + b"another"
    return (piece * (size // len(piece) + 1))[:size]


def summary(body):
    return "{} {}".format(len(body), hashlib.sha1(body).hexdigest()).encode()


def send_chunked(server, function, body):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)
    pieces = (body[at:at + 3 * MIB] for at in range(0, len(body), 3 * MIB))
    connection.request("POST", "/api/" + function, pieces, encode_chunked=True)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


@pytest.mark.glue
@pytest.mark.skipif(SANITIZED, reason="the other tests have bodies as large, and larger ones")
def test_largest_body(app, start):
    server = start(app)
    level = Level(server)
    body = body_of(LARGEST)
    assert server.get("Sum", data=body) == (200, summary(body))
    assert send_chunked(server, "Sum", body) == (200, summary(body))
    level.check()


def test_larger_body(app, start):
    """It is refused by its announced length or when it gets too large; either way the client, which
    sends it to its end before it looks for an answer, gets one."""
    server = start(app)
    level = Level(server)
    body = body_of(LARGEST) + b"x"
    words = b"the request's body is larger than 210 MiB\n"
    assert server.get("Sum", data=body) == (413, words)
    assert send_chunked(server, "Sum", body) == (413, words)
    assert server.get("Sum", data=b"x") == (200, summary(b"x"))
    level.check()


def test_large_response(app, start):
    server = start(app)
    level = Level(server)
    size = 200 * MIB
    status, headers, body = server.request("/api/Give?n={}".format(size))
    assert (status, headers["Content-Length"]) == (200, str(size))
    assert body == b"0123456789abcdef" * (size // 16)
    level.check()


def test_response_beyond_all_bounds(app, start):
    server = start(app)
    worker = server.worker
    assert server.request("/api/Give?n={}".format(257 * MIB))[0] == 500
    server.wait_line("the response cannot be sent")
    assert server.get("Sum", data=b"x") == (200, summary(b"x"))
    assert server.worker == worker


def test_clients_that_do_not_read_their_responses(app, start):
    """What waits to be sent is not in the host's memory."""
    server = start(app)
    level = Level(server)
    connections = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)
                   for _ in range(4)]
    for connection in connections:
        connection.request("GET", "/api/Give?n={}".format(64 * MIB))
    responses = [connection.getresponse() for connection in connections]
    assert [response.status for response in responses] == [200] * 4
    assert server.get("Sum", data=b"x") == (200, summary(b"x"))
    level.check()
    for response in responses:
        assert len(response.read()) == 64 * MIB
    for connection in connections:
        connection.close()
    level.check()


def test_large_bodies_at_the_same_time(app, start):
    server = start(app)
    level = Level(server)
    bodies = [body_of(size * MIB + size) for size in (1, 2, 3, 32, 33, 48)]
    answers = {}

    def send(number, body):
        answers[number] = server.get("Sum", data=body)

    threads = [threading.Thread(target=send, args=pair) for pair in enumerate(bodies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
    assert answers == {number: (200, summary(body)) for number, body in enumerate(bodies)}
    level.check()


def test_worker_is_killed_while_it_is_sent_a_body(write_app, start):
    """A call can time out while its body is on the way to a worker that does not read it."""
    app = write(write_app, '{"version": "2.0", "functionTimeout": "00:00:02"}')
    server = start(app)
    level = Level(server)
    body = body_of(100 * MIB)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)
    connection.putrequest("POST", "/api/Sum")
    connection.putheader("Content-Length", len(body))
    connection.endheaders(body[:-1])  # however long that takes, the time runs from the last byte
    blocked = server.begin("Block")
    wait_for((app / "blocked").exists, "worker that does not read")
    connection.send(body[-1:])
    response = connection.getresponse()
    assert response.status in (500, 502) and response.read()
    connection.close()
    assert blocked.result()[0] == 500
    body = body_of(5 * MIB)
    assert server.get("Sum", data=body) == (200, summary(body))
    if not SANITIZED:
        wait_for(lambda: memory_of(server) < level.before[0] + 8 * MIB, "memory given back")


# ---- no room

def test_folder_that_does_not_exist(app, start, tmp_path):
    server = start(app, env={"TMPDIR": tmp_path / "gone"})
    status, words = server.get("Sum", data=body_of(2 * MIB))
    assert status == 507
    said = "the request's body is refused: it cannot be kept in {}: No such file or directory; " \
        "make room there, or set TMPDIR to a folder that has some".format(tmp_path / "gone")
    assert words.decode() == said + "\n"
    server.wait_line(re.escape("507: POST /api/Sum: " + said))
    assert server.get("Sum", data=b"small") == (200, summary(b"small"))
    assert server.get("Give?n={}".format(2 * MIB))[0] == 507
    server.wait_line("the response's body is lost: it cannot be kept in ")
    assert server.get("Sum", data=b"small") == (200, summary(b"small"))


def test_full_disk(app, start):
    """A limit on the size of files stands for it."""
    server = start(app)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE,
                     (8 * MIB, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    status, words = server.get("Sum", data=body_of(20 * MIB))
    assert status == 507 and b"File too large; make room there" in words
    status, words = send_chunked(server, "Sum", body_of(20 * MIB))
    assert status == 507
    body = body_of(5 * MIB)
    assert server.get("Sum", data=body) == (200, summary(body))


# ---- the app's own limit

def test_limit_of_the_app(app, start):
    (app / "local.settings.json").write_text(json.dumps(
        {"IsEncrypted": False, "Values": {"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000"}}))
    server = start(app)
    assert server.get("Sum", data=b"x" * 1000) == (200, summary(b"x" * 1000))
    assert server.get("Sum", data=b"x" * 1001) == \
        (413, b"the request's body is larger than 1000 bytes\n")


@pytest.mark.parametrize("limit", ["0", "-5", "many", "1e6", "300000000"])
def test_limit_that_is_none(app, start, limit):
    server = start(app, env={"FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": limit})
    server.wait_line("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is '{}', and not a number of bytes from 1 to "
                     "268435456; it is not used".format(limit))
    assert server.get("Sum", data=b"x" * 2000) == (200, summary(b"x" * 2000))
