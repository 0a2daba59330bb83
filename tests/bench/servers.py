"""What the benches of requests share: an app, a server and its load, which wrk makes."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
FUNCTION = """{"bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req"},
    {"type": "http", "direction": "out", "name": "$return"}]}"""


def write_app(folder, handler):
    """An app of the function Fast in `folder`, with that source."""
    os.mkdir(os.path.join(folder, "Fast"))
    for path, text in {"host.json": "{}", "Fast/function.json": FUNCTION,
                       "Fast/__init__.py": handler}.items():
        with open(os.path.join(folder, path), "w") as file:
            file.write(text)


def start(command, folder, name, environment=None):
    """The process, and its URL as soon as it answers. What it says goes to a file."""
    path = os.path.join(folder, name + ".log")
    with open(path, "w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, env=environment)
    for _ in range(300):
        with open(path) as log:
            said = re.search(r"http://localhost:(\d+)/api/Fast", log.read())
        if said:
            port = int(said.group(1))
            ask(port)
            return process, "http://127.0.0.1:{}/api/Fast".format(port)
        time.sleep(0.1)
    process.kill()
    sys.exit("{} does not start; {}".format(name, open(path).read()))


def ask(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/Fast")
    answer = connection.getresponse()
    body = answer.read()
    assert (answer.status, body) == (200, b"hello"), (answer.status, body)
    connection.close()


def load(url, requests, connections):
    """Requests a second, and how many of them failed."""
    wrk = subprocess.Popen(
        ["wrk", "-t1", "-c{}".format(connections), "-d120s", "-s",
         os.path.join(HERE, "stop_after.lua"), url, "--", str(requests)],
        stdout=subprocess.PIPE, text=True)
    for line in wrk.stdout:
        if line == "enough\n":
            break
    wrk.send_signal(signal.SIGINT)  # else it sleeps on to its time
    said = wrk.communicate()[0]
    rate = float(re.search(r"Requests/sec: +([\d.]+)", said).group(1))
    faults = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    return rate, int(faults.group(1) if faults else 0) + sum(
        map(int, sockets.groups() if sockets else ()))
