"""The host's end of a worker, for tests: starts the program, speaks wire/frame.h with it."""

import json
import os
import socket
import struct
import subprocess
import sys
import time

LOAD, INVOKE, SHUTDOWN = 1, 2, 3
READY, LOADED, RESPONSE, LOG = 16, 17, 18, 19
HEADER = struct.Struct("=HHIII")
MAGIC, VERSION = 0x4d46, 1
QUESTION = struct.Struct("=III")
QUESTION_MAGIC, QUESTION_HOLDERS, QUESTION_DONE = 0x4d51, 1, 100
LIMIT = 120  # seconds; only a worker that hangs comes near it
HTTP = [{"type": "httpTrigger", "direction": "in", "name": "req"},
        {"type": "http", "direction": "out", "name": "$return"}]


def holders_body(*lines):
    """The body of QUESTION_HOLDERS about lines, each (path, number)."""
    body = b""
    for path, line in lines:
        name = str(path).encode()
        body += struct.pack("=II", line, len(name)) + name
    return body


class Answer:
    """What a worker's child writes (wire/question.h). It is a child of this process."""

    def __init__(self, pipe):
        self.pipe = pipe
        self.pid = None
        self.times = []  # (percent, when it came)
        self.done_at = None
        self._text = b""

    def begin(self):
        """Wait for its process id; 0: there is no child, and None: the question was not taken."""
        if self.pid is None:
            head = os.read(self.pipe, 4)
            self.pid = int.from_bytes(head, sys.byteorder) if head else None
        return self.pid

    def _more(self):
        part = os.read(self.pipe, 1 << 16)
        marks = (self._text + part).partition(bytes([QUESTION_DONE]))[0]
        self.times += [(percent, time.perf_counter()) for percent in marks[len(self.times):]]
        self._text += part
        return part

    def wait_progress(self):
        """Wait for the first percent; False where the answer comes before that."""
        self.begin()
        while not self._text and self._more():
            pass
        return self._text[:1] != bytes([QUESTION_DONE])

    def end(self):
        """Close the pipe, and wait for the child, which ends by that."""
        os.close(self.pipe)
        if self.pid:
            os.waitpid(self.pid, 0)

    def read(self):
        """Read to the end: the answer, or None where the child was killed."""
        self.begin()
        while self._more():
            pass
        self.done_at = time.perf_counter()
        self.end()
        marks, done, text = self._text.partition(bytes([QUESTION_DONE]))
        return json.loads(text) if done else None


class Worker:
    def __init__(self, program, executable, root, environment, stdin=False):
        self.root = root
        self.link, theirs = socket.socketpair()
        self.link.settimeout(LIMIT)
        self.questions, asked = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [program, "--link-fd", str(theirs.fileno()), "--app-root", str(root),
                   "--question-fd", str(asked.fileno())]
        if executable:
            command += ["--executable", executable]
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno(), asked.fileno()], cwd=root,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**os.environ, **environment})
        theirs.close()
        asked.close()
        self.logs = []
        self.outputs = None
        assert self.expect(READY)["pid"] == self.process.pid
        self.number = 0

    # The frames.

    def send(self, kind, message, body=b"", magic=MAGIC):
        text = json.dumps(message).encode()
        self.link.sendall(HEADER.pack(magic, VERSION, kind, len(text), len(body)) + text + body)

    def _read(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.link.recv(min(size - len(data), 1 << 20))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def receive(self):
        """(type, message, body) of the next frame."""
        magic, version, kind, json_len, body_len = HEADER.unpack(self._read(HEADER.size))
        assert (magic, version) == (MAGIC, VERSION)
        message = json.loads(self._read(json_len))
        return kind, message, self._read(body_len)

    def next(self, kind):
        """(message, body) of the next frame of that type; LOG frames on the way go to self.logs."""
        while True:
            came, message, body = self.receive()
            if came == kind:
                return message, body
            assert came == LOG, (came, message)
            self.logs.append(message)

    def expect(self, kind):
        return self.next(kind)[0]

    # What a host does with them.

    def load(self, *names, script="__init__.py", entry_point="main", bindings=HTTP):
        """LOAD functions that are alike; returns what LOADED says, of one function without a list."""
        self.send(LOAD, {"functions": [
            {"name": name, "directory": str(self.root / name), "script": script,
             "entry_point": entry_point, "bindings": bindings} for name in names]})
        loaded = self.expect(LOADED)["functions"]
        return loaded[0] if len(names) == 1 else loaded

    def invoke(self, function, method="GET", headers=(), query=(), route=None, body=b"",
               url="http://localhost/api/x"):
        """Send an INVOKE; returns its number."""
        self.number += 1
        self.send(INVOKE, {
            "number": self.number, "id": "id-{}".format(self.number), "function": function,
            "method": method, "url": url, "headers": [list(pair) for pair in headers],
            "query": [list(pair) for pair in query], "route": route or {}}, body)
        return self.number

    def load_v2(self, script="function_app.py"):
        """LOAD the app of decorators; returns all that LOADED says."""
        self.send(LOAD, {"root": str(self.root), "script": script})
        return self.expect(LOADED)

    def ask(self, kind, body, budget_ms=20000):
        """Send a question; its Answer."""
        mine, theirs = os.pipe()
        socket.send_fds(self.questions, [QUESTION.pack(QUESTION_MAGIC, kind, budget_ms), body], [theirs])
        os.close(theirs)
        return Answer(mine)

    def ask_holders(self, *lines):
        """Ask about lines, each (path, number); the whole answer."""
        return self.ask(QUESTION_HOLDERS, holders_body(*lines)).read()

    def run(self, function, payload=b"", retry=None):
        """Run a function that is not HTTP; the whole of the answer's message."""
        self.number += 1
        self.send(INVOKE, {"number": self.number, "id": "id-{}".format(self.number),
                           "function": function, "retry": retry}, payload)
        return self.next(RESPONSE)[0]

    def call(self, function, **request):
        """Invoke, and wait for the (message, body) of the answer."""
        number = self.invoke(function, **request)
        message, body = self.next(RESPONSE)
        assert message["number"] == number
        return message, body

    def end(self):
        """Close the link and wait for the exit status; stdout and stderr are then in outputs."""
        if self.outputs is None:
            self.link.close()
            self.questions.close()
            self.outputs = [text.decode() for text in self.process.communicate(timeout=LIMIT)]
        return self.process.returncode

    def shut_down(self):
        self.send(SHUTDOWN, {})
        try:
            self.next(-1)
        except EOFError:
            pass
        return self.end()
