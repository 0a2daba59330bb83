"""`:mark-live` and `:diff-live`: what has become more and less alive between two moments."""

import json
import re

import pytest

from programs import HTTP_FUNCTION

pytestmark = [pytest.mark.usefixtures("packages"), pytest.mark.python]

HOST = {"host.json": '{"version": "2.0"}', "Work/function.json": HTTP_FUNCTION}

# The first request holds 50 bytes objects that the second one lets go of. Each one keeps 100 rows,
# 100 dicts and what those lists need. The spare ones use up what CPython has kept of dicts that are
# gone, which would be counted on the lines that made them. Cycles wait for pymemtop's collection.
APP = """import gc, os
import azure.functions as func
HELD, ROWS, DICTS = gc.set_threshold(1000000) or [], [], []


class Row:
    __slots__ = ("number",)


def cycle():
    me = Row()
    me.number = [me]


def main(req: func.HttpRequest) -> func.HttpResponse:
    spare = [{"spare": n} for n in range(500)]
    if "die" in req.params:
        os._exit(9)
    if not ROWS:
        HELD.extend(bytes(2000 + n) for n in range(50))  # held
    else:
        HELD.clear()
    ROWS.extend(Row() for n in range(100))  # rows
    DICTS.extend({"a": n, "b": n} for n in range(100))  # dicts
    for n in range(len(ROWS) // 2):
        cycle()
    return func.HttpResponse(str(len(spare)))
"""
LINES = {"held": 20, "rows": 23, "dicts": 24, "cycle": 11}


def rows_of(screen):
    """{(line, type): (by how many, new or gone or None)} of the rows on the screen."""
    rows = {}
    for line in screen.splitlines():
        found = re.match(r"^ *[-+][\d.]+ (?:B|KiB|MiB) +([-+][\d,]+)?  *[\d.]+(?: B| KiB| MiB)? "
                         r"(new |gone|    ) (\S+) +(?:\S*:(\d+)|elsewhere)", line)
        if found:
            by, kind, name, number = found.groups()
            rows[int(number or 0), name] = (int((by or "0").replace(",", "")), kind.strip() or None)
    return rows


@pytest.fixture
def scripted(tmp_path, write_app, pty):
    """scripted(text, *options): pymemtop of the app with that key script, to its end. `{0}` is a
    folder for screens."""

    def starter(text, *options, cols=120):
        app = write_app({**HOST, "Work/__init__.py": APP}, name="work")
        script = tmp_path / "keys"
        script.write_text(text.format(tmp_path))
        terminal = pty("-p", 0, *options, "--script", script, app / "Work", cols=cols, rows=40)
        status = terminal.wait_exit()
        assert status == 0, terminal.output.decode(errors="replace")[-3000:]

    return starter


MARK = "type :mark-live\nkey Enter\nwait live\n"
DIFF = "type :diff-live\nkey Enter\nwait live\n"
ONCE = "wait loaded\nkey r\nwait ended 1\nwait idle\n"


def test_exact_counts_by_line_and_type(scripted, tmp_path):
    scripted(ONCE + MARK + "save-screen {0}/mark\nkey r\nwait ended 2\nwait idle\n" + DIFF +
             "save-screen {0}/first\nkey 1\nkey r\nwait ended 3\nwait idle\n" + DIFF +
             "save-screen {0}/second\nkey G\nsave-screen {0}/last\nquit\n")
    assert re.search(r"marked \d\d:\d\d:\d\d after 1 invocation: [\d.]+ MiB in [\d,]+ objects; "
                     ":diff-live", (tmp_path / "mark").read_text())
    first, second = ((tmp_path / name).read_text() for name in ("first", "second"))
    assert re.search(r"^ mark \d\d:\d\d:\d\d after 1 invocation: [\d.]+ MiB in [\d,]+ objects$",
                     first, re.M), first
    assert re.search(r"^ now  \d\d:\d\d:\d\d after 2: .*; [-+][\d.]+ [KM]iB, [-+]", first, re.M)
    rows = rows_of(first)
    assert rows[LINES["held"], "bytes"] == (-50, "gone"), first
    assert rows[LINES["rows"], "Row"] == (100, None), first
    assert rows[LINES["dicts"], "dict"] == (100, None), first
    assert (LINES["cycle"], "Row") not in rows, first
    rows = rows_of(second)
    assert rows[LINES["held"], "bytes"] == (-50, "gone"), second
    assert rows[LINES["rows"], "Row"] == (200, None), second
    assert abs(rows[LINES["dicts"], "dict"][0] - 200) <= 5, second
    last = (tmp_path / "last").read_text()
    assert re.search(r"Work/__init__\.py:20 bytes: 50 objects, 10[01] KiB -> none", last), last


def test_cycles_are_seen_where_they_are_not_collected(scripted, tmp_path):
    scripted(ONCE + MARK + "key r\nwait ended 2\nwait idle\n" + DIFF +
             "type \\cycle\nkey Enter\nsave-screen {0}/off\nquit\n", "--collect", "off")
    rows = rows_of((tmp_path / "off").read_text())
    assert rows[LINES["cycle"], "Row"][0] > 0, (tmp_path / "off").read_text()


def test_a_mark_is_needed(scripted, tmp_path):
    scripted("wait loaded\ntype :diff-live\nkey Enter\n"
             "wait text there is no mark to compare with; :mark-live sets one\n"
             "type :dif\nkey Enter\nwait text commands: mark-live, diff-live, save-screen FILE\n"
             "type :m\nkey Tab Enter\nwait live\nwait text marked\nquit\n")


def test_the_mark_is_gone_with_its_worker(tmux, write_app):
    app = write_app({**HOST, "Work/__init__.py": APP})
    terminal = tmux(80, 24)
    terminal.pymemtop("-p", 0, "--request", "GET /api/Work?die=1", app / "Work")
    terminal.wait("READY")
    terminal.type(":mark-live")
    terminal.keys("Enter")
    terminal.wait("marked .* after 0 invocations: ")
    terminal.type(":diff-live")
    terminal.keys("Enter")
    terminal.wait("^ mark .* after 0 invocations: ", "^ now ")
    terminal.type("r")
    terminal.wait("the mark is gone with the worker that it was of", ":mark-live sets another one")
    terminal.wait("READY")
    terminal.type(":diff-live")
    terminal.keys("Enter")
    terminal.wait("the mark is gone with its worker; :mark-live sets another one")
    terminal.type(":mark-live")
    terminal.keys("Enter")
    terminal.wait("marked .* after 1 invocation: ")


def test_who_holds_a_row(scripted, tmp_path):
    scripted(ONCE + MARK + "key r\nwait ended 2\nwait idle\n" + DIFF +
             "type /Row\nkey Enter w\nwait holders\nsave-screen {0}/holders\nkey Esc\n"
             "save-screen {0}/back\nkey Enter\nsave-screen {0}/source\nquit\n")
    holders = (tmp_path / "holders").read_text()
    assert "Work.ROWS" in holders and re.search(r"Row +200|200 +.*Row", holders), holders
    assert "Row" in (tmp_path / "back").read_text()
    assert re.search(r" line 23 ", (tmp_path / "source").read_text())


def test_a_small_screen(scripted, tmp_path):
    scripted("resize 80x24\n" + ONCE + MARK + "key r\nwait ended 2\nwait idle\n" + DIFF +
             "save-screen {0}/small\nquit\n", cols=80)
    small = (tmp_path / "small").read_text()
    assert re.search(r"^ *\+[\d.]+ (B|KiB) +\+100 .* Row +Work.main:23", small, re.M), small


@pytest.mark.host
def test_a_recording_has_no_memory(scripted, tmp_path, pty):
    record = tmp_path / "run.pymemtop"
    scripted(ONCE + MARK + "key [\nwait text REPLAY\n"
             "type :diff-live\nkey Enter\nwait text which has no memory to look into; Esc: the live\n"
             "quit\n", "--record={}".format(record))
    script = tmp_path / "replay-keys"
    script.write_text("wait loaded\ntype :mark-live\nkey Enter\n"
                      "wait text this is a recording: it has no memory to look into\nquit\n")
    terminal = pty("replay", "--script", script, record)
    assert terminal.wait_exit() == 0, terminal.output


@pytest.mark.host
def test_logs_have_no_memory(tmp_path, pty):
    rows = [{"message": "memory_profiler_logs:    {}     45.{} MiB      0.1 MiB           1       "
                        "x = {}".format(line, line, line), "timestamp": "2024-01-01T00:00:0{}Z"
             .format(line), "operation_Id": "a"} for line in range(1, 6)]
    log, script = tmp_path / "rows.json", tmp_path / "keys"
    log.write_text(json.dumps(rows))
    script.write_text("wait loaded\ntype :diff-live\nkey Enter\n"
                      "wait text these figures are from logs: there is no memory\nquit\n")
    terminal = pty("import", "--script", script, log)
    assert terminal.wait_exit() == 0, terminal.output


PROGRAM = """KEPT = []


class Row:
    __slots__ = ("number",)


KEPT.append(Row())
breakpoint()
KEPT.extend(Row() for n in range(100))
breakpoint()
print("over")
"""


def test_a_program(tmp_path, pty):
    """Which has no event loop: it is asked while it is paused, and not after its end."""
    program, script = tmp_path / "work.py", tmp_path / "keys"
    program.write_text(PROGRAM)
    script.write_text("wait line 10\n" + MARK + "key c\nwait line 12\n" + DIFF +
                      "save-screen {0}/screen\nkey c\nwait text EXIT 0\nkey :\ntype mark-live\n"
                      "key Enter\nwait text the program is over\nquit\n".format(tmp_path))
    terminal = pty("run", "--script", script, program, cols=120, rows=30)
    assert terminal.wait_exit() == 0, terminal.output[-3000:]
    rows = rows_of((tmp_path / "screen").read_text())
    assert rows[10, "Row"] == (100, "new"), (tmp_path / "screen").read_text()
