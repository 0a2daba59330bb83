"""The heap on the host's side: in the report, on the screen, and off."""

import pytest

from programs import MIB, SANITIZED, Report, batch

pytestmark = pytest.mark.usefixtures("packages")

BLOCK = "block = bytearray(64 << 20)"


def heap_parts(invocation):
    return [invocation["heap_{}_bytes".format(part)] for part in ("lines", "elsewhere", "shared")]


def test_report_tells_what_every_invocation_keeps(copy_app):
    report = Report(copy_app("memory") / "Keep", "-n", "3")
    line = report.line("Keep/__init__.py", BLOCK)
    assert line["net_python_bytes"] // 3 in range(64 * MIB, 64 * MIB + 1000)
    # The worker has ended since, and its interpreter has freed all: that is not what is asked.
    assert line["retained_bytes"] == sum(part["retained_bytes"] for part in line["kept"])
    assert [part["number"] for part in line["kept"]] == [3, 2, 1]
    for part in line["kept"]:
        assert part["left_bytes"] == part["retained_bytes"]
        assert part["retained_bytes"] in range(64 * MIB, 64 * MIB + 1000)
    assert line["high_bytes"] in range(64 * MIB, 64 * MIB + 100000)
    assert report.json["baseline"]["heap_bytes"] > MIB
    for invocation in report.invocations[1:]:
        assert sum(heap_parts(invocation)) == (invocation["heap_end_bytes"]
                                               - invocation["heap_start_bytes"])
        assert invocation["retained_bytes"] >= 64 * MIB


def test_a_block_that_is_freed_at_once_shows_in_high_alone(copy_app):
    report = Report(copy_app("memory") / "Free", "-n", "2")
    caller = report.line("Free/__init__.py", "return func.HttpResponse(str(take_and_free()))")
    assert abs(caller["net_python_bytes"]) < MIB
    assert caller["high_bytes"] >= 64 * MIB
    line = report.line("Free/__init__.py", BLOCK)
    assert line["retained_bytes"] < MIB
    assert line["allocated_bytes"] >= 2 * 64 * MIB


def test_heap_off_is_null_and_no_nought(copy_app):
    report = Report(copy_app("memory") / "Keep", "-n", "1", "--heap", "off")
    line = report.line("Keep/__init__.py", BLOCK)
    assert report.json["baseline"]["heap_bytes"] is None
    for name in ("net_python_bytes", "net_native_bytes", "allocated_bytes", "freed_bytes",
                 "high_bytes", "retained_bytes", "retained_native_bytes", "kept"):
        assert line[name] is None, name
    assert heap_parts(report.invocations[-1]) == [None] * 3
    assert line["increment_bytes"] >= 64 * MIB


def test_heap_takes_on_or_off():
    result = batch("--heap", "maybe")
    assert result.returncode == 2
    assert "--heap takes on or off" in result.stderr


def test_screen_has_the_columns_of_the_heap(tmux, copy_app):
    terminal = tmux(120, 30)
    terminal.pymemtop("-p", 0, copy_app("memory") / "Keep")
    terminal.wait("memory > Keep .*READY", "heap |RSS = ")
    terminal.keys("r")
    terminal.wait(r"Net +.*Retained", r"\+64\.0 MiB +(0 +)?64\.0 MiB .*block = bytearray")
    terminal.keys("2")
    terminal.wait("2 hot", r"Increment.*Net.*Retained")
    terminal.keys("3")
    terminal.wait(r"No\..*Heap +Retained")


def test_screen_without_the_heap(tmux, copy_app):
    terminal = tmux(120, 30)
    terminal.pymemtop("-p", 0, "--heap", "off", copy_app("memory") / "Keep")
    terminal.wait("memory > Keep .*READY")
    terminal.keys("r")
    screen = terminal.wait("heap off", r"\+6\d\.\d MiB.*block = bytearray")
    assert "Retained" not in screen


@pytest.mark.skipif(SANITIZED, reason="a sanitizer has a malloc of its own")
def test_screen_says_what_is_not_touched(tmux, copy_app):
    """There can be more blocks than is resident."""
    app = copy_app("memory")
    with open(app / "Keep/__init__.py", "a") as source:
        source.write("\n\nimport mmap\nAHEAD = mmap.mmap(-1, 1 << 30)\n")
    terminal = tmux(140, 30)
    terminal.pymemtop("-p", 0, app / "Keep")
    terminal.wait(r"RSS = Python .* native 102\d\.\d .* - untouched \d+\.\d MiB")
