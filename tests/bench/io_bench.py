"""What tracing costs an I/O-bound function: 1,000 requests on 8 connections, by wrk, to an async
function that fetches a page with aiohttp from a server on this machine, which takes 20 ms for it, and
looks through it; under `pymemtop start` with the tracer and without. Both hosts run all the while and
are measured in turns; figures are medians of the rounds, after one that does not count. The worker's
processor time is the stricter figure: most of a request is waiting.

usage: io_bench.py PYMEMTOP WORKER VENV-PYTHON [ROUNDS]
"""
import os
import statistics
import subprocess
import sys
import tempfile

from servers import load, start, write_app

REQUESTS, CONNECTIONS = 1000, 8
HANDLER = """import os

import aiohttp
import azure.functions as func

client = None


async def fetch(url):
    async with client.get(url) as response:
        return await response.text()


async def main(req: func.HttpRequest) -> func.HttpResponse:
    global client
    if client is None:
        client = aiohttp.ClientSession()
    text = await fetch(os.environ["PAGE_URL"])
    words = text.split()
    longest = max(words, key=len)
    assert len(words) == 500 and longest
    return func.HttpResponse("hello")
"""
PAGE = """from aiohttp import web
import asyncio
import socket

TEXT = " ".join("word{}".format(number) for number in range(500))


async def main(request):
    await asyncio.sleep(0.02)
    return web.Response(text=TEXT)

app = web.Application()
app.router.add_route("*", "/", main)
listener = socket.create_server(("127.0.0.1", 0))
print("http://127.0.0.1:{}/".format(listener.getsockname()[1]), flush=True)
web.run_app(app, sock=listener, print=None, access_log=None)
"""


def untraced_worker(worker, folder):
    """A folder with a program of the worker's name that runs it without its tracer."""
    libexec = os.path.join(folder, "untraced")
    os.mkdir(libexec)
    program = os.path.join(libexec, os.path.basename(worker))
    with open(program, "w") as file:
        file.write('#!/bin/sh\nexec "{}" "$@" --no-trace\n'.format(os.path.abspath(worker)))
    os.chmod(program, 0o755)
    return libexec


def processor_ms(host):
    """What the worker of a host has taken so far."""
    with open("/proc/{0}/task/{0}/children".format(host.pid)) as file:
        worker = file.read().split()[0]
    with open("/proc/{}/stat".format(worker)) as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def main():
    pymemtop, worker, python = sys.argv[1:4]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    page = subprocess.Popen([python, "-c", PAGE], stdout=subprocess.PIPE, text=True)
    environment = dict(os.environ, PAGE_URL=page.stdout.readline().strip(),
                       VIRTUAL_ENV=os.path.dirname(os.path.dirname(python)))
    with tempfile.TemporaryDirectory() as folder:
        app = os.path.join(folder, "app")
        os.mkdir(app)
        write_app(app, HANDLER)
        untraced = dict(environment, PYMEMTOP_LIBEXEC=untraced_worker(worker, folder))
        command = [pymemtop, "start", "-p", "0", app]
        hosts = {"untraced": start(command, folder, "untraced-host", untraced),
                 "traced": start(command, folder, "traced-host", environment)}
        rates, times, errors = {name: [] for name in hosts}, {name: [] for name in hosts}, 0
        for turn in range(rounds + 1):
            for name, (host, url) in hosts.items():
                before = processor_ms(host)
                rate, faults = load(url, REQUESTS, CONNECTIONS)
                errors += faults
                if turn:
                    rates[name].append(rate)
                    times[name].append((processor_ms(host) - before) / REQUESTS)
        for process in [process for process, _ in hosts.values()] + [page]:
            process.terminate()
            process.wait()
    rate = {name: statistics.median(values) for name, values in rates.items()}
    time = {name: statistics.median(values) for name, values in times.items()}
    print("{:,} requests to an I/O-bound function on {} connections, {} rounds, {} errors".format(
        REQUESTS, CONNECTIONS, rounds, errors))
    for name in hosts:
        print("  {:9} {:6.0f} requests/s, {:.3f} of the untraced time; {:.3f} ms of the processor each, "
              "{:.3f} of the untraced".format(name, rate[name], rate["untraced"] / rate[name],
                                              time[name], time[name] / time["untraced"]))


main()
