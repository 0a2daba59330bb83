"""`pymemtop start`: a headless host over real HTTP, with the console of `func start`."""

import glob
import json
import os
import re
import signal
import socket
import subprocess

import pytest

import programs
from programs import is_alive, wait_for

pytestmark = pytest.mark.usefixtures("packages")

DATE = r"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\] "
ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_console_lists_the_functions(copy_app, start):
    server = start(copy_app("death"))
    for name in ("Exit", "Fine", "Kill", "Segfault", "Wait"):
        server.wait_line(r"^\t{0}: \[GET,POST\] http://localhost:{1}/api/{0}$".format(name,
                                                                                    server.port))


def test_console_shows_each_call(copy_app, start):
    server = start(copy_app("death"))
    assert server.get("Fine") == (200, b"fine")
    begun = server.wait_line(DATE + r"Executing 'Functions\.Fine' \(Reason='.+', Id=({})\)$"
                             .format(ID))
    ended = server.wait_line(DATE + r"Executed 'Functions\.Fine' \(Succeeded, Id=({}), "
                             r"Duration=\d+ms\)$".format(ID))
    assert begun.group(1) == ended.group(1)
    assert begun.start() < ended.start()


def test_console_shows_a_failure(copy_app, start):
    server = start(copy_app("faulty"))
    assert server.get("Raises") == (500, b"")
    server.wait_line(DATE + "Exception: ZeroDivisionError: division by zero$")
    server.wait_line(DATE + r'  File ".*/Raises/__init__\.py", line 5, in divide$')
    server.wait_line(DATE + r"Executed 'Functions\.Raises' \(Failed, ")


def test_console_shows_what_the_app_says(copy_app, start):
    server = start(copy_app("web"))
    assert server.get("Words") == (200, b"said")
    for words in ("word by print", "two lines", "by print", "word on stderr", "word by write",
                  "word by logging", "warning by logging", "error by logging"):
        server.wait_line(DATE + words + "$")
    server.wait_line(DATE + "not . utf-8$")
    escape = server.wait_line(DATE + "escape .*sequence$")
    assert "\x1b" not in escape.group() and "\x07" not in escape.group()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_it_and_its_worker(copy_app, start, number):
    server = start(copy_app("death"))
    worker = server.worker
    assert server.get("Fine") == (200, b"fine")
    assert server.stop(number) == 0
    wait_for(lambda: not is_alive(worker), "end of the worker")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_stop_answers_what_is_pending(copy_app, start):
    app = copy_app("death")
    server = start(app)
    worker = server.worker
    call = server.begin("Wait")
    wait_for(lambda: os.path.exists(app / "waiting"), "call in the worker")
    assert server.stop() == 0
    assert call.result()[0] == 503
    wait_for(lambda: not is_alive(worker), "end of the worker")


def test_report_at_the_end(copy_app, start):
    server = start(copy_app("memory"), "--report")
    assert server.get("Keep") == (200, b"67108864")
    assert server.stop() == 0
    assert re.search(r"^ +8 +[\d.]+ MiB +6[34]\.\d MiB +1       block = bytearray", server.console,
                     re.M) or programs.SANITIZED
    assert "Line #    Mem usage    Increment  Occurrences   Line Contents" in server.console


def test_bodies_come_and_go_as_they_are(copy_app, start):
    server = start(copy_app("web"))
    for body in (b"", b"\0", bytes(range(256)) * 5, os.urandom(3 << 20), b"x" * (20 << 20)):
        status, headers, answer = server.request("/api/Echo", body)
        assert (status, headers["X-Length"]) == (200, str(len(body)))
        assert answer == body


def test_headers_query_and_status(copy_app, start):
    server = start(copy_app("web"))
    status, headers, body = server.request("/api/Echo?q=a%20b&q=%C3%BC&status=202",
                                           headers={"X-Sent": "some text", "X-Other": "1"})
    assert status == 202
    assert headers["X-Method"] == "GET"
    assert headers["X-Seen"] == "some text"
    assert headers["X-Query"].startswith("a b,")
    assert headers["Content-Type"] == "application/octet-stream"
    assert body == b""
    assert server.request("/api/Echo", b"x", method="POST")[1]["X-Method"] == "POST"


def test_what_no_function_serves(copy_app, start):
    server = start(copy_app("web"))
    assert server.request("/")[0] == 200
    assert server.request("/api/None")[0] == 404
    assert server.request("/Echo")[0] == 404
    assert server.request("/api/Echo", method="DELETE")[0] == 404
    assert server.request("/api/ECHO/")[0] == 200


def test_calls_run_side_by_side(copy_app, start):
    app = copy_app("web")
    server = start(app)
    slow = server.begin("Slow")
    server.wait_line("Executing 'Functions.Slow'")
    assert server.request("/api/Echo", b"meanwhile")[2] == b"meanwhile"
    (app / "go").touch()
    assert slow.result() == (200, b"held")


def test_client_that_goes_away(copy_app, start):
    app = copy_app("death")
    server = start(app)
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /api/Wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_for(lambda: os.path.exists(app / "waiting"), "call in the worker")
    assert server.get("Fine") == (200, b"fine")
    (app / "go").touch()
    server.wait_line(r"Executed 'Functions\.Wait'")
    assert server.get("Fine") == (200, b"fine")


def test_only_the_named_functions(copy_app, start):
    server = start(copy_app("death"), "--functions", "Fine", "--")
    assert server.get("Fine")[0] == 200
    assert server.get("Exit")[0] == 404
    assert "\tExit:" not in server.console


def test_local_settings_reach_the_app(write_app, start):
    root = write_app({
        "host.json": '{"version": "2.0", "extensions": {"http": {"routePrefix": "v1"}}}',
        "local.settings.json": '{"IsEncrypted": false, "Values": {"TOLD_BY_SETTINGS": "yes"}}',
        "Fn/function.json": programs.HTTP_FUNCTION.replace(
            '"name": "req"', '"name": "req", "route": "told/{name}"'),
        "Fn/__init__.py": "import os\nimport azure.functions as func\n\n\n"
                          "def main(req: func.HttpRequest) -> str:\n"
                          "    return req.route_params['name'] + os.environ['TOLD_BY_SETTINGS']\n"})
    server = start(root)
    assert server.request("/v1/told/really-")[::2] == (200, b"really-yes")


def test_packages_of_a_deployment(write_app, start):
    """Used where there is no virtual environment, behind the standard library; not profiled."""
    root = write_app({
        "host.json": "{}", "Fn/function.json": programs.HTTP_FUNCTION,
        "Fn/__init__.py": "import sys\nimport deployed\nimport json\n\n\n"
                          "def main(req) -> str:\n"
                          "    ours = [path for path in sys.path if path.startswith(sys.path[-1])]\n"
                          "    return deployed.words() + str(ours) + json.__name__\n"})
    packages = root / ".python_packages/lib/site-packages"
    (packages / "json").mkdir(parents=True)
    (packages / "json/__init__.py").write_text("raise ImportError('not that of the library')\n")
    (packages / "deployed.py").write_text("def words():\n    return 'deployed '\n")
    for package in glob.glob(programs.VENV + "/lib/python3*/site-packages/*"):
        (packages / os.path.basename(package)).symlink_to(package)
    server = start(root, "--report", env={"VIRTUAL_ENV": None})
    body = "deployed {}json".format([str(packages), str(root)])
    assert server.get("Fn") == (200, body.encode())
    assert server.stop() == 0
    assert "Filename: {}\n".format(root / "Fn/__init__.py") in server.console
    assert "deployed.py" not in server.console


def test_json_report_is_alone_on_standard_output(copy_app):
    process = subprocess.Popen(
        [programs.PYMEMTOP, "start", "-p", "0", "--report", "--format", "json", copy_app("web")],
        env=programs.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8")
    for line in process.stderr:
        if line.startswith("Functions:"):
            break
    process.terminate()
    stdout, _ = process.communicate(timeout=programs.LIMIT)
    assert json.loads(stdout)["app"].endswith("web")
