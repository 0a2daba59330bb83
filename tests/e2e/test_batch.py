"""`pymemtop --batch`: the table, the JSON report, where they go, and the exit status."""

import json
import os
import re
import subprocess

import pytest

from programs import APPS, HTTP_FUNCTION, LIMIT, MIB, batch, error_line, near, run

pytestmark = pytest.mark.usefixtures("packages")

ROW = re.compile(r"^ *(\d+) (.{12}) (.{12})  (.{10})   (.*)$")
HEADER = "Line #    Mem usage    Increment  Occurrences   Line Contents"


def tables(text):
    """{file: [(line, mem usage, increment, occurrences, source), ...]}; all figures as printed."""
    found = {}
    for part in re.split(r"^Filename: ", text, flags=re.M)[1:]:
        name, rest = part.split("\n", 1)
        lines = rest.split("\n")
        assert lines[0] == "" and lines[1] == HEADER and lines[2] == "=" * 61
        for text_line in lines[3:]:
            row = ROW.match(text_line)
            if row:
                found.setdefault(name, []).append(tuple(cell.strip() if i < 4 else cell
                                                        for i, cell in enumerate(row.groups())))
    return found


def test_table_has_the_layout_of_memory_profiler(copy_app):
    app = copy_app("memory")
    result = batch("-n", "2", app / "Keep" / "__init__.py")
    assert result.returncode == 0
    assert result.stderr == ""
    blocks = result.stdout.split("\n\n\n")
    assert blocks[-1] == "" or blocks[-1] == "\n"
    for block in blocks[:-1]:
        lines = block.lstrip("\n").split("\n")
        assert lines[0] == "Filename: {}".format(app / "Keep" / "__init__.py")
        assert lines[1:4] == ["", HEADER, "=" * 61]
        for line in lines[4:]:
            assert re.match(r"^ {4}( \d|\d\d) ( {4}[ \d.]{4}\d MiB|[ \d.]{8} MiB| {12}) "
                            r"([ \d.-]{8} MiB| {12})  ([ \d]{10})   ", line), line


def test_table_shows_each_function_with_its_figures(copy_app):
    app = copy_app("memory")
    found = tables(batch("-n", "2", app / "Keep").stdout)
    rows = found[str(app / "Keep" / "__init__.py")]
    by_source = {row[4].strip(): row for row in rows}
    assert by_source["def keep():"][3] == "2"
    line, usage, increment, occurrences, source = by_source["block = bytearray(64 << 20)"]
    assert (line, occurrences, source) == ("8", "2", "    block = bytearray(64 << 20)")
    assert float(increment.split()[0]) * MIB == near(128)
    assert float(usage.split()[0]) > 128
    assert by_source["size = keep()"][2] == increment
    assert [row[0] for row in rows] == ["7", "8", "9", "10", "13", "14", "15"]


def test_line_that_has_not_run_has_blank_figures(copy_app, write_app):
    app = copy_app("faulty")
    result = batch(app / "Raises", "--functions", "Raises")
    rows = tables(result.stdout)[str(app / "Raises" / "__init__.py")]
    assert ("5", "1") in [(row[0], row[3]) for row in rows]
    app = copy_app("death")
    result = batch(app / "Exit")
    blank = [row for row in tables(result.stdout)[str(app / "Exit" / "__init__.py")]
             if row[4].strip() == 'return func.HttpResponse("never")']
    assert [row[1:4] for row in blank] == [("", "", "")]


@pytest.mark.host
def test_precision(copy_app):
    result = batch("--precision", "3", copy_app("memory") / "Keep")
    (row,) = [line for line in result.stdout.splitlines() if "block = bytearray" in line]
    assert re.match(r"^ {5}8 +\d+\.\d{3} MiB +\d+\.\d{3} MiB +1   ", row)


def test_json_report_has_its_fields(copy_app):
    app = copy_app("memory")
    result = batch("--format", "json", "-n", "2", app / "Keep")
    assert result.returncode == 0
    assert result.stderr == ""
    report = json.loads(result.stdout)
    assert set(report) >= {"pymemtop", "python", "app", "baseline", "invocations", "files"}
    assert report["app"] == str(app)
    assert set(report["baseline"]) >= {"rss_bytes", "own_bytes"}
    assert [entry["number"] for entry in report["invocations"]] == [0, 1, 2]
    first = report["invocations"][1]
    assert set(first) >= {"number", "id", "function", "trigger", "outcome", "status", "start_ns",
                          "duration_ns", "rss_start_bytes", "rss_end_bytes", "rss_peak_bytes",
                          "rss_lines_bytes", "rss_elsewhere_bytes", "rss_shared_bytes"}
    assert (first["function"], first["trigger"], first["outcome"], first["status"]) == \
        ("Keep", "httpTrigger", "succeeded", 200)
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first["id"])
    assert first["id"] != report["invocations"][2]["id"]
    for file in report["files"]:
        numbers = [line["line"] for line in file["lines"]]
        assert numbers == sorted(set(numbers))
        for line in file["lines"]:
            assert set(line) >= {"line", "source", "mem_usage_bytes", "peak_bytes",
                                 "increment_bytes", "self_increment_bytes", "occurrences"}


@pytest.mark.host
def test_report_goes_to_a_file(copy_app, tmp_path):
    report = tmp_path / "report.txt"
    report.write_text("an older report, longer than the new one\n" * 1000)
    result = batch("-o", report, copy_app("memory") / "Keep")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert report.read_text().startswith("Filename: ")
    assert "older" not in report.read_text()
    assert sorted(os.listdir(tmp_path)) == ["apps", "report.txt"]


@pytest.mark.host
def test_report_that_cannot_be_written_is_said(copy_app, tmp_path):
    result = batch("-o", tmp_path / "none" / "report.txt", copy_app("memory") / "Keep")
    assert result.returncode == 71
    assert result.stdout == ""
    assert re.fullmatch(r"pymemtop: .*report\.txt.*No such file or directory.*\n", result.stderr)


@pytest.mark.host
@pytest.mark.parametrize("command", [["--batch"], ["start", "--report", "-p", "0"]], ids=" ".join)
def test_output_that_cannot_be_written_is_said_before_the_app_runs(write_app, tmp_path, command):
    app = write_app({"host.json": "{}", "Run/function.json": HTTP_FUNCTION, "Run/__init__.py":
                     "open('was_run', 'w')\n\n\ndef main(req):\n    return 'x'\n"})
    for output in tmp_path / "none" / "x", tmp_path:
        result = run(*command, "-o", output, app)
        assert result.returncode == 71
        assert error_line(result).startswith("cannot write the report to {}: ".format(output))
    assert not (app / "was_run").exists()


@pytest.mark.host
def test_report_to_a_pipe(copy_app, tmp_path):
    """To look whether it can be written must not end it for who reads it."""
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", tmp_path / "pipe"], stdout=subprocess.PIPE, text=True) as reader:
        result = batch("--format", "json", "-o", tmp_path / "pipe", copy_app("memory") / "Keep")
        assert result.returncode == 0, result.stderr
        assert json.loads(reader.communicate(timeout=LIMIT)[0])["invocations"]


@pytest.mark.host
def test_output_that_is_no_terminal_means_batch(copy_app):
    result = run(copy_app("memory") / "Keep")
    assert result.returncode == 0
    assert result.stdout.startswith("Filename: ")


@pytest.mark.host
def test_quiet_prints_nothing(copy_app):
    result = batch("--quiet", copy_app("memory") / "Keep")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_stdout_holds_the_report_alone(copy_app):
    result = batch("--format", "json", copy_app("web") / "Words")
    assert result.returncode == 0
    json.loads(result.stdout)
    assert "warning by logging" in result.stderr
    assert "word by print" not in result.stderr


def test_verbose_shows_what_the_app_says(copy_app):
    result = batch("--verbose", "--format", "json", copy_app("web") / "Words")
    json.loads(result.stdout)
    for words in ("word by print", "word on stderr", "word by write", "word by logging"):
        assert words in result.stderr


def test_request_options_reach_the_function(copy_app):
    result = batch("--request", "POST /api/Echo?q=1&status=418", "--data", "abc",
                   "--header", "X-Sent: yes", "--format", "json", copy_app("web") / "Echo")
    (invocation,) = json.loads(result.stdout)["invocations"][1:]
    assert invocation["status"] == 418
    assert invocation["outcome"] == "succeeded"


def test_request_that_reaches_no_function(copy_app):
    result = batch("--request", "GET /api/Nothing", copy_app("web") / "Echo")
    assert result.returncode == 1
    assert "pymemtop: the request was answered with 404 and reached no function" in result.stderr


@pytest.mark.parametrize("function, words", [
    ("Raises", "ZeroDivisionError: division by zero"),
    ("RaisesAsync", "LookupError: nothing under that name"),
])
def test_failed_invocation_exits_with_1_and_still_reports(copy_app, function, words):
    result = batch("-n", "2", "--functions", function, "--", copy_app("faulty") / function)
    assert result.returncode == 1
    assert result.stdout.startswith("Filename: ")
    assert "Exception: " + words in result.stderr
    assert result.stderr.endswith("pymemtop: 2 of 2 invocations failed\n")


@pytest.mark.host
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version(option):
    result = run(option)
    assert (result.returncode, result.stderr) == (0, "")
    assert "pymemtop" in result.stdout


@pytest.mark.host
def test_help_and_manual_are_of_what_there_is():
    """The commands that take --fail-on, and the keys of all views."""
    top = os.path.dirname(os.path.dirname(APPS))
    with open(os.path.join(top, "src", "host", "pymemtop.1")) as manual, \
            open(os.path.join(top, "tui", "keys.c")) as keys:
        text, views = manual.read(), re.findall(r"CMD_VIEW_\w+, \{'(\d)'\}", keys.read())
    assert "Its views are" in text
    assert "\n.B {}\nto\n.BR {} ,\nor a click on a name".format(min(views), max(views)) in text
    assert "--fail-on CONDITIONS  of --batch, start and report:" in run("--help").stdout
    assert '.BR \\-\\-batch ", " start " and " report :\nexit with status 3' in text


@pytest.mark.host
def test_app_and_current_folder_are_left_as_they_were(copy_app, tmp_path):
    app = copy_app("memory")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    folder = app / "Keep"
    assert batch("__init__.py", cwd=folder).returncode == 0
    assert batch(".", cwd=folder).returncode == 0
    after = sorted(str(path) for path in tmp_path.rglob("*"))
    assert after == before
