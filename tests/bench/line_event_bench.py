"""What a line event costs, beside memory_profiler and a trace function that does nothing, on the same
Python, in one run. Cases are measured in turns, so that a change of the machine's speed meets all
of them; the figure is the median of the rounds.

usage: line_event_bench.py WORKER VENV-PYTHON FOLDER-OF-noop_trace [ROUNDS]
"""
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(HERE, "line_event.py")
LINES = {"plain": 4_000_000, "noop": 4_000_000, "pymemtop": 800_000, "memory_profiler": 80_000}


def measure(mode, case, worker, python, extension):
    command = [worker, "--run", SCRIPT, "--executable", python] if mode == "pymemtop" \
        else [python, SCRIPT]
    environment = dict(os.environ, BENCH_MODE=mode, BENCH_CASE=case,
                       BENCH_LINES=str(LINES[mode]), PYTHONPATH=extension)
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(result.stdout)


def main():
    worker, python, extension = sys.argv[1:4]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    for case in ("light", "heavy"):
        figures = {mode: [] for mode in LINES}
        for _ in range(rounds):
            for mode in LINES:
                figures[mode].append(measure(mode, case, worker, python, extension))
        medians = {mode: statistics.median(values) for mode, values in figures.items()}
        plain = medians["plain"]
        noop = medians["noop"] - plain
        print(f"{case} loop, {rounds} rounds: ns per line event (above untraced; times no-op)")
        for mode, value in medians.items():
            above = value - plain
            print(f"  {mode:16} {value:10.1f} {above:+10.1f} {above / noop:8.1f}x")


main()
