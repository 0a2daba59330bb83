"""`pymemtop import` and `pymemtop kql`: logs that the real memory_profiler made, in every shape in
which a deployed app's logs are had, and not a row is lost."""

import contextlib
import csv
import datetime
import gzip
import io
import json
import os
import re
import select
import subprocess
import urllib.request

import pytest

import programs
from programs import VENV, error_line, run

MIB = 1 << 20
MAKER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "logs_of_memory_profiler.py")
LONG = 'long = "' + "x" * 30000 + '"'
# Rows of each kind, and source that looks like rows. What stands in {} is left out where only rows
# with an increment are logged: memory_profiler raises ValueError over them.
SOURCE = '''# -*- coding: utf-8 -*-
import asyncio


def sync_one():
{    """46.6 MiB      1.5 MiB          10   is no row
    22     46.6 MiB      1.5 MiB          10   nor is this
    Filename: nor this"""
}    grown = bytearray(3 << 20)
    size = "1 MiB  and   2.0 MiB"  # 3 MiB
    größe = "é  日本語   MiB" * 3

    for item in range(3):
        kept = [item] * 200000
    {LONG}
    text = "Filename: x"
    del grown
    return len(text), size, größe, kept, long


async def async_one():
    grown = bytearray(5 << 20)
    await asyncio.sleep(0)
    more = {"a": 1,
            "b": bytearray(2 << 20)}
    return len(grown), more
'''.replace("{LONG}", LONG)


class Log:
    """What memory_profiler logged: messages as Application Insights has them."""

    def __init__(self, folder, precision=1, everything=True):
        kept = re.sub(r"\{(    \"\"\".*?)\}", r"\1" if everything else "", SOURCE, flags=re.S)
        self.path = folder / "logged.py"
        self.path.write_text(kept, encoding="utf-8")
        done = subprocess.run([os.path.join(VENV, "bin", "python"), MAKER, str(folder), "logged",
                               str(precision), str(int(everything))], check=True,
                              stdout=subprocess.PIPE, env=programs.environment())
        made = json.loads(done.stdout)
        self.precision = precision
        self.raw = made["messages"]
        self.messages = [message.strip()[:32768] for message in made["messages"]]
        self.measured = {int(line): figures for line, figures in made["measured"].items()}
        if not everything:
            logged = {int(row.group(1)) for row in map(
                re.compile(r"memory_profiler_logs:\s+(\d+)\s").match, self.messages) if row}
            self.measured = {line: row for line, row in self.measured.items() if line in logged}

    def times(self):
        return ["2024-05-01T12:34:56.{:07d}Z".format(at) for at in range(len(self.messages))]

    def check(self, report, times=1):
        """The report has every row, and its figures are those of memory_profiler, as printed."""
        (file,) = report["files"]
        lines = {line["line"]: line for line in file["lines"]}
        assert file["path"] == str(self.path)
        assert lines.keys() == self.measured.keys()
        assert report["import"]["unreadable"] == 0
        assert report["import"]["rows"] == times * len(self.measured)
        step = MIB * 0.5 * 10 ** -self.precision + 1
        for number, (increment, mem, occurrences, source) in self.measured.items():
            line = lines[number]
            entry = increment == mem
            assert line["source"] == source.rstrip()
            assert line["occurrences"] == times * occurrences
            assert abs(line["peak_bytes"] - mem * MIB) <= step
            assert abs(line["increment_bytes"] - times * (0 if entry else increment * MIB)) \
                <= times * step


def imported(path, *options):
    result = run("import", "--format", "json", *options, path)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def shifted(message):
    """The page's query on one message: Kusto's parse takes its two spaces as they are."""
    rest = message[len("memory_profiler_logs: "):]
    if rest.startswith("Filename: "):
        return [rest[len("Filename: "):], "", "", "", ""]
    parts = rest.split("  ", 4)
    return parts if len(parts) == 5 else [""] * 5


COLUMNS = ["LineNumber", "TotalMem_MiB", "IncreMem_MiB", "Occurrences", "Contents"]


def write_page_csv(log, path, occurrences="Occurrences"):
    """The portal's export of what the page's query finds: nothing but its seven columns."""
    names = [name if name != "Occurrences" else occurrences for name in COLUMNS]
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp [UTC]", *names, "RequestId"])
        for at, (time, message) in enumerate(zip(log.times(), log.messages)):
            writer.writerow([time, *shifted(message), "item-%d" % at])


def write_traces_csv(log, path):
    """The portal's export of the traces themselves."""
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp [UTC]", "message", "severityLevel", "itemType", "customDimensions",
                         "operation_Name", "operation_Id", "cloud_RoleInstance", "itemId", "itemCount"])
        for at, (time, message) in enumerate(zip(log.times(), log.messages)):
            dimensions = {"InvocationId": "i-1", "Category": "Function.Shop.User"}
            writer.writerow([time, message, 1, "trace", json.dumps(dimensions), "Shop", "op", "instance-1",
                             "item-%d" % at, 1])


def write_excel_csv(log, path):
    """The same, when Excel has saved it: its own first line, semicolons, and dates of the locale."""
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        file.write("sep=;\r\n")
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["timestamp [UTC]", *COLUMNS, "RequestId"])
        for at, message in enumerate(log.messages):
            writer.writerow(["31/05/2024 12:34", *shifted(message), "item-%d" % at])


def table(names, rows):
    columns = [{"name": name, "type": "string"} for name in names]
    return {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}


def write_page_json(log, path):
    rows = [[time, *shifted(message), "x"] for time, message in zip(log.times(), log.messages)]
    path.write_text(json.dumps(table(["timestamp", *COLUMNS, "RequestId"], rows)))


def write_traces_json(log, path):
    """`az monitor app-insights query` on the traces themselves, indented as az does."""
    rows = [[time, message, 1, "op", json.dumps({"InvocationId": "i-1", "Category":
                                                 "Function.Shop.User"}), "instance-1", 1]
            for time, message in zip(log.times(), log.messages)]
    path.write_text(json.dumps(table(["timestamp", "message", "severityLevel", "operation_Id",
                                      "customDimensions", "cloud_RoleInstance", "itemCount"],
                                     rows), indent=2, ensure_ascii=False), encoding="utf-8")


def write_analytics_json(log, path):
    """`az monitor log-analytics query`: a list of objects, with strings for all values."""
    path.write_text(json.dumps([
        {"TableName": "PrimaryResult", "TimeGenerated": time, "Message": message,
         "OperationId": "op", "Properties": json.dumps({"InvocationId": "i-1"}),
         "AppRoleInstance": "instance-1", "ItemCount": "1"}
        for time, message in zip(log.times(), log.messages)], indent=2))


def write_ndjson(log, path):
    """Lines as a diagnostic setting writes them, with objects for properties."""
    path.write_text("".join(json.dumps(
        {"time": time, "Message": message, "OperationId": "op",
         "Properties": {"InvocationId": "i-1", "Category": "Function.Shop.User"},
         "AppRoleInstance": "instance-1"}) + "\n"
        for time, message in zip(log.times(), log.messages)), encoding="utf-8")


def write_console(log, path):
    """`func start`: notices of the host around the rows, and a report's newlines as they come."""
    head = "[2024-05-01T12:34:55.000Z] Executing 'Functions.Shop' (Reason='This function was " \
           "programmatically called via the host APIs.', Id=0f8fad5b-d9cb-469f-a165-70867728950e)"
    tail = "[2024-05-01T12:34:58.000Z] Executed 'Functions.Shop' (Succeeded, " \
           "Id=0f8fad5b-d9cb-469f-a165-70867728950e, Duration=123ms)"
    rows = ["[{}] {}".format(time[:23] + "Z", message)
            for time, message in zip(log.times(), log.raw)]
    path.write_text("\n".join(["Functions:", "", head, *rows, tail]) + "\n", encoding="utf-8")


def write_powershell(log, path):
    """The same by PowerShell's `func start > console.txt`: UTF-16, CRLF, with the colours."""
    write_console(log, path)
    text = path.read_text(encoding="utf-8").replace("[2024", "\x1b[90m[2024").replace("Z]", "Z]\x1b[0m")
    path.write_bytes(text.replace("\n", "\r\n").encode("utf-16"))


def write_stream(log, path):
    """The log stream of the portal."""
    path.write_text("".join("{}   [Information]   {}\n".format(time[:19] + "Z", message)
                            for time, message in zip(log.times(), log.messages)), encoding="utf-8")


def write_container(log, path):
    """`docker logs --timestamps` of the host in a container: the category, then the message."""
    path.write_text("".join("{0} info: Function.Shop.User[0]\n{0}       {1}\n".format(time, message)
                            for time, message in zip(log.times(), log.messages)), encoding="utf-8")


def write_app_logs(log, path):
    """FunctionAppLogs, as a diagnostic setting writes them."""
    path.write_text("".join(json.dumps(
        {"time": time, "operationName": "Microsoft.Web/sites/functions/log",
         "category": "FunctionAppLogs", "properties": {
             "message": message, "category": "Function.Shop.User", "functionName": "Shop",
             "functionInvocationId": "i-1", "roleInstance": "instance-1"}}) + "\n"
        for time, message in zip(log.times(), log.messages)))


WRITERS = {"page.csv": write_page_csv, "traces.csv": write_traces_csv, "excel.csv": write_excel_csv,
           "page.json": write_page_json, "traces.json": write_traces_json,
           "analytics.json": write_analytics_json,
           "lines.ndjson": write_ndjson, "console.txt": write_console,
           "powershell.txt": write_powershell, "stream.txt": write_stream,
           "container.txt": write_container, "app_logs.ndjson": write_app_logs}


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("everything", [True, False])
@pytest.mark.parametrize("precision", [0, 1, 2, 3, 4])
def test_no_row_is_lost(tmp_path, precision, everything):
    log = Log(tmp_path, precision, everything)
    assert len(log.measured) >= (16 if everything else 5)
    for name, write in WRITERS.items():
        write(log, tmp_path / name)
        log.check(imported(tmp_path / name))


@pytest.mark.usefixtures("packages")
def test_several_logs_are_one_import(tmp_path):
    log = Log(tmp_path)
    write_page_csv(log, tmp_path / "a.csv", "Occurences")
    write_console(log, tmp_path / "b.txt")
    report = imported(tmp_path / "a.csv", tmp_path / "b.txt")
    log.check(report, times=2)
    assert [one["function"] for one in report["invocations"]] == ["Shop", "logged"]
    assert report["invocations"][0]["id"] == "0f8fad5b-d9cb-469f-a165-70867728950e"
    assert report["invocations"][0]["duration_ns"] == 123000000


@pytest.mark.usefixtures("packages")
def test_kusto_rows_need_no_repair(tmp_path):
    log = Log(tmp_path, precision=4)
    write_traces_json(log, tmp_path / "traces.json")
    for name in ("rows.csv", "rows.json"):
        result = run("import", "--format", "kusto", "-o", tmp_path / name, tmp_path / "traces.json")
        assert result.returncode == 0, result.stderr
        assert "Imported" in result.stderr and result.stdout == ""
    with open(tmp_path / "rows.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {int(row["LineNumber"]) for row in rows} == log.measured.keys()
    for row in rows:
        increment, mem, occurrences, source = log.measured[int(row["LineNumber"])]
        assert row["Contents"] == source.rstrip()
        assert int(row["Occurrences"]) == occurrences
        assert abs(float(row["TotalMem_MiB"]) - mem) < 0.0001
        assert row["InvocationId"] == "i-1" and row["FileName"] == str(log.path)
        assert row["operation_Name"] == "Shop" and row["cloud_RoleInstance"] == "instance-1"
    body = json.loads((tmp_path / "rows.json").read_text())["tables"][0]
    assert [column["name"] for column in body["columns"]] == list(rows[0])
    assert [[str(value) for value in row[5:]] for row in body["rows"]] == \
        [list(row.values())[5:] for row in rows]
    before = imported(tmp_path / "traces.json")
    for name in ("rows.csv", "rows.json"):
        after = imported(tmp_path / name)
        for line, again in zip(before["files"][0]["lines"], after["files"][0]["lines"]):
            for key, value in line.items():
                assert again[key] == value or abs(again[key] - value) <= 1, key


def test_kusto_rows_whole_or_not_at_all(tmp_path):
    """What cannot be written, or has nothing in it, leaves the file as it was, and none beside it."""
    log = write_traces(tmp_path / "log", call(10, 1))
    assert "cannot write the report" in error_line(
        run("import", "--quiet", "--format", "kusto", "-o", tmp_path / "none" / "x.csv", log))
    (tmp_path / "rows.csv").write_text("before")
    (tmp_path / "empty").write_text("nothing\n")
    result = run("import", "--format", "kusto", "-o", tmp_path / "rows.csv", tmp_path / "empty")
    assert result.returncode == 4
    assert (tmp_path / "rows.csv").read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {"log", "rows.csv", "empty"}
    run("import", "--format", "kusto", "-o", tmp_path / "rows.csv", log)
    assert (tmp_path / "rows.csv").read_text().startswith("timestamp,")
    assert run("import", "--format", "kusto", log).stdout == (tmp_path / "rows.csv").read_text()


def row(line, mem, increment, occurrences, source):
    return "memory_profiler_logs: {:>6} {:>12} {:>12}  {:>10}   {}".format(
        line, "%.1f MiB" % mem, "%.1f MiB" % increment, occurrences, source)


def call(start, step, file="/home/site/wwwroot/Shop/__init__.py", last="    return x"):
    """The messages of one call of a function of three lines."""
    return ["memory_profiler_logs: Filename: " + file,
            row(1, start, start, 1, "@profile"), row(2 + 1, start + step, step, 1, "    x = make()"),
            row(4, start + step, 0, 1, last)]


def write_traces(path, messages, second=0, step_ms=1, **more):
    """NDJSON of traces, appended."""
    with open(path, "a", encoding="utf-8") as file:
        for at, message in enumerate(messages):
            time = "2024-05-01T12:{:02d}:{:02d}.{:03d}Z".format(second // 60, second % 60,
                                                                at * step_ms)
            file.write(json.dumps({"timestamp": time, "message": message, **more}) + "\n")
    return path


def starts(report):
    return [round(one["rss_start_bytes"] / MIB) for one in report["invocations"]]


ODD = {
    "bom": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "crlf": lambda text: text.replace("\n", "\r\n").encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "utf-16": lambda text: text.encode("utf-16-be"),
    "one array": lambda text: "[{}]".format(",".join(text.splitlines())).encode(),
    "after a huge line": lambda text: json.dumps({"message": "y" * (3 << 20)}).encode() + b"\n"
                                      + text.encode(),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_files(tmp_path, kind):
    text = write_traces(tmp_path / "log", call(10, 1.5)).read_text()
    (tmp_path / "odd").write_bytes(ODD[kind](text))
    report = imported(tmp_path / "odd")
    assert (report["import"]["rows"], report["import"]["unreadable"]) == (3, 0)
    assert report["files"] == imported(tmp_path / "log")["files"]


def test_columns_in_any_order(tmp_path):
    """And others among them, with quotes, line breaks and names that are nearly the same."""
    with open(tmp_path / "log.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["message_extra", "Message", "more", "timestamp [UTC]", "cloud_RoleName"])
        for name in "left", "right":
            for message in call(10, 1.5, file="/home/{}/Shop/__init__.py".format(name)):
                writer.writerow(['a "quoted", text', message, "two\nlines", "2024-05-01T12:00:00Z",
                                 name])
    report = imported(tmp_path / "log.csv")
    assert (report["import"]["rows"], report["import"]["unreadable"]) == (6, 0)
    assert sorted(file["path"] for file in report["files"]) == \
        ["/home/left/Shop/__init__.py", "/home/right/Shop/__init__.py"]


def test_invocations_by_table_and_by_gap(tmp_path):
    log = tmp_path / "log"
    write_traces(log, call(10, 1) + call(11, 1), 0)
    write_traces(log, call(12, 2)[2:], 30)
    report = imported(log)
    assert starts(report) == [10, 11, 12]
    assert [one["function"] for one in report["invocations"]] == ["Shop"] * 3
    assert report["app"] == "/home/site/wwwroot"
    assert len(imported(log, "--gap", 60)["invocations"]) == 2


def test_invocations_by_id_that_overlap(tmp_path):
    log = tmp_path / "log"
    for first, second in zip(call(10, 1), call(20, 5)):
        write_traces(log, [first], 1, operation_Id="a", operation_Name="Left")
        write_traces(log, [second], 1, customDimensions={"InvocationId": "b"}, operation_Id="a")
    report = imported(log)
    assert [(one["id"], one["function"]) for one in report["invocations"]] == \
        [("a", "Left"), ("b", "Shop")]
    assert starts(report) == [10, 20]
    for one in report["invocations"]:
        assert one["rss_end_bytes"] - one["rss_start_bytes"] == \
            one["rss_lines_bytes"] + one["rss_elsewhere_bytes"]


def test_newest_first(tmp_path):
    """An export in descending order gives what the ascending one gives, same times included."""
    up, down = tmp_path / "up", tmp_path / "down"
    for second, start in enumerate((10, 11, 12)):
        write_traces(up, call(start, 1), 10 * second, step_ms=0)
    down.write_text("".join(reversed(up.read_text().splitlines(keepends=True))))
    first, second = imported(up), imported(down)
    assert starts(first) == [10, 11, 12]
    assert first == second


def test_growth_of_each_instance(tmp_path):
    log = tmp_path / "log"
    for at in range(10):
        for name, step in (("steady", 0), ("leaky", 2)):
            write_traces(log, call(50 + at * step, 1), 10 * at, operation_Id=name + str(at),
                         cloud_RoleInstance=name)
    report = imported(log)
    grown = {one["name"]: one for one in report["import"]["instances"]}
    assert round(grown["leaky"]["growth_bytes"] / MIB, 3) == 2
    assert grown["steady"]["growth_bytes"] == 0
    assert grown["leaky"]["first_start_bytes"] == 50 * MIB
    assert grown["leaky"]["last_start_bytes"] == 68 * MIB
    assert grown["leaky"]["peak_bytes"] == 69 * MIB and grown["leaky"]["invocations"] == 10
    text = run("import", log).stdout
    assert re.search(r"^ +10 +50\.0 +68\.0 +69\.0 +\+2\.000 leaky\n +10 .* steady$", text, re.M), text
    report = imported(log, "--instance", "leaky")
    assert [one["name"] for one in report["import"]["instances"]] == ["leaky"]
    assert {line["occurrences"] for line in report["files"][0]["lines"]} == {10}
    for name, names in ("l*", ["leaky"]), ("*", ["leaky", "steady"]), ("leaky*", ["leaky"]):
        report = imported(log, "--instance", name)
        assert [one["name"] for one in report["import"]["instances"]] == names
    assert run("import", "--instance", "leak", log).returncode == 4
    refused = run("import", "--instance", "none", log)
    assert refused.returncode == 4 and "of instance 'none' in 80 records" in error_line(refused)


def test_versions_of_a_file(tmp_path):
    """Deployed again with another text: two versions, each with its own figures."""
    log = tmp_path / "log"
    write_traces(log, call(10, 1), 0)
    write_traces(log, call(10, 1, last="    return y"), 10)
    write_traces(log, call(10, 1), 20)
    report = imported(log)
    assert [(file["version"], file["lines"][-1]["source"], file["lines"][-1]["occurrences"])
            for file in report["files"]] == [(1, "    return x", 2), (2, "    return y", 1)]


def test_exports_that_overlap(tmp_path):
    """Rows that several logs have count once; what one log has twice was logged twice."""
    first = write_traces(tmp_path / "first", 2 * call(10, 1), 0, operation_Id="a")
    write_traces(first, call(20, 1), 10, operation_Id="b")
    second = write_traces(tmp_path / "second", call(20, 1), 10, operation_Id="b")
    write_traces(second, call(30, 1), 20, operation_Id="c")
    report = imported(first, second)
    assert starts(report) == [10, 20, 30]
    assert report["import"]["rows"] == 12 and report["import"]["repeated"] == 3
    assert [line["occurrences"] for line in report["files"][0]["lines"]] == [4, 4, 4]
    text = run("import", first, second).stdout
    assert "3 rows came more than once, and count once" in text
    assert imported(first, second, first)["import"]["repeated"] == 12
    # An export of the portal has the time to the millisecond.
    portal, precise = tmp_path / "portal.csv", tmp_path / "precise"
    with open(portal, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp [UTC]", "message", "operation_Id"])
        writer.writerows(["5/1/2024, 12:00:10.{:03d} PM".format(at), message, "b"]
                         for at, message in enumerate(call(20, 1)))
    precise.write_text(second.read_text().replace('Z"', '4567Z"'))
    assert imported(portal, precise)["import"]["repeated"] == 3
    doubled = tmp_path / "doubled"
    doubled.write_text(first.read_text() * 2)
    assert imported(doubled)["import"]["repeated"] == 0


def write_items(path, messages, ids, name="itemId", **more):
    for at, (message, item) in enumerate(zip(messages, ids)):
        cut = dict(zip(COLUMNS, shifted(message))) if name == "RequestId" else {}
        write_traces(path, [message], at, **{name: item, **cut, **more})
    return path


@pytest.mark.parametrize("name", ["itemId", "_ItemId", "RequestId"])
def test_a_record_that_comes_again(tmp_path, name):
    """By its id, in one log and in the next, with other columns and another form of its date."""
    log = write_items(tmp_path / "log", call(10, 1), "abcd", name, itemCount=1 + 2 * (name != "RequestId"))
    text = log.read_text()
    once = imported(log)
    assert once["import"]["repeated"] == 0
    for times, lines in (2, text * 2), (3, "".join(
            line * 3 for line in reversed(text.splitlines(keepends=True)))):
        log.write_text(lines)
        again = imported(log)
        assert again["import"]["repeated"] == 3 * (times - 1)
        assert (again["files"], again["import"]["rows"], again["import"]["sampled"]) == \
            (once["files"], 3, once["import"]["sampled"])
    other = tmp_path / "other.csv"
    with open(other, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([name, "timestamp", *COLUMNS])
        for at, (item, message) in enumerate(zip("abxd", call(10, 1))):
            time = "2024-05-01 12:00:0%d" % at if name == "RequestId" else "13.5.2024 10:00"
            writer.writerow([item, time, *shifted(message)])
    both = imported(log, other)
    # What is another record by its itemId alone is the same row.
    repeated = 9 if name == "RequestId" else 8
    assert (both["import"]["rows"], both["import"]["repeated"]) == (12 - repeated, repeated)
    assert "{} rows came more than once, and count once".format(repeated) in run("import", log, other).stdout


def test_records_that_are_alike(tmp_path):
    """Two records with ids of their own are two, also in two logs; one without is that of the log
    before. A table that is one record, or that a query has cut into records of the same id, is whole."""
    first = write_items(tmp_path / "first", call(10, 1), "abcd")
    second = write_items(tmp_path / "second", call(10, 1), "efgh")
    plain = write_items(tmp_path / "plain", call(10, 1), [""] * 4)
    assert imported(first, second)["import"]["rows"] == 6
    assert imported(first, plain)["import"]["repeated"] == 3
    assert imported(plain, first)["import"]["repeated"] == 3
    table = call(10, 1) + call(10, 1)
    whole = "memory_profiler_logs: " + "\n".join(message[22:] for message in table)
    one = write_items(tmp_path / "one", [whole], "a")
    assert imported(one)["import"]["rows"] == 6
    cut = write_items(tmp_path / "cut", call(10, 1), "aaaa")
    assert imported(cut)["import"]["rows"] == 3
    # A RequestId of the operation, which nothing tells, has rows of many times.
    times = tmp_path / "times"
    for second in 1, 2:
        write_items(times, call(10, 1), ["op"] * 4, "RequestId", timestamp="2024-05-01T12:00:%02d" % second)
    assert imported(times)["import"]["rows"] == 6
    # What belongs to an operation or an invocation, and what the app has logged, is no record.
    for kind in "operation_Id", "InvocationId", "Properties":
        log = tmp_path / kind
        for _ in range(2):
            write_items(log, call(10, 1), ["op"] * 4, "RequestId",
                        **{kind: {"itemId": "op", "InvocationId": "op"} if kind == "Properties" else "op"})
        assert imported(log)["import"]["rows"] == 6


def test_report_that_was_cut(tmp_path):
    """A table that is one message, longer than Application Insights takes: the rest is missed."""
    table = ["Filename: /a.py", "", row(3, 10, 10, 1, "@profile")[22:]]
    table += [row(number, 11, 1, 1, "    x = " + "1" * 500)[22:] for number in range(5, 75)]
    message = "memory_profiler_logs: " + "\n".join(table)
    for end in (100, 49, 40, 4):  # in the source line, its indentation, the figures, the number
        cut = message.index(table[40]) + end
        padded = message[:21] + " " * (32768 - cut) + message[21:cut]
        report = imported(write_traces(tmp_path / str(end), [padded]))
        assert report["import"]["rows"] == (39 if end == 100 else 38)
        assert report["import"]["unreadable"] == (0 if end == 100 else 1), end
    assert "cut off" in report["import"]["problems"][0]["what"]


@pytest.mark.parametrize("kind", ["csv", "json", "ndjson"])
def test_file_that_was_cut(tmp_path, kind):
    """At any byte: there are the rows before it, with their figures, and what is missing is said."""
    messages = call(10, 1)
    records = [{"timestamp": "2024-05-01T12:00:00.00{}Z".format(at), "message": message, "itemCount": 1}
               for at, message in enumerate(messages)]
    whole = io.StringIO()
    if kind == "csv":
        writer = csv.DictWriter(whole, records[0])
        writer.writeheader()
        writer.writerows(records)
    elif kind == "json":
        whole.write(json.dumps(table(list(records[0]), [list(record.values()) for record in records])))
    else:
        whole.write("".join(json.dumps(record) + "\n" for record in records))
    text = whole.getvalue()
    for end in (text.index(messages[2]) + offset for offset in (30, 3, -2)):
        (tmp_path / "log").write_text(text[:end])
        report = imported(tmp_path / "log")
        assert report["import"]["rows"] == 1 and report["import"]["unreadable"] == 1, text[:end]
        assert [line["line"] for line in report["files"][0]["lines"] if line["occurrences"]] == [1]
        (problem,) = report["import"]["problems"]
        assert problem["what"].startswith({"csv": "the file ends within this row"}.get(kind, "not JSON"))
    (tmp_path / "log").write_text(text.rstrip())
    assert imported(tmp_path / "log")["import"]["unreadable"] == 0


def test_source(tmp_path):
    app = tmp_path / "app"
    (app / "Shop").mkdir(parents=True)
    (app / "Shop" / "__init__.py").write_text("@profile\ndef main():\n    x = make()\n    return 1\n")
    log = write_traces(tmp_path / "log", call(10, 1))
    text = run("import", "--source", app, log).stdout
    assert re.search(r"^ +2 +def main\(\):$", text, re.M), text
    assert "1 lines are others in the files of --source" in text
    assert imported(log, "--source", app)["import"]["other_text"] == 1
    assert "not a folder" in error_line(run("import", "--source", app / "none", log))


def test_what_cannot_be_read_is_said(tmp_path):
    log = write_traces(tmp_path / "log", call(10, 1)[:2], itemCount=4)
    with open(log, "a") as file:
        file.write('{"timestamp": "yesterday", "message": "memory_profiler_logs: what is \\u001b'
                   ' this"}\n{"broken\n' + json.dumps({"message": "other"}) + "\n")
    write_traces(log, call(10, 1)[2:])
    report = imported(log)
    assert report["import"]["unreadable"] == 2 and report["import"]["sampled"] == 6
    assert [problem["where"].split(", ")[1] for problem in report["import"]["problems"]] == \
        ["line 3", "line 4"]
    assert report["import"]["rows"] == 3 and report["import"]["records"] == 6
    text = run("import", log).stdout
    assert "2 could not be read:" in text and "this" in text and "\x1b" not in text
    assert "6 items were left out by sampling" in text


def test_lost_names_of_files(tmp_path):
    """Where sampling took the row with the file's name, the same line elsewhere says it."""
    log = write_traces(tmp_path / "log", call(10, 1)[1:], 0, operation_Id="a")
    write_traces(log, call(10, 1), 10, operation_Id="b")
    report = imported(log)
    assert len(report["files"]) == 1 and report["files"][0]["lines"][0]["occurrences"] == 2
    assert report["import"]["no_file"] == 0
    report = imported(write_traces(tmp_path / "alone", call(10, 1)[1:]))
    assert report["import"]["no_file"] == 3


def write_dated(path, dates, head="timestamp [Local Time],message\n", delimiter=","):
    """A call at each date, whose memory at the start is 10, 11, ... MiB; dates without a call (None)
    are those of other messages."""
    lines = []
    for start, date in dates:
        texts = ["a line of the app's own"] if start is None else call(start, 1)
        lines += ['"{}"{}"{}"'.format(date, delimiter, text) for text in texts]
    path.write_text(head + "\n".join(lines) + "\n")
    return path


def days(report):
    return [datetime.datetime.fromtimestamp(one["start_ns"] / 1e9, datetime.timezone.utc)
            .strftime("%Y-%m-%d %H:%M:%S") for one in report["invocations"]]


@pytest.mark.parametrize("dates, expected", [
    (["1/5/2024, 1:04:05 PM", "2/5/2024, 1:04:05 am", "13/5/2024, 12:00:00 a.m."],
     ["2024-05-01 13:04:05", "2024-05-02 01:04:05", "2024-05-13 00:00:00"]),
    (["5/1/2024, 1:04:05\u202fPM", "5/2/2024, 1:04:05\u202fAM", "5/13/2024, 12:00:00\u202fAM"],
     ["2024-05-01 13:04:05", "2024-05-02 01:04:05", "2024-05-13 00:00:00"]),
    (["01/05/2024 13:04:05", "02/05/2024 01:04:05", "31/12/2024 00:00:00"],
     ["2024-05-01 13:04:05", "2024-05-02 01:04:05", "2024-12-31 00:00:00"]),
    (["5/1/2024 13:04", "5/2/2024 1:04", "12/31/2024 0:00"],
     ["2024-05-01 13:04:00", "2024-05-02 01:04:00", "2024-12-31 00:00:00"]),
    (["01-05-2024 13:04:05", "02-05-2024 01:04:05", "31-12-2024 00:00:00"],
     ["2024-05-01 13:04:05", "2024-05-02 01:04:05", "2024-12-31 00:00:00"]),
], ids=["day, PM", "month, PM", "day", "month, by Excel", "hyphens"])
def test_one_date_tells_the_order_of_all(tmp_path, dates, expected):
    """Wherever in the log it stands, with a row or without one."""
    log = write_dated(tmp_path / "log.csv", list(zip((10, 11, 12), dates)))
    report = imported(log)
    assert (days(report), starts(report)) == (expected, [10, 11, 12])
    assert (report["import"]["unsure_dates"], report["import"]["undated"]) == (0, 0)
    told = write_dated(tmp_path / "told.csv", [(10, dates[0]), (11, dates[1]), (None, dates[2])])
    assert days(imported(told)) == expected[:2]
    # Newest first, as the portal exports, it is the same, and so are those rows once more.
    down = write_dated(tmp_path / "down.csv", [])
    head, *lines = log.read_text().splitlines(keepends=True)
    down.write_text(head + "".join(reversed(lines)))
    both = imported(log, down)
    assert days(both) == expected and both["import"]["repeated"] == 9


def test_a_log_before_tells_the_order(tmp_path):
    told = write_dated(tmp_path / "told.csv", [(10, "31/12/2023 01:02:03")])
    log = write_dated(tmp_path / "log.csv", [(11, "1/5/2024 1:02:03 PM"), (12, "2/5/2024 1:02:03 PM")])
    assert days(imported(log, told))[1:] == ["2024-05-01 13:02:03", "2024-05-02 13:02:03"]


@pytest.mark.parametrize("dates, expected, taken", [
    (["5/1/2024, 1:04:05 PM", "5/2/2024, 1:04:05 PM"], ["2024-05-01 13:04:05", "2024-05-02 13:04:05"],
     "5/1/2024, 1:04:05 PM was read as 2024-05-01"),
    (["01/05/2024 13:04:05", "02/05/2024 13:04:05"], ["2024-05-01 13:04:05", "2024-05-02 13:04:05"],
     "01/05/2024 13:04:05 was read as 2024-05-01"),
    (["1/5/2024, 1:04:05 PM", "2/5/2024, 1:04:05 PM"], ["2024-05-01 13:04:05", "2024-05-02 13:04:05"],
     "1/5/2024, 1:04:05 PM was read as 2024-05-01"),
    (["5/1/2024 13:04", "5/2/2024 13:04"], ["2024-05-01 13:04:00", "2024-05-02 13:04:00"],
     "5/1/2024 13:04 was read as 2024-05-01"),
    (["5/1/2024, 1:04:05 PM", "5/1/2024, 2:04:05 PM"], ["2024-05-01 13:04:05", "2024-05-01 14:04:05"],
     "5/1/2024, 1:04:05 PM was read as 2024-05-01"),
    (["1/5/2024 13:04", "1/5/2024 14:04"], ["2024-05-01 13:04:00", "2024-05-01 14:04:00"],
     "1/5/2024 13:04 was read as 2024-05-01"),
], ids=["month, PM", "day", "day, PM", "month", "one day, PM", "one day"])
def test_an_order_that_nothing_tells_is_said(tmp_path, dates, expected, taken):
    """It is that by which the log is of the shorter time, else the usual one."""
    log = write_dated(tmp_path / "log.csv", list(zip((10, 11), dates)))
    report = imported(log)
    assert days(report) == expected and report["import"]["unsure_dates"] == 6
    assert "\n6 rows have dates that do not say which number is the day; {}\n".format(taken) \
        in run("import", "--batch", log).stdout
    same = write_dated(tmp_path / "same.csv", [(10, "5/5/2024 13:04:05")])
    assert imported(same)["import"]["unsure_dates"] == 0


def test_saved_by_excel(tmp_path):
    """Its first line, its delimiter, and its decimal comma in columns that were numbers."""
    log = tmp_path / "log.csv"
    lines = ["sep=;", "timestamp [UTC];LineNumber;TotalMem_MiB;IncreMem_MiB;Occurrences;Contents",
             '13.05.2024 10:00;/home/site/wwwroot/Shop/__init__.py;;;;',
             '13.05.2024 10:00;1;10,5;10,5;1;@profile', '13.05.2024 10:00;3;12,25;1,75;2;"    x = ""a;b"""',
             "13.05.2024 10:00;x y;1;1;1;"]
    log.write_bytes("\r\n".join(lines).encode("utf-8-sig") + b"\r\n")
    report = imported(log)
    (file,) = report["files"]
    assert [(line["line"], line["source"], line["occurrences"], line["mem_usage_bytes"] / MIB,
             line["increment_bytes"] / MIB) for line in file["lines"]] == [
                 (1, "@profile", 1, 10.5, 0), (3, '    x = "a;b"', 2, 12.25, 1.75)]
    assert [problem["where"] for problem in report["import"]["problems"]] == ["{}, line 6".format(log)]
    assert days(report) == ["2024-05-13 10:00:00"]
    log.write_bytes(b"SEP=\t\n" + "\n".join(lines[1:]).replace(";", "\t").encode() + b"\n")
    assert len(imported(log)["files"][0]["lines"]) == 2


def test_dates(tmp_path):
    """The portal's own form sorts, others are kept in the log's order."""
    path = tmp_path / "log.csv"
    lines = ["timestamp [Local Time];message"]
    for hour, start in (("12:59:59.500 PM", 11), ("12:01:00.000 AM", 10), ("1:00:00.000 PM", 12)):
        lines += ['"5/1/2024, {}";"{}"'.format(hour, text) for text in call(start, 1)]
    path.write_text("\n".join(lines) + "\n")
    assert starts(imported(path)) == [10, 11, 12]
    path.write_text("time,message\n" + "\n".join(
        "31.12.24 10:00,{}".format(text) for text in call(10, 1)) + "\n")
    report = imported(path)
    assert report["import"]["undated"] == 3 and starts(report) == [10]


def test_standard_input_and_refusals(tmp_path):
    log = write_traces(tmp_path / "log", call(10, 1))
    done = subprocess.run([programs.PYMEMTOP, "import", "-"], input=log.read_bytes(),
                          stdout=subprocess.PIPE, check=True)
    assert b"x = make()" in done.stdout
    assert "needs a log" in error_line(run("import"))
    assert "cannot open" in error_line(run("import", tmp_path / "none"))
    assert "unknown option --nope" in error_line(run("import", "--nope", log))
    assert "--gap takes" in error_line(run("import", "--gap", "0", log))
    assert "--format takes" in error_line(run("import", "--format", "xml", log))
    empty = tmp_path / "empty"
    empty.write_text("")
    result = run("import", empty)
    assert result.returncode == 4 and "no row of memory_profiler in 0 records" in error_line(result)
    empty.write_text('{"error": {"message": "no such column", "code": "BadArgumentError"}}')
    assert "Azure says: no such column" in error_line(run("import", empty))
    empty.write_bytes(gzip.compress(log.read_bytes()))
    assert "gunzip -c" in error_line(run("import", empty))


def test_options_of_the_report(tmp_path):
    log = write_traces(tmp_path / "log", call(10, 1.5))
    text = run("import", log).stdout
    assert re.search(r"^ +3 +11\.5 MiB +1\.5 MiB +1       x = make\(\)$", text, re.M)
    assert "Imported 3 rows" in text
    for output in "-o", "--output":
        result = run("import", output, tmp_path / "x.txt", log)
        assert (result.returncode, result.stdout) == (0, "")
        assert (tmp_path / "x.txt").read_text() == text
    assert re.search(r"^ +3 +11\.5000 MiB +1\.5000 MiB ", run("import", "--precision", 4, log).stdout, re.M)
    assert "--precision takes" in error_line(run("import", "--precision", 13, log))
    assert "--source: " in error_line(run("import", "--source", tmp_path / "none", log))
    assert "pymemtop import" in run("import", "--help").stdout
    assert run("import", "--batch", "--quiet", log).stderr == ""


def test_options_of_the_screen(tmux, tmp_path):
    log = write_traces(tmp_path / "log", call(10, 1))
    terminal = tmux(80, 24)
    terminal.pymemtop("import", "--ascii", "--no-color", log)
    screen = terminal.wait("IMPORTED", r"x = make\(\)", "1 source")
    assert screen.isascii() and "|" in screen
    assert not re.search(r"\x1b\[[\d;]*(3[0-7]|38|4[0-7]|48|9[0-7])[;m]",
                         terminal.screen(colours=True))
    terminal.keys("q")
    terminal.wait(r"^shell> ?$")
    terminal.pymemtop("import", log)
    assert "│" in terminal.wait("IMPORTED", r"x = make\(\)", "1 source")
    assert re.search(r"\x1b\[[\d;]*(3[0-7]|38|4[0-7]|48|9[0-7])[;m]", terminal.screen(colours=True))


def test_screen(tmux, tmp_path):
    log = tmp_path / "log"
    for at in range(3):
        write_traces(log, call(50 + at, 1), 10 * at, operation_Id="op%d" % at,
                     cloud_RoleInstance="instance-a")
    terminal = tmux(120, 30)
    terminal.pymemtop("import", log)
    terminal.wait("wwwroot > Shop +IMPORTED +2024-05-01 12:00 UTC", r"x = make\(\)",
                  r"growth \+1\.000 MiB an invocation", r"invocations 3", r"^ line 3 +\+3\.0 MiB")
    terminal.type(" ")
    terminal.wait("nothing goes on")
    terminal.type("r")
    terminal.wait("no app here to run")
    terminal.type("e")
    terminal.wait("no app here to edit")
    terminal.type("3")
    terminal.wait(r"succeeded 2024-05-01 12:00:20 .* instance-a")
    terminal.type("4")
    terminal.wait("Imported 9 rows of 3 invocations")
    terminal.type("q")
    terminal.wait(r"^shell> ?$")


def test_screen_says_that_something_is_missing(tmux, tmp_path):
    log = write_traces(tmp_path / "log", call(10, 1), itemCount=2)
    terminal = tmux(80, 24)
    terminal.pymemtop("import", log)
    terminal.wait("not all could be read, or was logged; 4 says what")
    terminal.type("4")
    terminal.wait("4 items were left out by sampling")
    terminal.type("q")
    terminal.wait(r"^shell> ?$")
    terminal.pymemtop("import", write_dated(tmp_path / "log.csv", [(10, "1/5/2024 13:04")]))
    terminal.wait("not all dates are sure; 4 says which")
    terminal.type("4")
    terminal.wait("3 rows have dates that do not say which number is", "was read as 2024-05-01")


def test_progress(tmp_path):
    """While a log comes, the terminal says how far it is; no line of it stays."""
    reader, writer = os.pipe()
    leader, follower = os.openpty()
    with subprocess.Popen([programs.PYMEMTOP, "import", "-"], stdin=reader, stderr=follower,
                          stdout=subprocess.PIPE) as done:
        os.close(reader)
        os.close(follower)
        seen = b""
        line = json.dumps({"message": call(10, 1)[1]}).encode() + b"\n"
        while b"rows" not in seen:
            os.write(writer, line * 700)
            if select.select([leader], [], [], 0.01)[0]:
                seen += os.read(leader, 4096)
        assert re.search(rb"pymemtop: standard input: \d+ rows", seen)
        os.close(writer)
        assert b"Imported" in done.stdout.read()
        with contextlib.suppress(OSError):
            while part := os.read(leader, 4096):
                seen += part
        assert seen.endswith(b"\r\x1b[K")
    os.close(leader)


def progress_of(*arguments):
    """What a terminal is shown on standard error."""
    leader, follower = os.openpty()
    seen = b""
    with subprocess.Popen([programs.PYMEMTOP, "import", "--batch", *arguments], stderr=follower,
                          stdout=subprocess.DEVNULL) as done:
        os.close(follower)
        with contextlib.suppress(OSError):
            while part := os.read(leader, 4096):
                seen += part
        assert done.wait() == 0
    os.close(leader)
    return seen.decode()


def test_progress_of_files(tmp_path):
    """Of a file it says how much of it is read; what is read at a time is 256 KiB. Nothing is said where
    nobody looks, or wants it."""
    part, line = 1 << 18, json.dumps({"message": call(10, 1)[1]}) + "\n"
    log = tmp_path / "log"
    log.write_text((line * (part // len(line) + 7)).ljust(4 * part, "\n"))
    seen = progress_of(log)
    assert seen.startswith("\r\x1b[Kpymemtop: {}: 25 %, {} rows".format(log, part // len(line)))
    assert seen.endswith("\r\x1b[K") and "\n" not in seen
    assert progress_of("--quiet", log) == ""
    assert run("import", "--batch", log).stderr == ""


# What the queries of `pymemtop kql` project, in their order: of traces, and of AppTraces.
PROJECTED = {(): ["timestamp", "LineNumber", "TotalMem_MiB", "IncreMem_MiB", "Occurrences", "Occurences",
                  "Contents", "RequestId", "InvocationId", "FileName", "operation_Id", "operation_Name",
                  "cloud_RoleInstance", "itemCount"]}
PROJECTED["--workspace",] = ["TimeGenerated", *PROJECTED[()][1:10], "OperationId", "OperationName",
                             "AppRoleInstance", "ItemCount"]
# The columns that Application Insights has in either table, of which the queries may speak.
TABLE = {(): {"timestamp", "message", "customDimensions", "itemId", "operation_Id", "operation_Name",
              "cloud_RoleInstance", "itemCount"},
         ("--workspace",): {"TimeGenerated", "Message", "Properties", "OperationId", "OperationName",
                            "AppRoleInstance", "ItemCount"}}


@pytest.mark.parametrize("options", PROJECTED, ids=" ".join)
def test_query(options):
    """What it finds, by its own pattern, is the row."""
    result = run("kql", *options)
    assert result.returncode == 0
    assert result.stdout.startswith("AppTraces\n" if options else "traces\n")
    for other, names in TABLE.items():
        for name in names - (set() if other == options else TABLE[options]):
            assert bool(re.search(r"\b{}\b".format(name), result.stdout)) == (other == options), name
    assert "| order by {0} asc, {1} asc".format(PROJECTED[options][10], PROJECTED[options][0]) \
        in result.stdout
    pattern = re.search(r"extract_all\(@'(.*?)', [mM]essage\)", result.stdout).group(1)
    name = re.search(r"FileName = extract\(@'(.*?)',", result.stdout).group(1)
    text = row(22, 46.6, -1.5, 10, "        x = \"1 MiB  2.0 MiB\"") + "\n"
    assert re.search(pattern, text).groups() == \
        ("22", "46.6", "-1.5", "10", "        x = \"1 MiB  2.0 MiB\"")
    assert re.search(name, "memory_profiler_logs: Filename: /a b.py\n\n").group(1) == "/a b.py"


def test_other_queries():
    result = run("kql")
    published = run("kql", "--as-published").stdout
    assert "parse message with" in published and published != result.stdout
    assert "--as-published" in error_line(run("kql", "--what"))
    assert "not '--workspace'" in error_line(run("kql", "--as-published", "--workspace"))
    assert "--workspace" in run("kql", "--help").stdout


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("options", PROJECTED, ids=" ".join)
@pytest.mark.parametrize("precision", [1, 4])
def test_query_finds_every_row(tmp_path, precision, options):
    log = Log(tmp_path, precision)
    pattern = re.compile(re.search(r"extract_all\(@'(.*?)', [mM]essage\)",
                                   run("kql", *options).stdout).group(1))
    found = {int(match.group(1)): match.group(5) or "" for match in map(pattern.match, log.messages)
             if match}
    assert found == {line: figures[3].rstrip() for line, figures in log.measured.items()}


def query_result(log, options):
    """What the query of `pymemtop kql` gives: its columns, and a row for each message that it finds."""
    query = run("kql", *options).stdout
    row_pattern = re.search(r"extract_all\(@'(.*?)', [mM]essage\)", query).group(1)
    name_pattern = re.search(r"FileName = extract\(@'(.*?)',", query).group(1)
    names = PROJECTED[options]
    projected = query[query.index("| project") + 9:query.index("| order")]
    assert all(re.search(r"\b{}\b".format(name), projected) for name in names)
    rows = []
    for at, (time, message) in enumerate(zip(log.times(), log.messages)):
        found, name = re.search(row_pattern, message), re.search(name_pattern, message)
        more = ["item-%d" % at, "i-1", name.group(1) if name else "", "op", "Shop", "instance-1", 1]
        if name:
            rows.append([time, name.group(1), None, None, None, None, "", *more])
        elif found:
            line, mem, increment, count, contents = found.groups()
            rows.append([time, line, float(mem), float(increment), int(count), int(count),
                         contents or "", *more])
    return names, rows


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("options", PROJECTED, ids=" ".join)
@pytest.mark.parametrize("precision", [1, 4])
def test_result_of_the_query_is_imported(tmp_path, precision, options):
    """As JSON of either command of az and as CSV; nothing is put together again, and no row is lost."""
    log = Log(tmp_path, precision)
    names, rows = query_result(log, options)
    (tmp_path / "rows.json").write_text(json.dumps(table(names, rows)))
    (tmp_path / "list.json").write_text(json.dumps(
        [{"TableName": "PrimaryResult", **{name: "None" if value is None else str(value)
                                           for name, value in zip(names, row)}} for row in rows]))
    with open(tmp_path / "rows.csv", "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)
    for name in ("rows.json", "rows.csv", "list.json"):
        report = imported(tmp_path / name)
        log.check(report)
        assert [(one["id"], one["function"]) for one in report["invocations"]] == [("i-1", "Shop")]


@pytest.mark.python
@pytest.mark.usefixtures("packages")
def test_kusto_rows_of_a_batch(write_app, tmp_path):
    app = write_app({"host.json": '{"version": "2.0"}', "Run/function.json": programs.HTTP_FUNCTION,
                     "Run/__init__.py": "def main(req):\n    x = bytearray(8 << 20)\n"
                                        "    return str(len(x))\n"})
    result = run("--batch", "-n", 2, "--format", "kusto", app / "Run")
    assert result.returncode == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [int(row["LineNumber"]) for row in rows] == [1, 2, 3] * 2
    assert len({row["InvocationId"] for row in rows}) == 2
    assert rows[1]["Contents"] == "    x = bytearray(8 << 20)"
    assert all(float(row["IncreMem_MiB"]) > 7 for row in (rows[1], rows[4]))
    (tmp_path / "rows.csv").write_text(result.stdout)
    report = imported(tmp_path / "rows.csv")
    assert [one["function"] for one in report["invocations"]] == ["Run"] * 2


@pytest.mark.python
@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("name", [None, "rows.csv", "rows.json"])
def test_kusto_rows_of_start(write_app, tmp_path, name):
    """The report at the host's end: alone on standard output, or in a file; import takes it back."""
    app = write_app({"host.json": '{"version": "2.0"}', "Run/function.json": programs.HTTP_FUNCTION,
                     "Run/__init__.py": "def main(req):\n    x = bytearray(8 << 20)\n"
                                        "    return str(len(x))\n"})
    path = tmp_path / (name or "rows.csv")
    process = subprocess.Popen(
        [programs.PYMEMTOP, "start", "-p", "0", "--report", "--format", "kusto",
         *(["-o", path] if name else []), app],
        env=programs.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if name else subprocess.PIPE, encoding="utf-8")
    console, ids = process.stdout if name else process.stderr, []
    url = next(filter(None, (re.search(r"http://\S+", line) for line in console))).group()
    for _ in range(3):
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"8388608"
    for line in console:
        found = re.search(r"Executed .*Succeeded, Id=([\w-]+)", line)
        ids += [found.group(1)] if found else []
        if len(ids) == 3:
            break
    process.terminate()
    rest, _ = process.communicate(timeout=programs.LIMIT)
    assert process.returncode == 0
    if not name:
        path.write_text(rest)
    report = imported(path)
    assert [one["id"] for one in report["invocations"]] == ids
    assert [one["function"] for one in report["invocations"]] == ["Run"] * 3
    (file,) = report["files"]
    assert file["path"] == str(app / "Run" / "__init__.py")
    lines = {line["line"]: line for line in file["lines"]}
    assert [lines[number]["occurrences"] for number in (1, 2, 3)] == [3, 3, 3]
    assert lines[2]["source"] == "    x = bytearray(8 << 20)"
    assert lines[2]["increment_bytes"] > 7 * MIB or programs.SANITIZED
    if path.suffix == ".json":
        names = [column["name"] for column in json.loads(path.read_text())["tables"][0]["columns"]]
    else:
        names = path.read_text().splitlines()[0].split(",")
    assert names[:7] == ["timestamp", "LineNumber", "TotalMem_MiB", "IncreMem_MiB", "Occurrences",
                         "Contents", "RequestId"]
