"""What it takes to ask who holds what a line has alive (QUESTION_HOLDERS), on heaps of a million objects
and more: seconds until the answer is there, as times what gc.collect() takes on the same heap in the
same worker, and objects a second. Of two lines: one that keeps a thousand lists in the midst of it, and
one that keeps every tenth object of the heap. Beside it how long the program stands still for the fork,
and the child's memory in bytes an object; and of the progress what was told last before the answer.

usage: holders_bench.py WORKER VENV-PYTHON [MILLIONS...]
"""
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "worker"))

from worker_process import QUESTION_HOLDERS, Worker, holders_body  # noqa: E402

APP = '''
import gc, json, time
import azure.functions as func

class Session:
    def __init__(self, number):
        self.number = number
        self.names = {"first": "name%d" % number, "of": number * 1000003}

KEPT, LEAK = [], []

def unit(number):
    # Ten objects with the one that keeps them: two instances, dicts, lists, strings, integers.
    session = Session(number + 1000)
    row = [str(number), (number + 0.5, session)]
    row.append({"a": number, "session": session})  # tenth
    return row

def main(req):
    count = int(req.params["count"])
    gc.disable()
    for number in range(count // 10):
        KEPT.append(unit(number))
        if number % (count // 10000) == 0:
            LEAK.append([KEPT[-1]])  # few
    gc.enable()
    gc.collect()
    begin = time.perf_counter()
    gc.collect()
    return func.HttpResponse(json.dumps({"gc_s": time.perf_counter() - begin}))
'''


def line_of(mark):
    return next(i for i, text in enumerate(APP.split("\n"), 1) if text.endswith("# " + mark))


def private_bytes(pid):
    """Its resident bytes that it shares with nobody; 0 where it has ended."""
    try:
        with open("/proc/{}/smaps_rollup".format(pid)) as file:
            return sum(int(line.split()[1]) << 10 for line in file if line.startswith("Private_"))
    except OSError:
        return 0


def ask(worker, path, line):
    """(seconds, the answer, percents that were told and when, most bytes of the child)"""
    most, over = [0], threading.Event()
    begin = time.perf_counter()
    answer = worker.ask(QUESTION_HOLDERS, holders_body((path, line)))
    child = answer.begin()

    def watch():
        while not over.wait(0.25):
            most[0] = max(most[0], private_bytes(child))
    watcher = threading.Thread(target=watch)
    watcher.start()
    told = answer.read()
    over.set()
    watcher.join()
    percents = [(percent, at - begin) for percent, at in answer.times]
    return answer.done_at - begin, told, percents, most[0]


def measure(program, python, millions):
    count = int(millions * 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "Heap" / "__init__.py"
        path.parent.mkdir()
        path.write_text(APP)
        worker = Worker(program, python, pathlib.Path(folder), {})
        assert worker.load("Heap")["error"] is None
        answer, body = worker.call("Heap", query=[("count", str(count))])
        assert answer["status"] == 200, answer
        collect_s = json.loads(body)["gc_s"]
        for mark in ("few", "tenth"):
            seconds, told, percents, most = ask(worker, path, line_of(mark))
            assert told and "problem" not in told, told
            line = told["lines"][0]
            begin = next((at for percent, at in percents), seconds)
            last, last_at = percents[-1] if percents else (0, 0)
            print("  {:6.1f} million, line with {:8} alive: {:6.2f} s, {:5.1f} times gc.collect(), "
                  "{:5.2f} million a second; first progress after {:.2f} s, {} % at {:.0f} % of the "
                  "time; child {:.0f} bytes an object, retained {}".format(
                      millions, line["count"], seconds, seconds / collect_s, millions / seconds,
                      begin, last, 100 * last_at / seconds, most / count, line["retained_bytes"]))
            sys.stdout.flush()
        worker.process.kill()
        worker.end()


def main():
    program, python = map(os.path.abspath, sys.argv[1:3])
    print("holders: {}".format(program))
    for millions in [float(word) for word in sys.argv[3:]] or [1, 4, 10]:
        measure(program, python, millions)


main()
