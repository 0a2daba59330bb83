"""What it costs to know every block: work that allocates (heap_work.py), in the worker with the heap
counted, as times the same worker with --heap off; beside tracemalloc in that worker and, where they
are installed for the Python, memray (with Python's allocators) and scalene, as times that Python by
itself. In code that is profiled, where each line has its own account, and in code that is not. Cases
are measured in turns; a figure is the least of the rounds, each of which is the least of some turns.

Then the RSS that is shown for work that keeps 300,000 dictionaries, with the heap counted and
without: pymemtop's own tables are left out of it.

usage: heap_bench.py WORKER VENV-PYTHON PEERS-PYTHON [ROUNDS]
"""
import math
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "heap_work.py")
CASES = ("json", "dicts", "lists", "strings", "graph", "integers", "regex", "asyncio")


def has(python, module):
    return os.path.exists(python) and subprocess.run(
        [python, "-c", "import " + module], capture_output=True).returncode == 0


def commands(worker, python, peers, folder):
    """By mode: (command, variables, the mode that it is compared with)."""
    base = [worker, "--executable", python]
    unprofiled = base + ["--exclude", "*/heap_work.py"]
    off = ["--heap", "off", "--run", SCRIPT]
    modes = {
        "off": (base + off, {}, None),
        "on": (base + ["--run", SCRIPT], {}, "off"),
        "off, not profiled": (unprofiled + off, {}, None),
        "on, not profiled": (unprofiled + ["--run", SCRIPT], {}, "off, not profiled"),
        "tracemalloc": (unprofiled + off, {"BENCH_TRACEMALLOC": "1"}, "off, not profiled"),
    }
    if has(peers, "memray") or has(peers, "scalene"):
        modes["python"] = ([peers, SCRIPT], {}, None)
    if has(peers, "memray"):
        modes["memray"] = ([peers, "-m", "memray", "run", "-q", "-f", "--trace-python-allocators",
                            "-o", os.path.join(folder, "memray.bin"), SCRIPT], {}, "python")
    if has(peers, "scalene"):
        modes["scalene"] = ([peers, "-m", "scalene", "run", "-o",
                             os.path.join(folder, "scalene.json"), SCRIPT], {}, "python")
    return modes


def measure(command, variables, case):
    environment = dict(os.environ, BENCH_CASE=case, **variables)
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, timeout=600)
    figures = [line for line in done.stdout.splitlines() if line.strip().isdigit()]
    return int(figures[0]) if figures else math.nan


def ratios(modes, rounds):
    """{mode: {case: ratio}}"""
    best = {}
    for case in CASES:
        for _ in range(rounds):
            for mode, (command, variables, _) in modes.items():
                value = measure(command, variables, case)
                best[mode, case] = min(value, best.get((mode, case), math.inf))
    return {mode: {case: best[mode, case] / best[base, case] for case in CASES}
            for mode, (_, _, base) in modes.items() if base}


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def rss_shown(pymemtop, python, folder, *options):
    """The increment, in bytes, of a request that keeps many dictionaries."""
    import json
    os.makedirs(os.path.join(folder, "Fn"), exist_ok=True)
    with open(os.path.join(folder, "host.json"), "w") as file:
        file.write("{}")
    with open(os.path.join(folder, "Fn", "function.json"), "w") as file:
        json.dump({"bindings": [{"type": "httpTrigger", "direction": "in", "name": "req"},
                                {"type": "http", "direction": "out", "name": "$return"}]}, file)
    with open(os.path.join(folder, "Fn", "__init__.py"), "w") as file:
        file.write("KEPT = []\n\n\ndef main(req):\n    for i in range(300000):\n"
                   "        KEPT.append({'a': i, 'b': [i, i + 1], 'c': 's%d' % i})\n    return 'x'\n")
    done = subprocess.run([pymemtop, "--batch", "--python", python, "--format", "json", *options,
                           os.path.join(folder, "Fn")], capture_output=True, text=True, check=True)
    last = json.loads(done.stdout)["invocations"][-1]
    return last["rss_end_bytes"] - last["rss_start_bytes"], last["rss_end_bytes"]


def main():
    worker, python, peers = sys.argv[1:4]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    print("heap: times without, Python of {}, {} rounds".format(worker, rounds))
    with tempfile.TemporaryDirectory() as folder:
        table = ratios(commands(worker, python, peers, folder), rounds)
        print("  {:18}{}".format("", "".join("{:>10}".format(case) for case in CASES)), "     mean")
        for mode, row in table.items():
            print("  {:18}{}{:10.2f}".format(
                mode, "".join("{:10.2f}".format(row[case]) for case in CASES),
                mean(list(row.values()))))
        pymemtop = os.path.join(os.path.dirname(worker), "pymemtop")
        grown_off, end_off = rss_shown(pymemtop, python, folder, "--heap", "off")
        grown, end = rss_shown(pymemtop, python, folder)
        print("  RSS shown, KiB: {} for the request, {} at its end; with the heap {} and {}".format(
            grown_off >> 10, end_off >> 10, grown >> 10, end >> 10))


main()
