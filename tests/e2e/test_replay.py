"""`pymemtop replay`: the screen as it was live, at every event of a recording, forward and back."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

import programs
from programs import (APPS, BUILD, HTTP_FUNCTION, PYMEMTOP, VENV, Report, batch, error_line, run,
                      wait_for)
from test_stepping import TASKS

pytestmark = pytest.mark.usefixtures("packages")

# Handlers of all kinds: sync, async with tasks, with threads of its own, and with a generator. Asked
# to, they pause, so that there are some events in each of their calls.
HANDLERS = {
    "Sync": """import time

import azure.functions as func

KEPT = []


def work(count):
    kept = []
    for number in range(count):
        kept.append(str(number) * 20)
    return len(kept)


def main(req: func.HttpRequest) -> func.HttpResponse:
    pause = float(req.params.get("pause", "0"))
    size = work(50)
    time.sleep(pause)
    KEPT.append(bytearray(b'x' * 2000000))
    time.sleep(pause)
    if len(KEPT) > 3:
        KEPT.clear()
    return func.HttpResponse(str(size))
""",
    "Async": """import asyncio
import logging

import azure.functions as func


async def part(number):
    block = bytearray(30000 * (1 + number))
    await asyncio.sleep(0.001 * number)
    return len(block)


async def main(req: func.HttpRequest) -> func.HttpResponse:
    pause = float(req.params.get("pause", "0"))
    sizes = await asyncio.gather(part(1), part(2), part(3))
    await asyncio.sleep(pause)
    logging.info("parts %s", sizes)
    return func.HttpResponse(str(sum(sizes)))
""",
    "Threads": """import threading
import time

import azure.functions as func


def fill(blocks, size):
    block = bytearray(b"x" * size)
    blocks.append(block)


def main(req: func.HttpRequest) -> func.HttpResponse:
    blocks = []
    threads = [threading.Thread(target=fill, args=(blocks, 50000 * n)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(float(req.params.get("pause", "0")))
    print("threads", len(blocks))
    return func.HttpResponse(str(len(blocks)))
""",
    "Generator": """import time

import azure.functions as func


def blocks(count):
    for number in range(count):
        block = bytes(10000 * number)
        yield block


def main(req: func.HttpRequest) -> func.HttpResponse:
    total = 0
    for block in blocks(8):
        total += len(block)
        time.sleep(float(req.params.get("pause", "0")) / 2)
    return func.HttpResponse(str(total))
""",
}
FOOT = r" event (\d+)(?:\+(\d+))? of (\d+)  RSS"


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """An app of handlers of all kinds, which no test changes."""
    app = tmp_path_factory.mktemp("four") / "app"
    app.mkdir()
    (app / "host.json").write_text('{"version": "2.0"}')
    for name, text in HANDLERS.items():
        (app / name).mkdir()
        (app / name / "function.json").write_text(programs.HTTP_FUNCTION)
        (app / name / "__init__.py").write_text(text)
    return app


@pytest.fixture(scope="module")
def recording(four, tmp_path_factory):
    """recording(FUNCTION, N): a recording of N requests to it, which no test changes."""
    folder = tmp_path_factory.mktemp("recordings")

    def make(function="Sync", requests=12):
        path = folder / "{}-{}.pymemtop".format(function, requests)
        if not path.exists():
            result = batch("-n", requests, "--quiet", "--record={}".format(path), "--request",
                           "GET /api/{}?pause=0.05".format(function), four / function)
            assert result.returncode == 0, result.stderr
        return path
    return make


@pytest.fixture
def script(pty, tmp_path):
    """script(LINES, *arguments, cols, rows): pymemtop driven by a key script, to its end; the texts
    that it has saved, by name: `save NAME` is a line of its own here."""
    def play(lines, *arguments, cols=80, rows=24):
        names = re.findall("^save (.*)$", lines, re.M)
        file = tmp_path / "script"
        file.write_text(re.sub("^save ", "save-screen {}/".format(tmp_path), lines, flags=re.M)
                        + "\nkey q\n")
        command = 1 if arguments[0] in ("run", "replay") else 0
        terminal = pty(*arguments[:command], "--script", file, *arguments[command:], cols=cols,
                       rows=rows)
        assert terminal.wait_exit() == 0, terminal.output[-2000:]
        return {name: (tmp_path / name).read_text() for name in names}
    return play


def rows(path, query):
    database = sqlite3.connect("file:{}?mode=ro".format(path), uri=True)
    try:
        return database.execute(query).fetchall()
    finally:
        database.close()


def place(screen):
    """The event that is shown, and the last one."""
    match = re.search(FOOT, screen)
    return int(match.group(1)), int(match.group(3))


def moment(screen):
    """The event that is shown, and how many changes after it."""
    match = re.search(FOOT, screen)
    return int(match.group(1)), int(match.group(2) or 0)


def ended(screen):
    """How many invocations are over."""
    numbers = re.search(r"invocations (\d+)(?:, (\d+) running)?", screen).groups("0")
    return int(numbers[0]) - int(numbers[1])


# ---- the same screen ----

def test_live_and_replay_are_equal_at_every_event(four, pty, tmp_path):
    """Live, all cells of several screens at 3,000 moments, and the same replayed; at 10,000 where
    PYMEMTOP_FULL is set, which takes four times as long. A search in so many can be given up."""
    events, back = (10000, 1500) if programs.FULL else (3000, 500)
    if programs.SANITIZED:
        events, back = 500, 150
    program = os.path.join(BUILD, "tests", "replay", "live_equal")
    result = subprocess.run(
        [program, str(tmp_path / "x.pymemtop"), str(events), str(back),
         *("GET /api/" + name for name in HANDLERS), "--", "--port", "0", "--python", VENV,
         str(four)],
        env=programs.environment({"PYMEMTOP_LIBEXEC": BUILD}), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=20 * programs.LIMIT, encoding="utf-8")
    assert result.returncode == 0, result.stderr
    match = re.fullmatch(r"(\d+) events, 11 screens, (\d+) back: (\d+) cells, (\d+) with leaks, "
                         r"0 rows differ\n", result.stdout)
    assert match and int(match.group(1)) == events and int(match.group(2)) == back
    assert int(match.group(3)) > 10 * (events + back) * 60 * 10
    assert int(match.group(4)) > 10
    # In an empty line nothing ever grows, whichever of them ran last.
    terminal = pty("replay", tmp_path / "x.pymemtop")
    terminal.wait(rb"REPLAY (?s:.*) quit")
    (shown,) = set(re.findall(rb"(\w+)/__init__\.py", terminal.output))
    terminal.type(b"1g" + b"j" * HANDLERS[shown.decode()].splitlines().index("") + b"-\x1b")
    terminal.wait(rb"the search was given up")
    terminal.type(b"q")
    assert terminal.wait_exit() == 0


def test_the_end_of_the_run_is_not_that_of_its_invocations(write_app, script, tmp_path):
    """Replay begins with the invocations over and the worker alive, also where the host saw the ends
    of both at once: it is held up now and then, so that this is so in a third of the runs."""
    app = write_app({"host.json": "{}", "Fast/function.json": programs.HTTP_FUNCTION,
                     "Fast/__init__.py": "def main(req) -> str:\n    return 'fast'\n"})
    for number in range(4):
        path = tmp_path / "{}.pymemtop".format(number)
        with subprocess.Popen([PYMEMTOP, "--batch", "--quiet", "--port", "0", "--python", VENV,
                               "--record={}".format(path), app], env=programs.environment({}),
                              stderr=subprocess.DEVNULL) as host:
            while host.poll() is None:
                host.send_signal(signal.SIGSTOP)
                time.sleep(0.01)
                host.send_signal(signal.SIGCONT)
                time.sleep(0.004)
        assert host.returncode == 0
        screen = script("save first", "replay", path)["first"]
        assert ended(screen) == 1 and " READY " in screen, screen
        now, last = place(screen)
        assert now < last


def test_a_worker_that_died_is_shown_dead(write_app, script, tmp_path):
    path = tmp_path / "x.pymemtop"
    app = write_app({"host.json": "{}", "Die/function.json": programs.HTTP_FUNCTION,
                     "Die/__init__.py": "import os\n\n\ndef main(req):\n    os._exit(5)\n"})
    assert batch("--quiet", "--record={}".format(path), app).returncode == 5
    screens = script("save first\nkey [\nsave before", "replay", path)
    assert "WORKER DEAD" in screens["first"] and ended(screens["first"]) == 1
    assert "WORKER DEAD" not in screens["before"]


@pytest.mark.parametrize("function", sorted(HANDLERS))
def test_what_was_live_is_replayed(four, script, tmp_path, function):
    """The last screen of an app that ran, live and in its recording: the same but for the rows of
    the replay, and for the clock that the line of memory over the last seconds has."""
    path = tmp_path / "x.pymemtop"
    keys = "key {}\nsave {}{}"
    views = {"1": "source", "2": "hot", "3": "invocations", "4": "output"}
    saves = "\n".join(keys.format(key, "{0}-", name) for key, name in views.items())
    live = script("wait loaded\nkey r\nwait ended 1\nkey r\nwait ended 2\nwait idle\n"
                  "key g F F\n" + saves.format("live"),
                  "-p", 0, "--record={}".format(path), four / function, cols=80, rows=22)
    again = script("key g H\n" + saves.format("again"), "replay", path)
    for name in views.values():
        one = live["live-" + name].splitlines()
        two = again["again-" + name].splitlines()
        assert two[0].startswith(" REPLAY  app > " + function)
        assert one[2:19] == two[2:19], name
        assert re.sub("[▁-█ ]+", " ", one[1]) == re.sub("[▁-█ ]+", " ", two[1])
        assert re.search(FOOT, two[22])


def test_panes_of_a_pause_are_replayed(write_app, script, tmp_path):
    """Stack, locals, tasks and threads, what a step did, answers and breakpoints."""
    path = tmp_path / "x.pymemtop"
    app = write_app({"host.json": '{"version": "2.0"}',
                     "Tasks/function.json": programs.HTTP_FUNCTION, "Tasks/__init__.py": TASKS})
    moments = {"paused": "key b r\nwait line 13", "stepped": "key n\nwait line 14",
               "answered": "type :sum(here)\nkey Enter\nwait text is 3"}
    lines = "wait loaded\ntype /here =\nkey Enter\n"
    for name, keys in moments.items():
        lines += "{}\nsave {}\nkey 7\nsave {}-7\nkey 1\nsleep 0.05\n".format(keys, name, name)
    live = script(lines, "-p", 0, "--record={}".format(path), app / "Tasks", cols=200, rows=40)
    assert re.search(r"wait-1 +waits +#1 +wait +Tasks/__init__.py:6", live["paused"])
    assert re.search(r"line 13 +did .* objects?\b", live["stepped"])
    (places,), = rows(path, "SELECT (SELECT count(*) FROM events) + (SELECT sum(count - 1) FROM"
                            " event_samples WHERE event > 1)")
    lines = "key 1 Home\n"
    for number in range(places):
        lines += "save {0}\nkey 7\nsave {0}-7\nkey 1 ]\n".format(number)
    again = script(lines, "replay", path, cols=200, rows=43)

    def panes(saved, name, first, end):
        return [saved[name + view].splitlines()[first:end] for view in ("", "-7")]

    shown = [panes(again, str(number), 2, 36) for number in range(places)]
    for name in moments:
        assert panes(live, name, 2, 36) in shown, name


PAIRS = ["][", "}{", "sS", "nN"]


@pytest.mark.parametrize("function", sorted(HANDLERS))
def test_forward_and_back_is_the_same_screen(recording, script, function):
    path = recording(function)
    count = 6
    lines = ""
    for pair, (there, back) in enumerate(PAIRS):
        # Where both ends of each step are such places, as many back lead to where one began. The
        # function whose lines n and N go by is the cursor's, which does not follow meanwhile.
        lines += "key Home }} }} }} {}{}\n".format("F " if there == "n" else "", there)
        for number in range(count):
            lines += "save {}there{}\nkey {}\n".format(pair, number, there)
        for number in reversed(range(count)):
            lines += "key {}\nsave {}back{}\n".format(back, pair, number)
    saved = script(lines, "replay", path)
    for pair in range(len(PAIRS)):
        there = [saved["{}there{}".format(pair, number)] for number in range(count)]
        places = [moment(screen) for screen in there]
        assert places == sorted(set(places)), PAIRS[pair]
        assert there == [saved["{}back{}".format(pair, number)] for number in range(count)]


def test_times_and_numbers_are_those_of_the_event(recording, script):
    path = recording()
    events = dict(rows(path, "SELECT event, time_ns FROM events"))
    first, last = min(events), max(events)
    (moments,), = rows(path, "SELECT ifnull(sum(count - 1), 0) FROM event_samples WHERE event >="
                             " {}".format(last - 2))
    saved = script("key Home\nsave first\nkey End {}\nsave late\n".format("[ " * (3 + moments)),
                   "replay", path)
    assert place(saved["first"]) == (first, last)
    assert place(saved["late"]) == (last - 3, last) and moment(saved["late"])[1] == 0
    took = (events[last - 3] - events[first]) / 1e9
    assert "after {:.2f} s of".format(took) in saved["late"] or took < 1


# ---- moving ----

def test_invocations_are_gone_through(recording, script):
    path = recording(requests=8)
    lines = "key Home\n"
    for number in range(8):
        lines += "key }}\nsave over{}\n".format(number)
    saved = script(lines + "key }\nsave end\nkey {\nsave before\n", "replay", path)
    for number in range(8):
        assert ended(saved["over{}".format(number)]) == number + 1
    assert "no invocation is over after this event" in saved["end"]
    assert ended(saved["before"]) == 7


@pytest.fixture
def fast(four, tmp_path):
    """A recording of requests that are over as fast as can be: several in an event."""
    path = tmp_path / "fast.pymemtop"
    result = batch("-n", 24, "--quiet", "--record={}".format(path), "--request",
                   "GET /api/Sync", four / "Sync")
    assert result.returncode == 0, result.stderr
    return path


def test_each_end_is_a_place(fast, script):
    """However many invocations were over by the next event, } and { stop at the end of each."""
    (events,), = rows(fast, "SELECT count(*) FROM (SELECT event FROM event_samples, json_each(samples)"
                            " WHERE json_array_length(value) = 3 AND json_extract(value, '$[2]') = 2"
                            " GROUP BY event HAVING count(*) > 1)")
    assert events > 0
    lines = "key Home\n"
    for number in range(24):
        lines += "key }}\nsave over{}\n".format(number)
    lines += "key }\nsave end\n"
    for number in reversed(range(23)):
        lines += "key {{\nsave back{}\n".format(number)
    saved = script(lines, "replay", fast, cols=120, rows=50)
    for number in range(24):
        assert ended(saved["over{}".format(number)]) == number + 1
        if moment(saved["over{}".format(number)])[1]:
            assert "  #{} is over  change ".format(number + 1) in saved["over{}".format(number)]
    assert "no invocation is over after this event" in saved["end"]
    for number in range(23):
        assert saved["back{}".format(number)] == saved["over{}".format(number)]
    # With requests one after another all that there is of a line is known at each end.
    lines = {number: row for number, *row in rows(
        fast, "SELECT number, sum(occurrences), sum(increment_bytes) FROM invocation_lines WHERE number"
              " AND source GLOB '*KEPT.append*' GROUP BY number")}
    times, grown = 0, 0
    for number in range(24):
        times += lines[number + 1][0]
        grown += lines[number + 1][1]
        row = re.search(r"([+-][\d.]+) MiB\S* +(\d+) .*KEPT.append", saved["over{}".format(number)])
        assert int(row.group(2)) == times
        assert abs(float(row.group(1)) - grown / programs.MIB) < 0.06


def test_each_change_of_rss_is_a_place(fast, script):
    """] goes from one to the next, with its line, what it took, and what there was then."""
    changes = rows(fast, "SELECT event, rss_bytes, increment_bytes, line FROM rss_changes")
    begin = rows(fast, "SELECT event FROM rss_changes WHERE invocation = 1 LIMIT 1")[0][0]
    lines, count = "key Home }\n", 60
    for number in range(count):
        lines += "key ]\nsave at{}\n".format(number)
    saved = script(lines, "replay", fast, cols=160)
    seen = []
    for number in range(count):
        screen = saved["at{}".format(number)]
        told = re.search(r"RSS ([\d.]+) MiB  .*?([+-][\d.]+ [KM]?i?B) by (?:line (\d+)|no line)",
                         screen.splitlines()[-2])
        if told:
            seen.append((moment(screen), float(told.group(1)), int(told.group(3) or 0)))
    assert begin <= seen[0][0][0] + 1 and len(seen) > 10
    assert [place_ for place_, _, _ in seen] == sorted({place_ for place_, _, _ in seen})
    # The same ones, in their order; those that were seen are of all that there are some in a row.
    wanted = [(round(size / programs.MIB, 1), line or 0) for event, size, _, line in changes]
    # (At an event the RSS is what the screen showed, which can be a change ahead.)
    assert any(all((abs(size - of[0]) < 0.11 or at[1] == 0) and line == of[1]
                   for (at, size, line), of in zip(seen, wanted[first:first + len(seen)]))
               for first in range(len(wanted) - len(seen) + 1))


def test_beginning_and_end_of_one(recording, script):
    path = recording(requests=8)
    saved = script("key 3 j j P\nsave begin\nkey f\nsave end\nkey F\nsave again\nkey f {\n"
                   "save before\n", "replay", path)
    number = int(re.search(r" #(\d+) running", saved["begin"]).group(1))
    assert number == 6 and " RUNNING " in saved["begin"]
    assert " #6 succeeded" in saved["end"]
    assert saved["again"] == saved["begin"]
    assert " #5 succeeded" in saved["before"]


def test_growth_and_peaks(recording, script):
    path = recording(requests=12)
    saved = script("key Home } 1\ntype /KEPT.append\nkey Enter\n"
                   "key +\nsave one\nkey +\nsave two\nkey -\nsave back\n"
                   "key )\nsave peak\nkey )\nsave next\nkey (\nsave last\nkey c\nsave marked\n"
                   "key + + + + +\nsave later\nkey End +\nsave none\n", "replay", path)
    places = [moment(saved[name]) for name in ("one", "two", "back", "peak", "next", "last")]
    assert places[0] < places[1] and places[2] == places[0]
    assert places[3] < places[4] and places[5] == places[3]
    assert moment(saved["marked"]) > places[5]
    assert "this line has not grown after this event" in saved["none"]
    # At each there is about as much as there ever was.
    sizes = [float(re.search(r"RSS ([\d.]+) MiB", saved[name]).group(1))
             for name in ("peak", "next")]
    (most,) = rows(path, "SELECT max(rss_bytes) FROM samples WHERE pid = 0")
    assert min(sizes) > most[0] / programs.MIB - 5
    # What + stops at: the increment, or what is alive, has risen.
    grown = [float(re.search(r"\+?([\d.]+) MiB!? +\d+ .*KEPT.append", saved[name]).group(1))
             for name in ("one", "two", "later")]
    assert grown[0] <= grown[1] < grown[2]


def test_marks(recording, script, tmp_path):
    """c stops at what was marked, then and now, and at the ends."""
    path = shutil.copy(recording(requests=8), tmp_path)
    database = sqlite3.connect(path)
    database.execute("INSERT INTO markers VALUES (1, 9, NULL), (1, 7, NULL)")
    database.commit()
    database.close()
    saved = script("key Home c\nsave one\nkey c\nsave two\nkey c\nsave end\nkey C\nsave back\n"
                   "key C C\nsave begin\nkey End 3 j m 1 Home c c c\nsave marked\n", "replay", path)
    (last,), = rows(path, "SELECT max(event) FROM events")
    assert [place(saved[name])[0] for name in ("one", "two", "end", "back", "begin")] == [
        7, 9, last, 9, 1]
    assert re.search(r"invocations 7, 1 running", saved["marked"])


def test_keys_of_a_running_program_are_refused(recording, script):
    path = recording(requests=8)
    saved = script("".join("key {}\nsave {}\n".format(key, name) for key, name in
                           (("r", "r"), ("R", "R"), ("i", "i"), ("b", "b"))),
                   "replay", path)
    for text in saved.values():
        assert "this is a recording: what ran then is shown, nothing runs" in text


def test_click_on_the_curve(recording, script):
    path = recording(requests=8)
    saved = script("click 21 78\nsave end\nclick 21 1\nsave begin\nclick 21 40\nsave middle\n",
                   "replay", path)
    events = dict(rows(path, "SELECT event, time_ns FROM events"))
    begin, end = min(events.values()), max(events.values())
    assert place(saved["end"])[0] == max(events)
    assert events[place(saved["begin"])[0]] <= begin + (end - begin) / 78
    at = events[place(saved["middle"])[0]]
    wanted = begin + (end - begin) * 40 / 78
    assert at <= wanted + 1
    assert not [time for time in events.values() if at < time < wanted - 1]


# ---- under tmux ----

@pytest.mark.parametrize("cols, rows_", [(80, 24), (120, 30)])
def test_replay_in_a_terminal(recording, tmux, cols, rows_):
    path = recording(requests=8)
    terminal = tmux(cols, rows_)
    terminal.pymemtop("replay", path)
    screen = terminal.wait("^ REPLAY  app > Sync", FOOT, "q quit")
    event, last = place(screen)
    terminal.keys("[")
    terminal.wait(r" event {}(\+\d+)? of {} ".format(event - 1, last))
    terminal.keys("Home")
    terminal.wait(" event 1 of {} ".format(last), "STARTING|LOADING")
    terminal.type("}}")
    terminal.wait("invocations [23]\\b")
    terminal.type("3")
    terminal.wait("^.? +2 succeeded")
    terminal.type("r")
    terminal.wait("this is a recording")
    terminal.type("\x1b[M {}{}".format(chr(32 + 2), chr(32 + rows_ - 2)))
    terminal.wait(" event [12] of {} ".format(last))
    terminal.keys("End")
    terminal.wait(" event {} of {} ".format(last, last))
    terminal.resize(60, 12)
    terminal.wait("event {} of {} ".format(last, last))
    terminal.resize(40, 8)
    terminal.wait("pymemtop needs ")
    terminal.resize(cols, rows_)
    terminal.wait(FOOT, "q quit")
    terminal.type("q")
    terminal.wait("^shell> ?$")
    assert "pymemtop: " not in terminal.screen()


def test_back_from_live_while_the_app_goes_on(four, tmux):
    terminal = tmux(120, 30)
    terminal.pymemtop("-p", 0, four / "Sync")
    terminal.wait("READY")
    port = re.search(r"localhost:(\d+)", terminal.screen()).group(1)

    def ask():
        subprocess.run(["curl", "-s", "http://127.0.0.1:{}/api/Sync?pause=0.1".format(port)], check=True,
                       stdout=subprocess.DEVNULL)

    ask()
    ask()
    terminal.wait("READY", "invocations 2")
    terminal.type("[")
    terminal.wait("^ REPLAY ", FOOT)
    terminal.type("{")
    terminal.wait("invocations [12]\\b")
    ask()
    terminal.wait("REPLAY, 1 more since")
    terminal.type("r")
    terminal.wait("this is the recording, and runs nothing; Esc: the live app")
    terminal.keys("Escape")
    terminal.wait("this is the live app again", "^ app > Sync", "invocations 3")
    # An invocation, from their list.
    terminal.type("3j")
    terminal.type("P")
    terminal.wait("^ REPLAY ", " #2 (running|waiting)")
    terminal.type("f")
    terminal.wait(" #2 succeeded")
    terminal.keys("End")
    terminal.wait(FOOT)
    terminal.keys("End")
    terminal.wait("this is the live app again", "invocations 3")
    # As it was left.
    terminal.wait("^.? +3 succeeded")
    terminal.type("r")
    terminal.wait("invocations 4")


def test_back_from_a_program_and_its_recording(script, tmp_path):
    """`pymemtop run`: while it is on the screen, and later from the file."""
    work = tmp_path / "work.py"
    work.write_text("kept = []\n\n\ndef work(n):\n    kept.append(bytearray(n << 20))\n\n\n"
                    "for n in range(1, 4):\n    work(n)\n    breakpoint()\nprint('done')\n")
    path = tmp_path / "x.pymemtop"
    back = "key C\nsave {0}three\nkey C\nsave {0}two\n"
    live = script("wait paused\nkey c\nsleep 0.2\nwait paused\nkey c\nsleep 0.2\nwait paused\n"
                  "key c\nwait text EXIT 0\nsleep 0.2\nkey [\n" + back.format("live-")
                  + "key Esc\nsave end\n", "run", "--record={}".format(path), work)
    again = script(back.format(""), "replay", path)
    for times, name in (3, "three"), (2, "two"):
        for screen in live["live-" + name], again[name]:
            assert re.search(r"^ REPLAY  .*  PAUSED ", screen)
            assert re.search(r"^ +9 .* {} │     work".format(times), screen, re.M), screen
        assert live["live-" + name].splitlines()[2:20] == again[name].splitlines()[2:20]
    assert " EXIT 0 " in live["end"] and "this is the live app again" in live["end"]


def test_replay_shows_who_holds_what_leaks(script, write_app, tmp_path):
    app = write_app({"host.json": "{}", "Leak/function.json": HTTP_FUNCTION, "Leak/__init__.py": """
import azure.functions as func
KEPT = []
def main(req: func.HttpRequest) -> func.HttpResponse:
    KEPT.append(bytearray(100_000))
    return func.HttpResponse("fine")
"""}, name="keeps")
    path = tmp_path / "x.pymemtop"
    assert batch("-n", 12, "--record={}".format(path), app / "Leak").returncode == 0
    shown = script("key End L\nsave leaks\nkey w\nsave holders\nkey Home\nsave first\n"
                   "key End w w\nsave again\n", "replay", path, cols=110, rows=30)
    assert "12 bytearray" in shown["leaks"] and "Leak.KEPT" in shown["leaks"]
    assert "Who holds Leak/__init__.py:5" in shown["holders"]
    assert "Leak.KEPT[0]" in shown["holders"] and "asked at" not in shown["holders"]
    assert "Leak.KEPT" not in shown["first"]
    assert "Leak.KEPT[0]" in shown["again"]


# ---- without a terminal ----

def test_report_is_that_of_the_run(four, tmp_path):
    path = tmp_path / "x.pymemtop"
    report = Report(four / "Sync", "-n", 3, "--record={}".format(path))
    again = run("report", "--format", "json", path)
    assert (again.returncode, again.stderr) == (0, "")
    told = json.loads(again.stdout)
    assert told["files"] == report.json["files"]
    assert told["invocations"] == report.json["invocations"]
    assert told["baseline"] == report.json["baseline"]
    # In text, where there is no terminal, and with --batch.
    text = run("report", path).stdout
    assert text.startswith("Filename: ") and "KEPT.append" in text
    assert run("replay", path).stdout == run("replay", "--batch", path).stdout == text
    kusto = run("report", "--format", "kusto", "-o", tmp_path / "rows.csv", path)
    assert (kusto.returncode, kusto.stdout) == (0, "")
    assert (tmp_path / "rows.csv").read_text().startswith("timestamp,LineNumber,")


def test_what_is_no_recording(recording, tmp_path):
    path = recording(requests=8)
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("not a recording\n" * 100)
    whole = path.read_bytes()
    (tmp_path / "cut").write_bytes(whole[:len(whole) // 2])
    (tmp_path / "short").write_bytes(whole[:50])
    for version in (1, 99):
        shutil.copy(path, tmp_path / str(version))
        database = sqlite3.connect(tmp_path / str(version))
        database.execute("PRAGMA user_version = {}".format(version))
        database.commit()
        database.close()
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE x (y)").connection.close()
    words = {"missing": "No such file", "empty": "is empty", "text": "not a database",
             "cut": "malformed|no recording|damaged", "short": "not a database|malformed|no recording",
             "1": "version 1", "99": "newer pymemtop", "other": "no recording", "folder": "is no file"}
    (tmp_path / "folder").mkdir()
    for name, what in words.items():
        for command in ("replay", "report"):
            result = run(command, tmp_path / name)
            line = error_line(result)
            assert result.returncode == 2 and re.search(what, line) and name in line, line
    for arguments in ((), (path, path), ("--nothing", path), ("--format", "svg", path)):
        assert run("replay", *arguments).returncode == 2


def test_file_that_is_still_written(start, four, script, tmp_path):
    path = tmp_path / "x.pymemtop"
    server = start(four, "--record={}".format(path))
    assert server.get("Sync")[0] == 200

    def over():
        return "KEPT.append" in run("report", path).stdout

    wait_for(over, "report of a recording that is written")
    saved = script("key Home End\nsave one\n", "replay", path)
    assert server.get("Sync")[0] == 200 and server.get("Async")[0] == 200
    wait_for(lambda: rows(path, "SELECT max(event) FROM events")[0][0] > place(saved["one"])[1],
             "further events")
    more = script("key Home End\nsave two\n", "replay", path)
    assert place(more["two"])[1] > place(saved["one"])[1]
