"""The link to the host: frames of any size and shape, from any thread, and its end."""

import os
import signal
import socket

import pytest
from worker_process import HEADER, INVOKE, MAGIC, RESPONSE, SHUTDOWN, VERSION

SANITIZED = bool(os.environ.get("PYMEMTOP_SANITIZED"))
LINK_LOST_STATUS = 70
ECHO = """
import azure.functions as func
def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body())
"""
BUSY = """
import logging, threading
import azure.functions as func
lock = threading.Event()
async def main(req: func.HttpRequest) -> func.HttpResponse:
    if req.method == "GET":
        threading.Thread(target=work).start()
    logging.warning("busy")
    while not lock.is_set():
        pass
    return func.HttpResponse("done")
def work():
    for number in range(1000):
        logging.info("%d %s", number, "x" * 1000)
    lock.set()
"""


def test_large_bodies(start):
    worker = start({"f/__init__.py": ECHO})
    worker.load("f")
    for size in (0, 1, 65520, 5 << 20, 40 << 20):
        body = os.urandom(1 << 10) * (size >> 10) + bytes(size & 1023)
        message, answer = worker.call("f", method="POST", body=body)
        assert message["status"] == 200 and answer == body


def test_frames_in_pieces(start):
    worker = start({"f/__init__.py": ECHO})
    worker.load("f")
    text = (b'{"number": 5, "id": "a", "function": "f", "method": "POST", "url": "http://x/",'
            b' "headers": [], "query": [], "route": {}}')
    frame = HEADER.pack(MAGIC, VERSION, INVOKE, len(text), 3) + text + b"abc"
    for at in range(len(frame)):
        worker.link.send(frame[at:at + 1])
    assert worker.next(RESPONSE)[1] == b"abc"
    worker.link.sendall(frame * 20)
    for _ in range(20):
        assert worker.next(RESPONSE)[1] == b"abc"


def test_unknown_frames_are_skipped(start):
    worker = start({"f/__init__.py": ECHO})
    worker.load("f")
    worker.send(77, {"from": "the future"})
    assert worker.call("f", method="POST", body=b"still here")[1] == b"still here"


def test_many_at_once(start):
    worker = start({"f/__init__.py": ECHO})
    worker.load("f")
    numbers = [worker.invoke("f", method="POST", body=b"%d" % number) for number in range(200)]
    answers = dict((message["number"], body) for message, body in
                   (worker.next(RESPONSE) for _ in numbers))
    assert answers == {number: b"%d" % (number - 1) for number in numbers}


def test_sends_while_the_loop_is_busy(start):
    """Another thread's log lines come while user code holds the event loop: only their arrival
    ends the loop that holds it."""
    worker = start({"f/__init__.py": BUSY})
    worker.load("f")
    message, body = worker.call("f")
    assert body == b"done"
    sizes = [log for log in worker.logs if log["message"].endswith("x" * 1000)]
    assert len(sizes) == 1000
    assert [log["number"] for log in worker.logs if log["message"] == "busy"] == [message["number"]]


def test_shutdown(start):
    worker = start({"f/__init__.py": "import atexit\natexit.register(print, 'at exit')\n" + ECHO})
    worker.load("f")
    assert worker.shut_down() == 0
    assert worker.outputs == ["at exit\n", ""]


def test_shutdown_cancels(start):
    worker = start({"f/__init__.py": """
import asyncio, time
import azure.functions as func
async def main(req: func.HttpRequest) -> str:
    print("begun", flush=True)
    try:
        await asyncio.sleep(1000)
    finally:
        print("cancelled")
"""})
    worker.load("f")
    worker.invoke("f")
    assert worker.process.stdout.readline() == b"begun\n"
    worker.send(SHUTDOWN, {})
    message, _ = worker.next(RESPONSE)
    assert not message["succeeded"] and message["error"] == "CancelledError"
    assert worker.end() == 0
    assert worker.outputs[0] == "cancelled\n"


def test_stopped_more_than_once(start):
    """SHUTDOWN, SIGTERM and the end of the link while the worker is ending: it ends as for one."""
    worker = start({"f/__init__.py": """
import asyncio, os
import azure.functions as func
async def main(req: func.HttpRequest) -> str:
    print("begun", flush=True)
    try:
        await asyncio.sleep(1000)
    finally:
        print("ending", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, os.read, 0, 1)
        print("cancelled", flush=True)
"""}, stdin=True)
    worker.load("f")
    worker.invoke("f")
    assert worker.process.stdout.readline() == b"begun\n"
    worker.send(SHUTDOWN, {})
    assert worker.process.stdout.readline() == b"ending\n"
    worker.send(SHUTDOWN, {})
    worker.process.send_signal(signal.SIGTERM)
    worker.link.shutdown(socket.SHUT_WR)
    worker.process.stdin.write(b"x")
    worker.process.stdin.flush()
    assert worker.process.stdout.readline() == b"cancelled\n"
    assert worker.end() == 0
    assert worker.outputs == ["", ""]


def test_app_that_ends_the_worker(start):
    worker = start({"f/__init__.py": """
import asyncio, sys
async def main(req):
    asyncio.get_running_loop().call_soon(sys.exit, 3)
    await asyncio.sleep(1000)
"""})
    worker.load("f")
    worker.invoke("f")
    assert not worker.next(RESPONSE)[0]["succeeded"]
    assert worker.end() == 3


def test_shutdown_with_a_busy_thread(start):
    """A sync handler cannot be cancelled: the worker ends with it, and runs what is to be run."""
    worker = start({"f/__init__.py": """
import atexit, time
import azure.functions as func
atexit.register(print, "at exit")
def main(req: func.HttpRequest) -> str:
    print("begun", flush=True)
    time.sleep(1000)
"""})
    worker.load("f")
    worker.invoke("f")
    assert worker.process.stdout.readline() == b"begun\n"
    assert worker.shut_down() == 0
    assert worker.outputs[0] == "at exit\n"


# No thread can be started any more.
LIMITED = """
import atexit, resource, time
import azure.functions as func
with open("/proc/self/statm") as file:
    pages = int(file.read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize(),) * 2)
"""


@pytest.mark.skipif(SANITIZED, reason="a sanitizer needs address space")
def test_shutdown_without_address_space(start):
    worker = start({"f/__init__.py": LIMITED + """
atexit.register(print, "at exit")
""" + ECHO})
    worker.load("f")
    assert worker.shut_down() == 0
    assert worker.outputs == ["at exit\n", ""]


@pytest.mark.skipif(SANITIZED, reason="a sanitizer needs address space")
def test_shutdown_without_address_space_that_hangs(start):
    worker = start({"f/__init__.py": LIMITED + """
atexit.register(time.sleep, 1000)
""" + ECHO})
    worker.load("f")
    assert worker.shut_down() == LINK_LOST_STATUS
    assert worker.outputs == ["", ""]


def test_end_of_the_link(start):
    worker = start({"f/__init__.py": "import atexit\natexit.register(print, 'at exit')\n" + ECHO})
    worker.load("f")
    assert worker.end() == 0
    assert worker.outputs == ["at exit\n", ""]


def test_end_of_the_link_while_user_code_holds_the_loop(start):
    worker = start({"f/__init__.py": """
import azure.functions as func
async def main(req: func.HttpRequest) -> str:
    print("begun", flush=True)
    while True:
        pass
"""})
    worker.load("f")
    worker.invoke("f")
    assert worker.process.stdout.readline() == b"begun\n"
    assert worker.end() == 70


@pytest.mark.parametrize("frame", [
    HEADER.pack(MAGIC + 1, VERSION, SHUTDOWN, 2, 0) + b"{}",
    HEADER.pack(MAGIC, VERSION + 1, SHUTDOWN, 2, 0) + b"{}",
    HEADER.pack(MAGIC, VERSION, INVOKE, 0xffffffff, 0),
    b"GET / HTTP/1.1\r\n\r\n",
], ids=["magic", "version", "length", "http"])
def test_garbage_ends_the_worker(start, frame):
    worker = start({}, needs=())
    worker.link.sendall(frame)
    with pytest.raises(EOFError):
        worker.receive()
    assert worker.end() == 0


def test_signals(start):
    """Ctrl-C is the host's matter; SIGTERM is a request to end."""
    worker = start({"f/__init__.py": ECHO})
    worker.load("f")
    worker.process.send_signal(signal.SIGINT)
    assert worker.call("f", method="POST", body=b"alive")[1] == b"alive"
    worker.process.send_signal(signal.SIGTERM)
    with pytest.raises(EOFError):
        worker.receive()
    assert worker.end() == 128 + signal.SIGTERM


def test_forked_children_do_not_speak_to_the_host(start):
    worker = start({"f/__init__.py": """
import logging, multiprocessing, os
import azure.functions as func
def work():
    logging.warning("from the child")
async def main(req: func.HttpRequest) -> str:
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    logging.warning("from the parent")
    return str(child.exitcode)
"""})
    worker.load("f")
    assert worker.call("f")[1] == b"0"
    assert [log["message"] for log in worker.logs] == ["from the parent"]
    worker.end()
    assert worker.outputs[1] == "WARNING: from the child\n"


def test_too_long_an_answer(start):
    worker = start({"f/__init__.py": """
import azure.functions as func
def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(bytes((256 << 20) + 1))
"""})
    worker.load("f")
    message, body = worker.call("f")
    assert message["status"] == 500 and body == b""
    assert "cannot be sent" in message["error"]


