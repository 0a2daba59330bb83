"""`pymemtop diff`: two recordings, line by line, through edits, and --fail-on."""

import json
import os
import re
import shutil
import sqlite3

import pytest

import programs
from programs import APPS, HTTP_FUNCTION, run

pytestmark = pytest.mark.usefixtures("packages")

APP = """import azure.functions as func

PAGES = []


def fetch(text):
    page = text * 1000
    return page


def main(req: func.HttpRequest) -> func.HttpResponse:
    page = fetch(req.params.get("a", "0123456789") + str(len(PAGES)))
    # here
    return func.HttpResponse(str(len(page)))
"""
LEAK = APP.replace("    # here\n", "    PAGES.append(page)\n")
# The same, moved to a module of its own, and with another text above.
MOVED = APP[:APP.index("def fetch")] + APP[APP.index("def main"):]
MOVED = "import json\n" + MOVED.replace("PAGES = []", "from shared.pages import fetch\nPAGES = []")
MODULE = APP[APP.index("def fetch"):APP.index("def main")]


def record(folder, name, source, requests=3, files=(), options=()):
    app = folder / "app"
    shutil.rmtree(app, ignore_errors=True)
    for path, text in {"host.json": '{"version": "2.0"}', "Page/function.json": HTTP_FUNCTION,
                       "Page/__init__.py": source, **dict(files)}.items():
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        (app / path).write_text(text)
    path = folder / (name + ".pymemtop")
    result = run("--batch", "--quiet", "-n", requests, *options,
                 "--record={}".format(path), app / "Page")
    assert result.returncode == 0, result.stderr
    return path


def diff(*arguments, status=0):
    result = run("diff", *arguments)
    assert result.returncode == status, result.stderr
    return result


def lines(before, after):
    told = json.loads(diff("--format", "json", before, after).stdout)["lines"]
    return told, {(line["after"] or line["before"])["source"].strip(): line for line in told}


def test_equal_runs_do_not_fail(tmp_path):
    paths = [record(tmp_path, str(i), APP) for i in range(4)]
    for before in paths:
        for after in paths:
            diff(before, after, "--quiet", "--fail-on", "growth>1%, increment>1M")
    without = [record(tmp_path, "off{}".format(i), APP, options=["--heap", "off"])
               for i in range(3)]
    for after in without:
        diff(without[0], after, "--quiet", "--fail-on", "growth>1%")
        assert "less than 1 MiB is noise" in diff(without[0], after).stdout


def test_a_leak_fails(tmp_path):
    before, after = record(tmp_path, "a", APP, 30), record(tmp_path, "b", LEAK, 30)
    result = diff(before, after, "--fail-on", "growth>100K", status=3)
    assert result.stderr.startswith("pymemtop: growth>100K: the heap grew by ")
    assert " at the end of invocation 30\n" in result.stderr and result.stderr.count("\n") == 1
    diff(after, before, "--fail-on", "growth>100K")
    told, by_source = lines(before, after)
    # What is kept is charged to the line that allocated it, and that comes first.
    assert told[0]["after"]["source"].strip() == "page = text * 1000"
    assert told[0]["after"]["retained_per_invocation_bytes"] >= 10000
    assert told[0]["before"]["retained_per_invocation_bytes"] < 1000
    assert by_source["PAGES.append(page)"]["text"] == "new"
    assert by_source["PAGES.append(page)"]["before"] is None


def test_other_numbers_of_requests(tmp_path):
    before, after = record(tmp_path, "a", LEAK, 10), record(tmp_path, "b", LEAK, 30)
    diff(before, after, "--fail-on", "growth>20K")
    told = json.loads(diff("--format", "json", before, after).stdout)
    assert [told[side]["invocations"] for side in ("before", "after")] == [10, 30]
    assert [told[side]["memory_invocation"] for side in ("before", "after")] == [10, 10]
    _, by_source = lines(before, after)
    page = by_source["page = text * 1000"]
    assert [page[side]["invocations"] for side in ("before", "after")] == [10, 30]
    assert abs(page["before"]["net_per_invocation_bytes"]
               - page["after"]["net_per_invocation_bytes"]) < 2000


def test_a_function_that_moved(tmp_path):
    before = record(tmp_path, "a", APP)
    after = record(tmp_path, "b", MOVED, files={"shared/pages.py": MODULE}.items())
    _, by_source = lines(before, after)
    page = by_source["page = text * 1000"]
    assert page["text"] == "same"
    assert (page["before"]["path"], page["after"]["path"]) == ("Page/__init__.py",
                                                               "shared/pages.py")
    text = diff(before, after).stdout
    assert "\n+" in text and ": import json\n" in text


def test_two_apps(tmp_path):
    before = record(tmp_path, "a", APP)
    (tmp_path / "other").mkdir()
    path = tmp_path / "other.pymemtop"
    result = run("--batch", "--quiet", "--record={}".format(path),
                 os.path.join(APPS, "memory", "Idle"))
    assert result.returncode == 0, result.stderr
    assert "two different apps, app and memory" in diff(before, path).stdout


def test_packages_of_other_versions(tmp_path):
    """As pip leaves them, of the virtual environment and of a deployment."""
    folder = ".python_packages/lib/site-packages/{}.dist-info/METADATA"
    sets = {"a": ["Some_Dep-1.0", "same-3", "gone-0.1.dev2"], "b": ["some.dep-2.0rc1", "same-3"]}
    before, after = [record(tmp_path, name, APP,
                            files={folder.format(each): "" for each in packages}.items())
                     for name, packages in sets.items()]
    text = diff(before, after).stdout
    assert re.findall("^Package .*", text, re.M) == [
        "Package gone: 0.1.dev2 before, none after", "Package some-dep: 1.0 before, 2.0rc1 after"]
    assert json.loads(diff("--format", "json", before, after).stdout)["packages"] == [
        {"name": "gone", "before": "0.1.dev2", "after": None},
        {"name": "some-dep", "before": "1.0", "after": "2.0rc1"}]
    assert "Package" not in diff(after, after).stdout
    database = sqlite3.connect(after)
    assert ("same", "3") in database.execute("SELECT * FROM packages").fetchall()
    assert database.execute("SELECT count(*) FROM packages WHERE name = 'azure-functions'"
                            ).fetchone() == (1,)
    # A recording that does not tell has no packages, not less of them.
    database.execute("DROP TABLE packages")
    database.close()
    assert "Package" not in diff(before, after).stdout


def test_output_goes_to_a_file(tmp_path):
    path = record(tmp_path, "a", APP)
    target = tmp_path / "x.json"
    result = diff(path, path, "--format", "json", "-o", target)
    assert result.stdout == "" and json.loads(target.read_text())["growth_bytes"] == 0


def test_what_cannot_be_compared(tmp_path):
    path = record(tmp_path, "a", APP)
    text = tmp_path / "text"
    text.write_text("no database")
    newer = tmp_path / "newer.pymemtop"
    shutil.copy(path, newer)
    database = sqlite3.connect(newer)
    database.execute("PRAGMA user_version = 99")
    database.close()
    for arguments, status, words in [
            ([path], 2, "needs two recordings"), ([path, path, path], 2, "is a third one"),
            ([path, tmp_path / "gone"], 2, "No such file"), ([path, text], 2, "not a database"),
            ([path, newer], 2, "newer.pymemtop was made by a newer pymemtop"),
            ([newer, path], 2, "newer.pymemtop was made by a newer pymemtop"),
            ([path, path, "--format", "csv"], 2, "text or json"),
            ([path, path, "--fail-on", "leak"], 2, "it takes growth>5%"),
            ([path, path, "--fail-on", "growth>5"], 0, "")]:
        result = diff(*arguments, status=status)
        assert words in result.stderr and result.stderr.count("\n") <= 1, result.stderr


def test_a_recording_without_an_invocation(tmp_path):
    """The app could not be loaded: there is nothing to compare."""
    path = record(tmp_path, "a", APP)
    app = tmp_path / "app" / "Page" / "__init__.py"
    app.write_text("def main(:\n")
    broken = tmp_path / "broken.pymemtop"
    result = run("--batch", "--quiet", "-n", 1, "--record={}".format(broken), app.parent)
    assert result.returncode == 4, result.stderr
    for pair in (path, broken), (broken, path):
        result = diff(*pair, status=4)
        assert "broken.pymemtop has no invocation in it" in result.stderr
        assert result.stderr.count("\n") == 1
