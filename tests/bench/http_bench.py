"""What the way through host and worker costs: 10,000 requests on 64 connections, by wrk, to a trivial
async function under `pymemtop start`, beside the same handler under a bare aiohttp server. Both run
all the while and are measured in turns, so that a change of the machine's speed meets both; figures
are medians of the rounds, after one that does not count. The host's memory is read before and after.

usage: http_bench.py PYMEMTOP VENV-PYTHON [ROUNDS]
"""
import os
import re
import statistics
import sys
import tempfile

from servers import load, start, write_app

REQUESTS, CONNECTIONS = 10_000, 64
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


def rss_mib(process):
    with open("/proc/{}/status".format(process.pid)) as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read()).group(1)) / 1024


def main():
    pymemtop, python = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    os.environ["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(python))
    with tempfile.TemporaryDirectory() as folder:
        write_app(folder, HANDLER)
        host, url = start([pymemtop, "start", "-p", "0", folder], folder, "pymemtop")
        peer, peer_url = start([python, "-c", PEER], folder, "aiohttp")
        urls = {"pymemtop start": url, "aiohttp alone": peer_url}
        before = rss_mib(host)
        rates, errors = {name: [] for name in urls}, dict.fromkeys(urls, 0)
        for turn in range(rounds + 1):
            for name, address in urls.items():
                rate, faults = load(address, REQUESTS, CONNECTIONS)
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
