"""The reports for people and for other tools: html, csv, folded, speedscope, markdown and junit, of
a run and of its recording; and the page in a real browser."""

import base64
import csv
import hashlib
import html.parser
import io
import json
import re
import shutil
import sqlite3
import subprocess
import xml.etree.ElementTree as etree

import pytest

from programs import HTTP_FUNCTION, LIMIT, Report, batch, error_line, run

pytestmark = pytest.mark.usefixtures("packages")

FORMATS = ["csv", "folded", "folded-retained", "html", "junit", "markdown", "speedscope"]
CHROMIUM = shutil.which("chromium")
LEAK = '''import azure.functions as func

KEPT = []


@staticmethod
def keep(size):
    """`code` | pipe; <script>document.title = "taken"</script> & 'quotes' "both"."""
    return "=1+1;|`<b>" + str(len(KEPT.append(bytearray(size)) or KEPT)); -1


def main(req: func.HttpRequest) -> func.HttpResponse:
    keep.__func__(200_000)
    if req.params.get("fail"):
        raise ValueError("<script>document.title = 'taken'</script> | `x` \\x1b[31m ]]> \\ud800")
    return func.HttpResponse("fine")
'''


@pytest.fixture
def leak(write_app):
    return write_app({"host.json": '{"version": "2.0"}', "Leak/function.json": HTTP_FUNCTION,
                      "Leak/__init__.py": LEAK}, name="<script>document.title='taken'<") / "Leak"


@pytest.fixture
def reports(leak, tmp_path):
    """reports(): a run that is recorded, as JSON, and of its recording each format's text."""

    def make(*options):
        recording = tmp_path / "x.pymemtop"
        live = Report(leak, "-n", 12, "--record={}".format(recording), *options)
        texts = {}
        for name in FORMATS:
            result = run("report", recording, "--format", name)
            assert (result.returncode, result.stderr) == (0, "")
            texts[name] = result.stdout
        return live.json, texts

    return make


def told(report):
    """{(path, line): figures}"""
    return {(file["path"], line["line"]): line
            for file in report["files"] for line in file["lines"]}


def test_csv_has_the_figures_of_the_json(reports):
    report, texts = reports()
    lines = told(report)
    records = list(csv.DictReader(io.StringIO(texts["csv"])))
    assert len(records) == len(lines)
    for record in records:
        line = lines[record["path"], int(record["line"])]
        for name in ("mem_usage_bytes", "peak_bytes", "increment_bytes", "occurrences",
                     "net_python_bytes", "allocated_bytes", "freed_bytes", "retained_bytes"):
            assert int(record[name]) == line[name], name
        guarded = line["source"].strip()[:1] in ("=", "+", "-", "@")
        assert record["source"] == ("'" if guarded else "") + line["source"]


def leak_of(report):
    (leak,) = report["leaks"]
    return leak


def test_json_tells_what_is_kept_and_who_holds_it(leak):
    found = leak_of(Report(leak, "-n", 12).json)
    assert (found["oldest_invocation"], found["newest_invocation"]) == (1, 12)
    assert found["problem"] is None and found["bounded"] is False
    assert set(found["types"][0]) == {"type", "count", "shallow_bytes", "retained_bytes", "example"}
    kept = {one["type"]: one for one in found["types"]}
    assert found["types"][0]["type"] == "bytearray"
    assert kept["bytearray"]["count"] == 12 and kept["bytearray"]["shallow_bytes"] >= 12 * 200_000
    assert set(found["holders"][0]) == {"chain", "note", "bounded", "count", "bytes", "newest_invocation"}
    assert found["holders"][0]["chain"].startswith("Leak.KEPT[")
    assert found["holders"][0]["count"] == 12 and found["holders"][0]["bounded"] is False
    assert found["holders"][0]["bytes"] >= 12 * 200_000


def test_each_report_tells_what_is_kept_and_who_holds_it(leak, tmp_path):
    texts = {}
    for name in ("text", "csv", "html", "junit", "markdown"):
        result = batch("-n", 12, "--format", name, "--fail-on", "leak", leak)
        assert result.returncode == 3
        texts[name] = result.stdout
        assert "held by Leak.KEPT[0]: 12 of them, holding 2.3 MiB" in result.stderr
    for name, text in texts.items():
        assert "12 bytearray, 1 list objects" in text, name
        assert "Leak.KEPT[0]" in text and "12 of them, holding 2.3 MiB" in text, name
    (record,) = [record for record in csv.DictReader(io.StringIO(texts["csv"])) if record["leak"]]
    assert record["leak_types"] == "12 bytearray, 1 list objects"
    assert record["leak_holders"].startswith("Leak.KEPT[0]: 12 of them, holding 2.3 MiB | ")
    root = etree.fromstring(texts["junit"].encode())
    failure = root.findall("testsuite")[1].find("testcase/failure")
    assert "\nheld by Leak.KEPT[0]: 12 of them, holding 2.3 MiB\n" in failure.text


def test_recording_knows_who_holds_what(leak, tmp_path):
    recording = tmp_path / "x.pymemtop"
    live = Report(leak, "-n", 12, "--record={}".format(recording)).json
    assert leak_of(live)["types"] and leak_of(live)["holders"]
    again = run("report", recording, "--format", "json").stdout
    assert json.loads(again)["leaks"] == live["leaks"]
    assert json.loads(again)["suspects"] == live["suspects"]
    for name in ("text", "csv", "html", "junit", "markdown"):
        text = run("report", recording, "--format", name).stdout
        assert "12 bytearray, 1 list objects" in text, name
        assert name == "junit" or "12 of them, holding 2.3 MiB" in text, name
        # All that is alive, which is more than what is evidence has.
        assert name != "html" or "; 2.3 MiB alive, judged by invocations 3 to 9." in text
    failed = run("report", recording, "--fail-on", "leak")
    assert failed.returncode == 3
    assert "held by Leak.KEPT[0]: 12 of them, holding 2.3 MiB" in failed.stderr
    with sqlite3.connect(recording) as database:
        told = database.execute("SELECT file, line, type, count FROM leak_types").fetchall()
        held = database.execute("SELECT file, line, chain, count FROM leak_holders").fetchall()
    assert told[0] == ("Leak/__init__.py", 9, "bytearray", 12)
    assert held[0] == ("Leak/__init__.py", 9, "Leak.KEPT[0]", 12)


def test_what_may_leak_is_told_apart(leak, tmp_path):
    live = Report(leak, "-n", 7).json
    assert live["leaks"] == [] and [one["line"] for one in live["suspects"]] == [9]
    assert live["suspects"][0]["types"] is live["suspects"][0]["holders"] is None
    page = batch("-n", 7, "--format", "html", leak).stdout
    assert "No leak was found." not in page and "may keep 195.4 KiB of every invocation" in page
    assert "Leaks cannot be told yet: 3 more invocations are needed." in page
    text = batch("-n", 7, "--format", "markdown", leak).stdout
    assert "<details><summary>1 line may leak</summary>" in text


NOT_YET = "cannot be told yet: 6 more invocations are needed"


def test_too_few_invocations_are_no_verdict(leak, tmp_path):
    """Neither "no leak" nor a test that has passed; with enough of them it is both."""
    recording = tmp_path / "x.pymemtop"
    assert batch("-n", 4, "--record={}".format(recording), "--quiet", leak).returncode == 0
    told = {}
    for name in ("text", "json", "html", "markdown", "junit"):
        result = run("report", recording, "--format", name, "--fail-on", "leak, rss>900G")
        assert result.returncode == 0, (name, result.stderr)
        assert result.stderr == "pymemtop: --fail-on leak {}\n".format(NOT_YET)
        assert "o leak was found" not in result.stdout and "no line leaks" not in result.stdout
        told[name] = result.stdout
    assert told["text"].endswith("Leaks {}.\n".format(NOT_YET))
    assert json.loads(told["json"])["leaks_missing"] == 6
    assert "<p class=\"verdict\">Leaks {}.</p>".format(NOT_YET) in told["html"]
    assert "<p class=\"open\"><code>leak</code> {}</p>".format(NOT_YET) in told["html"]
    assert "**Leaks {}.**".format(NOT_YET) in told["markdown"]
    assert "- :grey_question: `leak` {}\n".format(NOT_YET) in told["markdown"]
    assert told["markdown"].count(":white_check_mark:") == 1
    suite = etree.fromstring(told["junit"]).find("testsuite[@name='memory']")
    assert suite.get("tests") == "2" and suite.get("skipped") == "1"
    assert suite.find("testcase[@name='leak']/skipped").get("message") == "leaks " + NOT_YET
    assert suite.find("system-out").text == "leaks " + NOT_YET
    assert Report(leak, "-n", 12).json["leaks_missing"] == 0
    few = batch("-n", 9, "--fail-on", "leak", leak)
    assert few.returncode == 2 and "10 requests or more" in error_line(few)
    result = batch("--fail-on", "leak", "--quiet", leak)
    assert result.returncode == 3 and "of every invocation" in result.stderr


def test_a_program_is_no_verdict_on_leaks(tmp_path):
    (tmp_path / "p.py").write_text("KEPT = [bytes(1000) for _ in range(100)]\n")
    page = run("run", "--format", "html", "-o", tmp_path / "p.html", tmp_path / "p.py")
    assert page.returncode == 0, page.stderr
    text = (tmp_path / "p.html").read_text()
    assert "Leaks cannot be told: that takes 10 invocations, and a program is one." in text
    assert "No leak" not in text


def test_what_fills_a_store_with_a_maximum_is_a_suspect(write_app, tmp_path):
    app = write_app({"host.json": '{"version": "2.0"}', "Ring/function.json": HTTP_FUNCTION,
                     "Ring/__init__.py": """import collections
import azure.functions as func
RING = collections.deque(maxlen=1000)
def main(req: func.HttpRequest) -> func.HttpResponse:
    RING.append(bytes(5000))
    return func.HttpResponse("fine")
"""}) / "Ring"
    recording = tmp_path / "x.pymemtop"
    live = Report(app, "-n", 12, "--record={}".format(recording), "--fail-on", "leak").json
    assert live["leaks"] == []
    (suspect,) = live["suspects"]
    assert suspect["line"] == 5 and suspect["bounded"] is True
    (holder,) = suspect["holders"]
    assert holder["bounded"] is True and holder["note"].startswith("deque(maxlen=1000)")
    told = json.loads(run("report", recording, "--format", "json").stdout)
    assert told["suspects"] == live["suspects"]
    words = "where old ones are dropped by themselves"
    for name in ("html", "markdown"):
        assert words in run("report", recording, "--format", name).stdout, name
    assert words not in run("report", recording).stdout


def test_formulas_are_told_to_be_text(leak):
    result = batch("--format", "csv", leak)
    sources = [record["source"] for record in csv.DictReader(io.StringIO(result.stdout))]
    assert "'@staticmethod" in sources
    assert not [source for source in sources if source.strip()[:1] in tuple("=+-@")]


def test_folded_stacks_weigh_what_lines_allocate(reports):
    report, texts = reports()
    for name, figure in (("folded", "allocated_bytes"), ("folded-retained", "retained_bytes")):
        stacks = [line.rpartition(" ") for line in texts[name].splitlines()]
        assert all(len(stack.split(";")) == 3 for stack, _, _ in stacks)
        assert sorted(int(weight) for _, _, weight in stacks) == sorted(
            line[figure] for line in told(report).values() if line[figure] > 0)
    assert "Leak/__init__.py;keep;9: return" in texts["folded"]


def test_folded_stacks_need_the_heap(leak):
    result = batch("--format", "folded", "--heap", "off", leak)
    assert result.returncode == 2
    assert "--heap on" in error_line(result)


SPEEDSCOPE_UNITS = {"none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"}


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def faults_of_profile(profile, count):
    """What speedscope's published file format forbids in a profile, `count` frames being shared."""
    if not isinstance(profile.get("name"), str) or profile.get("unit") not in SPEEDSCOPE_UNITS:
        yield "name or unit"
    if not is_number(profile.get("startValue")) or not is_number(profile.get("endValue")) or \
            profile["endValue"] < profile["startValue"]:
        yield "values"
    if profile.get("type") == "sampled":
        if len(profile["samples"]) != len(profile["weights"]):
            yield "as many weights as samples"
        if not all(is_number(weight) and weight >= 0 for weight in profile["weights"]):
            yield "weights"
        frames = [frame for stack in profile["samples"] for frame in stack]
    elif profile.get("type") == "evented":
        frames = [event["frame"] for event in profile["events"]]
        moments, stack = [event["at"] for event in profile["events"]], []
        if moments != sorted(moments) or \
                any(not profile["startValue"] <= at <= profile["endValue"] for at in moments):
            yield "moments"
        for event in profile["events"]:
            if event["type"] == "O":
                stack.append(event["frame"])
            elif event["type"] != "C" or not stack or stack.pop() != event["frame"]:
                yield "nesting"
                return
        if stack:
            yield "a frame that is not closed"
    else:
        yield "type"
        return
    if not all(type(frame) is int and 0 <= frame < count for frame in frames):
        yield "frames"


def faults_of_speedscope(file):
    if file.get("$schema") != "https://www.speedscope.app/file-format-schema.json":
        yield "schema"
    frames = file["shared"]["frames"]
    for frame in frames:
        if not isinstance(frame.get("name"), str) or not isinstance(frame.get("file", ""), str) or \
                not all(is_number(frame.get(name, 1)) for name in ("line", "col")):
            yield "frame"
    if not 0 <= file.get("activeProfileIndex", 0) < len(file["profiles"]):
        yield "activeProfileIndex"
    if not all(isinstance(file.get(name, ""), str) for name in ("name", "exporter", "version")):
        yield "names"
    for profile in file["profiles"]:
        yield from faults_of_profile(profile, len(frames))


@pytest.mark.parametrize("fault, change", [
    ("name or unit", {"unit": "MiB"}), ("name or unit", {"name": None}),
    ("values", {"startValue": 9}), ("values", {"endValue": "8"}), ("type", {"type": "flame"}),
    ("moments", {"events": [("O", 5, 0), ("C", 4, 0)]}),
    ("moments", {"events": [("O", 5, 0), ("C", 9, 0)]}),
    ("nesting", {"events": [("O", 0, 0), ("O", 1, 1), ("C", 2, 0), ("C", 3, 1)]}),
    ("nesting", {"events": [("C", 0, 0)]}),
    ("a frame that is not closed", {"events": [("O", 0, 0)]}),
    ("frames", {"events": [("O", 0, 2), ("C", 0, 2)]}),
    (None, {"events": [("O", 0, 0), ("O", 1, 1), ("C", 1, 1), ("C", 8, 0)]}),
    ("as many weights as samples", {"type": "sampled", "samples": [[0, 1]], "weights": []}),
    ("weights", {"type": "sampled", "samples": [[0, 1]], "weights": [-1]}),
    ("frames", {"type": "sampled", "samples": [[0, 1, -1]], "weights": [1]}),
    (None, {"type": "sampled", "samples": [[0, 1]], "weights": [8]}),
])
def test_rules_of_speedscope_can_be_broken(fault, change):
    profile = {"type": "evented", "name": "x", "unit": "bytes", "startValue": 0, "endValue": 8,
               "events": [], **change}
    profile["events"] = [dict(zip(("type", "at", "frame"), event)) for event in profile["events"]]
    assert list(faults_of_profile(profile, 2)) == ([fault] if fault else [])


@pytest.mark.parametrize("heap", ["on", "off"])
def test_speedscope_file_keeps_to_the_published_format(leak, tmp_path, heap):
    result = batch("-n", 3, "--heap", heap, "--format", "speedscope", leak)
    assert result.returncode == 0, result.stderr
    file = json.loads(result.stdout)
    assert list(faults_of_speedscope(file)) == []
    assert file["profiles"] and {profile["unit"] for profile in file["profiles"]} == {"bytes"}


def test_speedscope_file_has_its_documented_shape(reports):
    report, texts = reports()
    file = json.loads(texts["speedscope"])
    assert list(faults_of_speedscope(file)) == []
    frames = file["shared"]["frames"]
    for frame in frames:
        assert set(frame) <= {"name", "file", "line", "col"} and isinstance(frame["name"], str)
        assert isinstance(frame["line"], int)
    assert len(file["profiles"]) == 3
    for profile in file["profiles"]:
        assert set(profile) == {"type", "name", "unit", "startValue", "endValue", "samples",
                                "weights"}
        assert (profile["type"], profile["unit"], profile["startValue"]) == ("sampled", "bytes", 0)
        assert len(profile["samples"]) == len(profile["weights"])
        assert all(0 <= frame < len(frames) for stack in profile["samples"] for frame in stack)
        assert all(weight > 0 for weight in profile["weights"])
        assert profile["endValue"] == sum(profile["weights"])
    lines = told(report)
    allocated = file["profiles"][0]
    for (_, function, line), weight in zip(allocated["samples"], allocated["weights"]):
        frame = frames[line]
        assert lines[frame["file"], frame["line"]]["allocated_bytes"] == weight
        assert frame["name"].startswith("{}".format(frame["line"]))
        if "KEPT.append" in frame["name"]:
            assert frames[function]["name"] == "keep"


def test_junit_has_a_case_for_each_invocation_and_condition(leak, tmp_path):
    path = tmp_path / "results.xml"
    result = batch("-n", 12, "--request", "/api/Leak?fail=1", "-o", path,
                   "--fail-on", "leak, rss>1M, rss>900G", leak)
    assert result.returncode == 1  # that all invocations failed
    root = etree.parse(path).getroot()
    assert root.tag == "testsuites"
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["invocations", "memory"]
    for suite in suites.values():
        cases = suite.findall("testcase")
        assert int(suite.get("tests")) == len(cases)
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        for case in cases:
            assert case.get("classname") and case.get("name")
            float(case.get("time"))
    assert len(suites["invocations"].findall("testcase/failure")) == 12
    assert "<script>" in suites["invocations"].find("testcase/failure").get("message")
    cases = {case.get("name"): case for case in suites["memory"].findall("testcase")}
    assert set(cases) == {"Leak/__init__.py:9", "rss>1M", "rss>900G"}
    assert "of every invocation" in cases["Leak/__init__.py:9"].find("failure").get("message")
    assert cases["rss>1M"].find("failure") is not None
    assert cases["rss>900G"].find("failure") is None


def test_leaks_fail_nothing_in_junit_where_nobody_asks(leak, tmp_path):
    result = batch("-n", 12, "--format", "junit", leak)
    assert result.returncode == 0
    root = etree.fromstring(result.stdout.encode())
    assert root.get("failures") == root.get("errors") == "0"
    assert "Leak/__init__.py:9" in root.findall("testsuite")[1].find("system-out").text


def test_markdown_has_the_leak_and_no_markup_from_outside(leak):
    result = batch("-n", 12, "--format", "markdown", "--request", "/api/Leak?fail=1",
                   "--fail-on", "leak", leak)
    assert result.returncode == 1  # that all invocations failed
    text = result.stdout
    assert len(text) < 65536
    assert "**1 line leaks.**" in text
    (row,) = [line for line in text.splitlines() if "of every invocation" in line]
    assert len(row.split("|")) == 7 and "`Leak/__init__.py:9`" in row
    for line in text.splitlines():
        outside = re.sub(r"`[^`]*`|<code>[^<`|]*</code>", "", line)
        assert "script" not in outside and "`" not in outside


class Page(html.parser.HTMLParser):
    """The tags of a page, its text, and what it would load."""

    VOID = {"meta", "rect", "line", "circle", "br"}

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text, self.loads, self.scripts = [], [], "", [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [(tag, name) for name, value in attrs
                       if name in ("src", "srcset", "action", "style") or name.startswith("on")
                       or name == "href" and not value.startswith("#")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        self.text += data


@pytest.fixture
def page(leak, tmp_path):
    path = tmp_path / "page.html"
    result = batch("-n", 12, "--request", "/api/Leak?fail=1", "-o", path, "--fail-on", "leak", leak)
    assert result.returncode == 1  # that all invocations failed
    return path


def test_page_is_whole_and_loads_nothing(page):
    text = page.read_text(encoding="utf-8")
    parsed = Page(text)
    assert parsed.loads == []
    (script,) = parsed.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "script-src 'sha256-{}'".format(digest) in text
    assert "default-src 'none'" in text and "prefers-color-scheme" in text
    assert "1 line leaks." in parsed.text
    assert "of every invocation" in parsed.text
    assert parsed.text.count("<script>document.title") >= 3  # app, source, error: as text
    assert parsed.tags.count("svg") == 2
    assert "\x1b" not in text


def test_page_of_a_recording_is_that_of_the_run(leak, tmp_path):
    recording, live = tmp_path / "x.pymemtop", tmp_path / "live.html"
    assert batch("-n", 5, "--record={}".format(recording), "-o", live, leak).returncode == 0
    again = run("report", recording, "--format", "html").stdout
    tables = [re.findall(r"<tr.*?</tr>", text, re.S) for text in (live.read_text(), again)]
    assert tables[0] == tables[1]


@pytest.mark.parametrize("name", ["csv", "folded", "folded-retained", "speedscope"])
def test_report_of_a_recording_is_that_of_the_run(leak, tmp_path, name):
    recording = tmp_path / "x.pymemtop"
    live = batch("-n", 3, "--record={}".format(recording), "--format", name, leak)
    again = run("report", recording, "--format", name)
    assert live.stdout == again.stdout and live.stdout


@pytest.mark.parametrize("name, begin", [("x.html", "<!DOCTYPE"), ("x.csv", "path,"), ("x.md", "###"),
                                         ("x.XML", "<?xml"), ("x.json", "{"), ("x.txt", "Filename")])
def test_name_of_the_file_says_the_format(leak, tmp_path, name, begin):
    assert batch("-o", tmp_path / name, leak).returncode == 0
    assert (tmp_path / name).read_text().startswith(begin)
    assert batch("-o", tmp_path / name, "--format", "text", leak).returncode == 0
    assert (tmp_path / name).read_text().startswith("Filename")


@pytest.mark.parametrize("name", FORMATS)
def test_reports_of_a_program(tmp_path, name):
    script = tmp_path / "work.py"
    script.write_text("KEPT = []\ndef f():\n    KEPT.append(bytearray(1 << 20))\nf()\n")
    result = run("run", "--format", name, script)
    assert result.returncode == 0, result.stderr
    assert "work" in result.stdout


BEGINS = {"csv": "path,", "folded": None, "folded-retained": None, "html": "<!DOCTYPE html>",
          "junit": "<?xml", "markdown": "###", "speedscope": "{", "json": "{", "text": "Filename"}


@pytest.mark.parametrize("name", sorted(BEGINS))
def test_start_reports_in_each_format(leak, start, tmp_path, name):
    path = tmp_path / "report"
    server = start(leak, "--report", "--format", name, "-o", path)
    assert [server.get("Leak")[0] for _ in range(3)] == [200] * 3
    assert server.stop() == 0
    text = path.read_text(encoding="utf-8")
    sign = 'classname="Leak" name="invocation 3: ' if name == "junit" else "KEPT.append"
    assert sign in text
    if BEGINS[name]:
        assert text.startswith(BEGINS[name])
    else:
        assert re.fullmatch(r"(?:\S[^\n]* \d+\n)+", text)


# What memory_profiler has written into a log.
LOGGED = """\
Filename: /app/work.py

Line #    Mem usage    Increment  Occurrences   Line Contents
=============================================================
     3     40.0 MiB     40.0 MiB           1   @profile
     4                                         def work():
     5     50.0 MiB     10.0 MiB           1       kept = bytearray(10 << 20)
     6     50.0 MiB      0.0 MiB           1       return kept


"""


@pytest.mark.parametrize("name", ["csv", "html", "junit", "markdown", "speedscope"])
def test_import_into_each_format(tmp_path, name):
    log = tmp_path / "log.txt"
    log.write_text(LOGGED)
    result = run("import", "--format", name, log)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(BEGINS[name])
    if name == "speedscope":
        file = json.loads(result.stdout)
        assert list(faults_of_speedscope(file)) == []
        assert 10 << 20 in [weight for one in file["profiles"] for weight in one["weights"]]
    if name == "junit":
        etree.fromstring(result.stdout.encode())
    elif name == "csv":
        (row,) = [row for row in csv.DictReader(io.StringIO(result.stdout)) if row["line"] == "5"]
        assert (int(row["increment_bytes"]), row["occurrences"]) == (10 << 20, "1")
    elif name != "speedscope":
        assert "bytearray(10 &lt;&lt; 20)" in result.stdout or "bytearray(10 << 20)" in result.stdout


@pytest.mark.parametrize("name", ["folded", "folded-retained"])
def test_import_has_no_allocations_to_fold(tmp_path, name):
    log = tmp_path / "log.txt"
    log.write_text(LOGGED)
    result = run("import", "--format", name, log)
    assert result.returncode == 2 and "--format speedscope takes the RSS" in error_line(result)


@pytest.fixture
def recording_of_version_4(leak, tmp_path):
    """One in which nothing leaks, without the verdict: an array of no lines, at the end of each change."""
    path = tmp_path / "old.pymemtop"
    assert batch("-n", 2, "--quiet", "--record={}".format(path), leak).returncode == 0
    database = sqlite3.connect(path)
    for table, column in ("events", "change"), ("keyframes", "state"):
        endings = database.execute("SELECT DISTINCT hex(substr({0}, 1, 1)), hex(substr({0}, -2)) FROM {1} "
                                   "WHERE {0} IS NOT NULL".format(column, table)).fetchall()
        assert endings == [("04", "0000")]
        database.execute("UPDATE {1} SET {0} = CAST(x'03' || substr({0}, 2, length({0}) - 3) AS BLOB) "
                         "WHERE {0} IS NOT NULL".format(column, table))
    database.execute("PRAGMA user_version = 4")
    database.commit()
    database.close()
    return path


@pytest.mark.parametrize("name", ["csv", "html", "json", "junit", "markdown", "text"])
def test_a_recording_without_a_verdict_says_so(recording_of_version_4, name):
    result = run("report", "--format", name, recording_of_version_4)
    assert (result.returncode, result.stderr) == (0, "")
    assert "o leak was found" not in result.stdout
    if name == "json":
        report = json.loads(result.stdout)
        assert (report["leaks"], report["suspects"]) == (None, None)
    elif name == "csv":
        assert {row["leak"] for row in csv.DictReader(io.StringIO(result.stdout))} == {"unknown"}
    else:
        assert re.search("leaks are not known: this recording is of a pymemtop that did not tell them",
                         result.stdout, re.I)


def test_a_condition_on_what_is_not_known_is_no_success(recording_of_version_4):
    result = run("report", "--fail-on", "leak", recording_of_version_4)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--fail-on leak cannot be told" in result.stderr
    assert run("report", "--quiet", "--fail-on", "rss>1", recording_of_version_4).returncode == 3


def test_the_replay_of_one_without_a_verdict_says_so(recording_of_version_4, pty):
    terminal = pty("replay", recording_of_version_4)
    terminal.wait(rb"REPLAY")
    terminal.type(b"L")
    terminal.wait(rb"whether a line leaks is not known")
    terminal.type(b"q")
    assert terminal.wait_exit() == 0


# ---- in a browser

def chromium(page, tmp_path, *options):
    if not CHROMIUM:
        pytest.skip("needs chromium")
    return subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--user-data-dir={}".format(tmp_path / "profile"), *options, page.as_uri()],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=2 * LIMIT, check=True).stdout.decode()


def test_script_of_the_page_runs_and_no_other(page, tmp_path):
    dom = chromium(page, tmp_path, "--dump-dom")
    assert 'aria-sort="none"' in dom  # the script has run, though the policy stands
    assert "<title>taken</title>" not in dom


def test_tables_are_sorted_by_their_headings(page, tmp_path):
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
    click = "<script>document.querySelectorAll('#invocations th')[0].click()</script></body>"
    page.write_text(text.replace("</body>", click), encoding="utf-8")
    dom = chromium(page, tmp_path, "--dump-dom")
    table = dom[dom.index('id="invocations"'):dom.index('id="source"')]
    numbers = [int(number) for number in re.findall(r'<tr[^>]*><td data-v="(\d+)"', table)]
    assert numbers == list(range(12, -1, -1))
    assert 'aria-sort="descending"' in table


@pytest.mark.parametrize("width", [360, 1200])
def test_page_is_no_wider_than_its_window(page, tmp_path, width):
    """What is wider, a table or the source, scrolls by itself."""
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
    frame = tmp_path / "frame.html"
    page.write_text(text.replace("</body>", "<script>parent.postMessage([document.documentElement."
                                 "scrollWidth, innerWidth], '*')</script></body>"), encoding="utf-8")
    frame.write_text("<p>none</p><script>onmessage = e => document.querySelector('p').textContent ="
                     " e.data.join(' of ')</script><iframe src='page.html' width={} height=600 "
                     "style='border: 0'></iframe>".format(width))
    dom = chromium(frame, tmp_path, "--dump-dom", "--virtual-time-budget=5000")
    needed, shown = map(int, re.search(r"<p>(\d+) of (\d+)</p>", dom).groups())
    assert shown == width and needed <= shown
