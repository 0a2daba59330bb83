"""What it costs to know every native block: pairs of malloc and free (native_loop.c), in the worker with
native blocks counted, as times the same worker with --native off, where one branch is left of it.
Blocks of less than 1 KiB are counted together, larger ones have their line. Cases are measured in
turns; a figure is the least of the rounds, each of which is the least of some turns.

usage: native_bench.py WORKER LIBRARY [ROUNDS]
"""
import math
import os
import subprocess
import sys

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "native_work.py")
SIZES = (("64 B", 64), ("4 KiB", 4 << 10), ("256 KiB", 256 << 10))
THREADS = (1, 2)


def measure(worker, library, native, size, threads):
    """Nanoseconds for a pair."""
    environment = dict(os.environ, BENCH_LIBRARY=library, BENCH_CASE="{} {}".format(size, threads))
    done = subprocess.run([worker, "--native", native, "--run", SCRIPT], env=environment,
                          stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    return int(done.stdout) / 1000


def main():
    worker, library = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    print("native: malloc and free, ns with --native off, on, and times; Python of {}, {} rounds".format(
        worker, rounds))
    for name, size in SIZES:
        for threads in THREADS:
            best = {"off": math.inf, "on": math.inf}
            for _ in range(rounds):
                for native in best:
                    best[native] = min(best[native],
                                       measure(worker, library, native, size, threads))
            print("  {:>8}, {} thread{}{:10.1f}{:10.1f}{:10.2f}".format(
                name, threads, " " if threads == 1 else "s", best["off"], best["on"],
                best["on"] / best["off"]))


main()
