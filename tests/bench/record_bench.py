"""What recording costs: the same app under `pymemtop start` with --record and without. Both hosts run
all the while and are measured in turns, after one that does not count. Two loads: one request at a time
of a function that runs lines and allocates at full speed, and 4,000 requests on 64 connections, by wrk,
of one that does nothing, where each request is an invocation to be written. The processor time that
host and worker take for it, and of that the least of all turns, is the steadier figure.

usage: record_bench.py PYMEMTOP VENV-PYTHON [ROUNDS]
"""
import http.client
import os
import statistics
import sys
import tempfile
import time
import urllib.parse

from servers import load, start, write_app

REQUESTS, CONNECTIONS, BUSY_REQUESTS = 4_000, 64, 1
HANDLER = """import azure.functions as func


def work(count):
    kept = []
    total = 0
    for number in range(count):
        text = str(number)
        total += len(text)
        if number % 100 == 0:
            kept.append(bytearray(4096))
        if len(kept) > 500:
            kept.clear()
    return total


async def main(req: func.HttpRequest) -> func.HttpResponse:
    count = int(req.params.get("count", "0"))
    if count:
        work(count)
    return func.HttpResponse("hello")
"""
COUNT = 1_000_000


def processor_s(pid):
    """To the nanosecond: a turn is short, so that some are left alone by what else the machine does."""
    times = []
    for task in os.listdir("/proc/{}/task".format(pid)):
        with open("/proc/{}/task/{}/schedstat".format(pid, task)) as file:
            times.append(int(file.read().split()[0]))
    return sum(times) / 1e9


def processor_parts(host):
    """What a host and its worker have taken so far."""
    with open("/proc/{0}/task/{0}/children".format(host.pid)) as file:
        worker = file.read().split()[0]
    return processor_s(host.pid), processor_s(worker)


def busy(url):
    """Requests a second of the function at full speed."""
    address = urllib.parse.urlsplit(url)
    began = time.monotonic()
    for _ in range(BUSY_REQUESTS):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=300)
        connection.request("GET", "{}?count={}".format(address.path, COUNT))
        assert connection.getresponse().read() == b"hello"
        connection.close()
    return BUSY_REQUESTS / (time.monotonic() - began)


def many(url):
    return load(url, REQUESTS, CONNECTIONS)[0]


def measure(hosts, work, rounds):
    """Medians of the rates of a turn, and the least processor seconds of host and worker for one, by
    name: what else the machine does makes them more, never less."""
    rates, host_s, worker_s = ({name: [] for name in hosts} for _ in range(3))
    for turn in range(rounds + 1):
        for name, (process, url) in hosts.items():
            before = processor_parts(process)
            rate = work(url)
            after = processor_parts(process)
            if turn:
                rates[name].append(rate)
                host_s[name].append(after[0] - before[0])
                worker_s[name].append(after[1] - before[1])
    return ({name: pick(values) for name, values in all.items()}
            for all, pick in ((rates, statistics.median), (host_s, min), (worker_s, min)))


def main():
    pymemtop, python = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 15
    os.environ["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(python))
    with tempfile.TemporaryDirectory() as folder:
        write_app(folder, HANDLER)
        path = os.path.join(folder, "x.pymemtop")
        hosts = {"without": start([pymemtop, "start", "-p", "0", folder], folder, "without"),
                 "--record": start([pymemtop, "start", "-p", "0", "--record=" + path, folder],
                                   folder, "record")}
        for title, work in (("lines at full speed", busy), ("requests that do nothing", many)):
            before, began = os.path.getsize(path), time.monotonic()
            rates, host_s, worker_s = measure(hosts, work, rounds)
            print("{}, {} rounds".format(title, rounds))
            for name, rate in rates.items():
                whole = {one: host_s[one] + worker_s[one] for one in hosts}
                print("  {:9} {:9.2f} requests/s {:6.3f}x   processor {:6.3f} s (host {:.3f}) "
                      "{:6.3f}x".format(name, rate, rate / rates["without"], whole[name],
                                        host_s[name], whole[name] / whole["without"]))
            print("  the file grew by {:.2f} MiB in {:.0f} s".format(
                (os.path.getsize(path) - before) / 2 ** 20, time.monotonic() - began))
        for process, _ in hosts.values():
            process.terminate()
            process.wait()


main()
