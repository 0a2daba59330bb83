"""Stepping by a key that is held down, on a terminal that tmux emulates, with a real worker: a sync
and an async function of many lines. For each, what a step takes where 1,000 keys come at once, from
the first key to the screen with the last step; what one takes by itself, from the key to its screen
(the median, and the 99th of 100); and how long the steps go on after a key that was held down for
1,000 repeats, at 30 a second, is let go.

usage: step_bench.py PYMEMTOP VENV-PYTHON [STEPS]
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

FUNCTION = """{"bindings": [
    {"type": "httpTrigger", "direction": "in", "name": "req"},
    {"type": "http", "direction": "out", "name": "$return"}]}"""
HANDLER = """async def leaf(i):
    return [i]


{}def main(req):
    kept = []
    for i in range(1000000):
        kept.append([i])
        last = {}
    return ""
"""
SOURCES = {"sync": HANDLER.format("", "i"), "async": HANDLER.format("async ", "await leaf(i)")}
REPEAT = 1 / 30
FIRST, LINES = 7, 3  # of the loop, which one goes through by `n`
PATIENCE = 120


class Terminal:
    def __init__(self, folder):
        self.command = ["tmux", "-S", os.path.join(folder, "socket"), "-f", "/dev/null"]

    def run(self, *arguments):
        return subprocess.run([*self.command, *arguments], check=True, stdout=subprocess.PIPE,
                              encoding="utf-8").stdout

    def wait(self, found):
        """The time at which `found` is true of the screen, and that."""
        end = time.monotonic() + PATIENCE
        while True:
            screen = self.run("capture-pane", "-p")
            now = time.monotonic()
            value = found(screen)
            if value:
                return now, value
            if now > end:
                raise SystemExit("step_bench: this does not go on:\n" + screen)


def place(screen):
    """(the line that is next, how often the lines of the loop have begun); None: nothing is paused.
    """
    at = re.search(r"^>.? +(\d+) ", screen, re.M)
    rows = re.findall(r"^\W* *(\d+) .*? MiB[ !]+([\d,]+) ", screen, re.M)
    begun = sum(int(count.replace(",", "")) for line, count in rows
                if FIRST <= int(line) < FIRST + LINES)
    return (int(at.group(1)), begun) if at and " PAUSED " in screen else None


def start(terminal, command, kind, folder):
    app = os.path.join(folder, kind)
    os.makedirs(os.path.join(app, "Step"))
    for path, text in {"host.json": "{}", "Step/function.json": FUNCTION,
                       "Step/__init__.py": SOURCES[kind]}.items():
        with open(os.path.join(app, path), "w") as file:
            file.write(text)
    terminal.run("new-session", "-d", "-x", "120", "-y", "30",
                 shlex.join([*command, os.path.join(app, "Step")]))
    terminal.wait(lambda screen: "READY" in screen)
    terminal.run("send-keys", "i")
    terminal.wait(lambda screen: "next line" in screen)
    terminal.run("send-keys", "r")
    terminal.wait(place)
    for _ in range(LINES + 1):  # into the loop
        step(terminal)


def step(terminal):
    """One key; the seconds until the screen with its step is there."""
    before = place(terminal.run("capture-pane", "-p"))
    began = time.monotonic()
    terminal.run("send-keys", "n")
    return terminal.wait(lambda screen: (place(screen) or before) != before)[0] - began


def settle(terminal):
    """When the screen changed last, once it has been the same for half a second."""
    last, changed = None, time.monotonic()
    while time.monotonic() - changed < 0.5:
        now = place(terminal.run("capture-pane", "-p"))
        if now != last:
            last, changed = now, time.monotonic()
    return changed


def burst(terminal, steps):
    _, before = place(terminal.run("capture-pane", "-p"))
    began = time.monotonic()
    terminal.run("send-keys", "-N", str(steps), "n")
    took = settle(terminal) - began
    _, after = place(terminal.run("capture-pane", "-p"))
    if after - before != steps:
        raise SystemExit("step_bench: %d keys have made %d steps" % (steps, after - before))
    return took


def held(terminal, steps):
    began = time.monotonic()
    for i in range(steps):
        terminal.run("send-keys", "n")
        time.sleep(max(0.0, began + (i + 1) * REPEAT - time.monotonic()))
    released = time.monotonic()
    return max(0.0, settle(terminal) - released)


def measure(command, kind, steps, folder):
    terminal = Terminal(folder)
    start(terminal, command, kind, folder)
    took = burst(terminal, steps)
    single = sorted(step(terminal) for _ in range(100))
    after = held(terminal, steps)
    terminal.run("kill-server")
    print("%-6s %5d keys at once %7.2f s, a step %6.2f ms; by itself %6.2f ms, 99th %6.2f ms; "
          "held down, goes on for %4.0f ms" % (kind, steps, took, took / steps * 1e3,
                                               single[49] * 1e3, single[98] * 1e3, after * 1e3),
          flush=True)


def main():
    pymemtop, python = sys.argv[1:3]
    steps = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    for kind in SOURCES:
        with tempfile.TemporaryDirectory() as folder:
            measure([pymemtop, "-p", "0", "--python", python], kind, steps, folder)


main()
