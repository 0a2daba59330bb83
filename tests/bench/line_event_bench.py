"""What tracing costs: a line event in profiled code, a call, a generator's value and a chain of awaits
there, and work in code that is not profiled, beside
memory_profiler and a trace function that does nothing, in one run. pymemtop is there twice: with the
RSS alone (--heap off), as the others have it, and as it is where nothing is said. The others run in the worker as
well, without its tracer, since its libpython may be another build than the one in python3 (Debian's
is 10 % slower); but for memory_profiler, which the worker has a stand-in for. Cases are measured in turns, so that a change of the
machine's speed meets all of them; the figure is the median of the rounds.

usage: line_event_bench.py WORKER VENV-PYTHON FOLDER-OF-noop_trace [ROUNDS]
"""
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "line_event.py")
TURNS = {"plain": 4_000_000, "noop": 4_000_000, "pymemtop": 4_000_000,
         "with the heap": 4_000_000, "memory_profiler": 80_000}
CALLEE_TURNS = {"plain": 400_000, "noop": 400_000, "pymemtop": 400_000,
                "with the heap": 400_000, "memory_profiler": 100_000}
FRAMES_TURNS = {"plain": 1_000_000, "noop": 1_000_000, "pymemtop": 1_000_000,
                "with the heap": 1_000_000, "memory_profiler": 10_000}
TASKS_TURNS = {mode: turns // 10 for mode, turns in FRAMES_TURNS.items()}
FRAMES = {"calls": "a call of a profiled function, its two lines and the caller's two",
          "generator": "a value of a profiled generator, with a line there and two of the caller",
          "awaits": "three profiled coroutines that await each other, and end",
          "tasks": "the same, where the innermost of each of 10 tasks waits for the loop's next turn"}

TRACED = ["--exclude", "*/unprofiled.py"]
UNTRACED = ["--no-trace", "--heap", "off"]
OPTIONS = {"plain": UNTRACED, "noop": UNTRACED, "pymemtop": [*TRACED, "--heap", "off"],
           "with the heap": TRACED}


def measure(mode, case, turns, worker, python, extension):
    if mode == "memory_profiler":
        command = [python, SCRIPT]
    else:
        command = [worker, "--run", SCRIPT, "--executable", python]
        command += OPTIONS[mode]
    environment = dict(os.environ, BENCH_MODE="pymemtop" if mode == "with the heap" else mode, BENCH_CASE=case, BENCH_TURNS=str(turns[mode]),
                       PYTHONPATH=extension)
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(result.stdout)


def medians(case, turns, rounds, *where):
    figures = {mode: [] for mode in turns}
    for _ in range(rounds):
        for mode in turns:
            figures[mode].append(measure(mode, case, turns, *where))
    return {mode: statistics.median(values) for mode, values in figures.items()}


def main():
    where = sys.argv[1:4]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    print("Python of {}, {} rounds".format(where[0], rounds))
    for case in ("light", "heavy"):
        figures = medians(case, TURNS, rounds, *where)
        plain = figures["plain"]
        noop = figures["noop"] - plain
        print(f"{case} loop: ns per line event (above untraced; times no-op)")
        for mode, value in figures.items():
            print(f"  {mode:16} {value:10.1f} {value - plain:+10.1f} {(value - plain) / noop:8.1f}x")
    for case, what in FRAMES.items():
        figures = medians(case, TASKS_TURNS if case == "tasks" else FRAMES_TURNS, rounds, *where)
        plain = figures["plain"]
        noop = figures["noop"] - plain
        print(f"{case}: ns for {what} (above untraced; times no-op)")
        for mode, value in figures.items():
            print(f"  {mode:16} {value:10.1f} {value - plain:+10.1f} {(value - plain) / noop:8.1f}x")
    for case in ("loop", "recursion", "mixed"):
        figures = medians(case, CALLEE_TURNS, rounds, *where)
        print(f"{case} in a callee that is not profiled: ns per turn (times untraced)")
        for mode, value in figures.items():
            print(f"  {mode:16} {value:10.1f} {value / figures['plain']:8.2f}x")


main()
