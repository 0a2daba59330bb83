"""What the way through host and worker costs: 10,000 requests on 64 connections, by wrk, to a trivial
async function under `pymemtop start`, beside the same handler under a bare aiohttp server. Both run
all the while and are measured in turns, so that a change of the machine's speed meets both; figures
are medians of the rounds, after one that does not count. The host's memory is read before and after.

usage: http_bench.py PYMEMTOP VENV-PYTHON [ROUNDS]
"""
import http.client
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
REQUESTS, CONNECTIONS = 10_000, 64
FUNCTION = """{"bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req"},
    {"type": "http", "direction": "out", "name": "$return"}]}"""
HANDLER = """import azure.functions as func


async def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello")
"""
PEER = """from aiohttp import web
import socket


async def main(request):
    return web.Response(text="hello")

app = web.Application()
app.router.add_route("*", "/api/Fast", main)
listener = socket.create_server(("127.0.0.1", 0))
print("http://localhost:{}/api/Fast".format(listener.getsockname()[1]), flush=True)
web.run_app(app, sock=listener, print=None, access_log=None)
"""


def write_app(folder):
    os.mkdir(os.path.join(folder, "Fast"))
    for path, text in {"host.json": "{}", "Fast/function.json": FUNCTION,
                       "Fast/__init__.py": HANDLER}.items():
        with open(os.path.join(folder, path), "w") as file:
            file.write(text)


def start(command, folder, name):
    """The process, and its URL as soon as it answers. What it says goes to a file."""
    path = os.path.join(folder, name + ".log")
    with open(path, "w") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT)
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


def load(url):
    """Requests a second, and how many of them failed."""
    wrk = subprocess.Popen(
        ["wrk", "-t1", "-c{}".format(CONNECTIONS), "-d120s", "-s",
         os.path.join(HERE, "stop_after.lua"), url, "--", str(REQUESTS)],
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


def rss_mib(process):
    with open("/proc/{}/status".format(process.pid)) as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) / 1024


def main():
    pymemtop, python = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    os.environ["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(python))
    with tempfile.TemporaryDirectory() as folder:
        write_app(folder)
        host, url = start([pymemtop, "start", "-p", "0", folder], folder, "pymemtop")
        peer, peer_url = start([python, "-c", PEER], folder, "aiohttp")
        urls = {"pymemtop start": url, "aiohttp alone": peer_url}
        before = rss_mib(host)
        rates, errors = {name: [] for name in urls}, dict.fromkeys(urls, 0)
        for turn in range(rounds + 1):
            for name, address in urls.items():
                rate, faults = load(address)
                errors[name] += faults
                if turn:
                    rates[name].append(rate)
        after = rss_mib(host)
        for process in (host, peer):
            process.terminate()
            process.wait()
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print("{:,} requests on {} connections, {} rounds".format(REQUESTS, CONNECTIONS, rounds))
    for name, rate in medians.items():
        print("  {:16} {:8.0f} requests/s {:6.2f}x {:6} errors".format(
            name, rate, rate / medians["aiohttp alone"], errors[name]))
    print("  the host's RSS: {:.1f} MiB before, {:.1f} MiB after {:,} requests".format(
        before, after, REQUESTS * (rounds + 1)))


main()
