"""A saved file brings a new worker, and nothing is lost or mixed."""

import json
import os
import shutil

import pytest
from programs import HTTP_FUNCTION, wait_for

pytestmark = pytest.mark.usefixtures("packages")

FUNCTION = HTTP_FUNCTION
SOURCE = """import helper
import azure.functions as func

def main(req: func.HttpRequest) -> str:
    return helper.word()
"""
V2 = """import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route()
def first(req: func.HttpRequest) -> str:
    return "first"
"""
LOADED_AGAIN = r"changed: the app is loaded again$"


@pytest.fixture
def app(write_app):
    return write_app({"host.json": "{}", "Fn/function.json": FUNCTION, "Fn/__init__.py": SOURCE,
                      "helper.py": "def word():\n    return 'one'\n"})


def answers(server, function, *expected):
    """Wait until the function answers so."""
    wait_for(lambda: server.get(function) == expected, lambda: server.console)


def test_saved_source(app, start):
    server = start(app, "--report", "--format", "json", "-o", app / "out.json")
    worker = server.worker
    assert server.get("Fn") == (200, b"one")
    (app / "helper.py").write_text("def word():\n    kept = 2\n    return 'two'\n")
    server.wait_line(r"helper\.py " + LOADED_AGAIN)
    # Requests wait for the new worker: none sees the old one any more.
    assert server.get("Fn") == (200, b"two")
    assert server.worker != worker
    assert server.stop() == 0
    files = json.loads((app / "out.json").read_text())["files"]
    versions = {(os.path.basename(one["path"]), one["version"], one["retired"]):
                [line["source"].strip() for line in one["lines"] if line["occurrences"]]
                for one in files}
    assert "return 'one'" in versions["helper.py", 1, True]
    assert versions["helper.py", 2, False][-2:] == ["kept = 2", "return 'two'"]
    assert ("__init__.py", 1, False) in versions and ("__init__.py", 2, False) not in versions


def test_saved_twice_within_a_second(app, start):
    """Python itself would take the bytecode of the first for that of the second."""
    helper = app / "helper.py"
    server = start(app, env={"PYTHONDONTWRITEBYTECODE": ""})
    assert server.get("Fn") == (200, b"one")
    assert list((app / "__pycache__").glob("helper.*.pyc"))
    saved = helper.stat()
    helper.write_text("def word():\n    return 'two'\n")
    os.utime(helper, ns=(saved.st_atime_ns, saved.st_mtime_ns))
    assert helper.stat().st_size == saved.st_size
    answers(server, "Fn", 200, b"two")


def test_saved_as_it_was(app, start):
    server = start(app)
    worker = server.worker
    helper = app / "helper.py"
    helper.write_text(helper.read_text())
    (app / "Fn" / "notes.txt").write_text("not a source")
    (app / "other.py").write_text("")  # the one that is a change
    server.wait_line(r"\] other\.py " + LOADED_AGAIN)
    assert server.get("Fn") == (200, b"one")
    assert server.worker != worker


@pytest.mark.host
def test_function_json_and_host_json(app, start):
    server = start(app)
    (app / "Fn" / "function.json").write_text(FUNCTION.replace('"name": "req"',
                                                               '"name": "req", "route": "moved"'))
    answers(server, "moved", 200, b"one")
    assert server.get("Fn")[0] == 404
    (app / "host.json").write_text(
        '{"version": "2.0", "extensions": {"http": {"routePrefix": "v1"}}}')
    wait_for(lambda: server.request("/v1/moved")[0] == 200, lambda: server.console)
    assert server.get("moved")[0] == 404
    (app / "New").mkdir()
    (app / "New" / "__init__.py").write_text(SOURCE)
    (app / "New" / "function.json").write_text(FUNCTION)
    wait_for(lambda: server.request("/v1/New")[0] == 200, lambda: server.console)


def by_rename(path, text):
    """The new text is another file, which takes the place of the old one."""
    new = path.with_name("." + path.name + ".new")
    new.write_text(text)
    new.rename(path)


def by_backup(path, text):
    """The old file is moved away, the text written anew, and then the old file deleted."""
    backup = path.rename(path.with_name(path.name + "~"))
    path.write_text(text)
    backup.unlink()


@pytest.mark.host
@pytest.mark.parametrize("save", [by_rename, by_backup])
def test_editors_that_write_another_file(app, start, save):
    server = start(app)
    for word in ("two", "three"):  # the second is of a file that came in place of the first
        save(app / "helper.py", "def word():\n    return '{}'\n".format(word))
        answers(server, "Fn", 200, word.encode())
    save(app / "Fn" / "function.json", FUNCTION.replace('"name": "req"',
                                                        '"name": "req", "route": "moved"'))
    answers(server, "moved", 200, b"three")
    save(app / "host.json", '{"version": "2.0", "extensions": {"http": {"routePrefix": "v1"}}}')
    wait_for(lambda: server.request("/v1/moved")[0] == 200, lambda: server.console)


@pytest.mark.host
def test_last_of_many_saves_holds(app, start):
    server = start(app)
    for number in range(200):
        (app / "helper.py").write_text("def word():\n    return '{}'\n".format(number))
    answers(server, "Fn", 200, b"199")
    server.wait_line(LOADED_AGAIN)


@pytest.mark.host
def test_function_json_that_is_deleted(app, start):
    (app / "Other").mkdir()
    (app / "Other" / "__init__.py").write_text(SOURCE)
    (app / "Other" / "function.json").write_text(FUNCTION)
    server = start(app)
    (app / "Fn" / "function.json").unlink()
    answers(server, "Fn", 404, b"")
    assert server.get("Other") == (200, b"one")
    (app / "Fn" / "function.json").write_text(FUNCTION)
    answers(server, "Fn", 200, b"one")


def test_fault_and_its_mending_while_an_invocation_runs(write_app, start):
    """The worker that comes is that of the text that was saved last."""
    app = write_app({"host.json": "{}", "function_app.py": V2 + """
import os, time
@app.route()
def slow(req: func.HttpRequest) -> str:
    while not os.path.exists("go"):
        time.sleep(0.01)
    return "old"
"""})
    server = start(app)
    slow = server.begin("slow")
    server.wait_line("Executing 'Functions.slow'")
    (app / "function_app.py").write_text("def broken(:\n")
    said = server.wait_line(LOADED_AGAIN)
    (app / "function_app.py").write_text(V2.replace('"first"', '"mended"'))
    server.wait_line(LOADED_AGAIN, said.end())
    late = server.begin("first")
    (app / "go").touch()
    assert slow.result() == (200, b"old")
    assert late.result() == (200, b"mended")
    assert "SyntaxError" not in server.console


def test_fault_and_its_mending(app, start):
    server = start(app)
    source = app / "Fn" / "__init__.py"
    source.write_text("def main(req:\n")
    server.wait_line("Fn could not be loaded: SyntaxError")
    assert server.get("Fn") == (500, b"")
    source.write_text(SOURCE)
    answers(server, "Fn", 200, b"one")


@pytest.mark.host
def test_broken_host_json_leaves_the_app_as_it_was(app, start):
    server = start(app)
    worker = server.worker
    (app / "host.json").write_text("{ broken")
    server.wait_line(r"host\.json:1:8: not JSON.*; the app goes on as it was until that is mended$")
    assert server.get("Fn") == (200, b"one")
    assert server.worker == worker
    (app / "host.json").write_text('{"version": "2.0", "functionTimeout": "00:00:07"}')
    server.wait_line(r"host\.json " + LOADED_AGAIN)
    assert server.get("Fn") == (200, b"one")


def test_running_invocations_finish_first(write_app, start):
    app = write_app({"host.json": "{}", "function_app.py": V2 + """
import os, asyncio
@app.route()
async def slow(req: func.HttpRequest) -> str:
    while not os.path.exists("go"):
        await asyncio.sleep(0.01)
    return "old"
"""})
    server = start(app)
    slow = server.begin("slow")
    server.wait_line("Executing 'Functions.slow'")
    path = app / "function_app.py"
    path.write_text(path.read_text().replace('"old"', '"new"').replace('"first"', '"second"'))
    server.wait_line(LOADED_AGAIN)
    late = server.begin("first")  # waits
    (app / "go").touch()
    assert slow.result() == (200, b"old")
    assert late.result() == (200, b"second")
    assert server.get("slow") == (200, b"new")


def test_handler_that_does_not_finish_is_told(write_app, start):
    app = write_app({"host.json": "{}", "function_app.py": V2 + """
import time
@app.route()
def stuck(req: func.HttpRequest) -> str:
    while True:
        time.sleep(0.1)
"""})
    server = start(app)
    stuck = server.begin("stuck")
    server.wait_line("Executing 'Functions.stuck'")
    (app / "other.py").write_text("")
    status, body = stuck.result()
    assert status == 502 and b"the app was changed while this ran" in body
    assert server.get("first") == (200, b"first")


def test_functions_of_a_v2_app_come_and_go(write_app, start):
    app = write_app({"host.json": "{}", "function_app.py": V2})
    server = start(app)
    assert server.get("first") == (200, b"first")
    (app / "function_app.py").write_text(V2.replace("first", "renamed"))
    answers(server, "renamed", 200, b"renamed")
    assert server.get("first")[0] == 404
    (app / "function_app.py").write_text(V2 + "raise ValueError('not yet')\n")
    server.wait_line("the app could not be loaded: ValueError: not yet")
    assert server.get("renamed")[0] == 404
    assert json.loads(server.request("/admin/host/status")[2])["state"] == "Error"
    (app / "function_app.py").write_text(V2)
    answers(server, "first", 200, b"first")


@pytest.mark.host
def test_worker_that_dies_while_a_change_waits(write_app, start):
    app = write_app({"host.json": "{}", "function_app.py": V2 + """
import os, time
@app.route()
def dies(req: func.HttpRequest) -> str:
    while not os.path.exists("go"):
        time.sleep(0.01)
    os._exit(3)
"""})
    server = start(app)
    dies = server.begin("dies")
    server.wait_line("Executing 'Functions.dies'")
    (app / "function_app.py").write_text(V2.replace('"first"', '"second"'))
    server.wait_line(LOADED_AGAIN)
    (app / "go").touch()
    assert dies.result()[0] == 502
    answers(server, "first", 200, b"second")


@pytest.mark.host
def test_app_folder_that_is_deleted_and_made_again(app, start):
    server = start(app)
    copy = app.with_name("copy")
    shutil.copytree(app, copy)
    shutil.rmtree(app)
    server.wait_line("the app goes on as it was until that is mended")
    (copy / "helper.py").write_text("def word():\n    return 'again'\n")
    shutil.copytree(copy, app)
    answers(server, "Fn", 200, b"again")
    (app / "helper.py").write_text("def word():\n    return 'and again'\n")
    answers(server, "Fn", 200, b"and again")


@pytest.mark.host
def test_current_folder_that_is_moved_away(app, start, monkeypatch):
    monkeypatch.chdir(app)
    server = start(".")
    app.rename(app.with_name("moved"))
    shutil.copytree(app.with_name("moved"), app)
    (app / "helper.py").write_text("def word():\n    return 'new'\n")
    answers(server, "Fn", 200, b"new")
