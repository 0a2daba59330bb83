"""The host's settings: CORS, keys, limits, log levels, both files and what stands over them."""

import json
import os
import re

import pytest

import programs
from programs import HTTP_FUNCTION, wait_for

pytestmark = pytest.mark.usefixtures("packages")

PLAIN = "def main(req):\n    return 'fine'\n"
# Answers when there is a file "go" in the app's folder.
HELD = """import os
import time
import threading

STARTED = []


def main(req):
    STARTED.append(1)
    with open("started", "w") as file:
        file.write(str(len(STARTED)))
    while not os.path.exists("go"):
        time.sleep(0.01)
    return "held"
"""


def app_files(host="{}", local=None, **functions):
    """An app with functions of those scripts; NAME=(script, authLevel) or NAME=script."""
    files = {"host.json": host}
    if local is not None:
        files["local.settings.json"] = json.dumps(dict({"IsEncrypted": False}, **local))
    for name, what in (functions or {"Fn": PLAIN}).items():
        script, level = what if isinstance(what, tuple) else (what, "anonymous")
        files[name + "/__init__.py"] = script
        files[name + "/function.json"] = HTTP_FUNCTION.replace(
            '"name": "req"', '"name": "req", "authLevel": "{}"'.format(level))
    return files


def http_json(**values):
    return json.dumps({"version": "2.0", "extensions": {"http": values}})


def started(app):
    """How many calls of HELD have begun."""
    try:
        with open(app / "started") as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return 0


# ---- CORS

PREFLIGHT = {"Origin": "http://a.example", "Access-Control-Request-Method": "PUT",
             "Access-Control-Request-Headers": "x-one,x-two"}


def cors_headers(headers):
    return {name: value for name, value in headers.items()
            if name.startswith("Access-Control-") or name == "Vary"}


def test_cors(write_app, start):
    server = start(write_app(app_files()), "--cors", "http://a.example")
    status, headers, body = server.request("/api/Fn", headers=PREFLIGHT, method="OPTIONS")
    assert (status, body) == (204, b"")
    assert cors_headers(headers) == {"Access-Control-Allow-Origin": "http://a.example",
                                     "Access-Control-Allow-Methods": "PUT",
                                     "Access-Control-Allow-Headers": "x-one,x-two"}
    assert "Executing" not in server.console
    for target, expected in (("/api/Fn", 200), ("/api/None", 404), ("/", 200)):
        status, headers, _ = server.request(target, headers={"Origin": "http://a.example"})
        assert status == expected
        assert cors_headers(headers) == {"Access-Control-Allow-Origin": "http://a.example"}
    assert cors_headers(server.request("/api/Fn")[1]) == {}


def test_cors_of_another_origin(write_app, start):
    server = start(write_app(app_files()), "--cors", "http://a.example")
    other = dict(PREFLIGHT, Origin="http://b.example")
    status, headers, _ = server.request("/api/Fn", headers=other, method="OPTIONS")
    assert (status, cors_headers(headers)) == (204, {})
    status, headers, body = server.request("/api/Fn", headers={"Origin": "http://b.example"})
    assert (status, body, cors_headers(headers)) == (200, b"fine", {})


def test_cors_with_credentials_of_several_origins(write_app, start):
    settings = {"Host": {"CORS": "http://a.example,http://b.example", "CORSCredentials": True}}
    server = start(write_app(app_files(local=settings)))
    headers = server.request("/api/Fn", headers={"Origin": "http://b.example"})[1]
    assert cors_headers(headers) == {"Access-Control-Allow-Origin": "http://b.example",
                                     "Access-Control-Allow-Credentials": "true",
                                     "Vary": "Origin"}


def test_cors_header_that_the_app_sets(write_app, start):
    script = ("import azure.functions as func\n\n\ndef main(req):\n"
              "    own = {'access-control-allow-origin': 'mine'}\n"
              "    return func.HttpResponse('x', headers=own)\n")
    server = start(write_app(app_files(Fn=script)), "--cors", "*")
    assert server.request("/api/Fn")[1]["Access-Control-Allow-Origin"] == "mine"
    headers = server.request("/api/Fn", headers={"Origin": "http://a"})[1]
    assert headers.get_all("Access-Control-Allow-Origin") == ["*"]


def test_without_cors_options_reaches_the_function(write_app, start):
    server = start(write_app(app_files()))
    status, headers, _ = server.request("/api/Fn", headers=PREFLIGHT, method="OPTIONS")
    assert (status, cors_headers(headers)) == (200, {})


def test_cors_faults(write_app, start):
    app = write_app(app_files())
    result = programs.run("start", "-p", "0", "--cors", "*", "--cors-credentials", app)
    assert result.returncode == 2
    assert "'*' does not go with credentials" in programs.error_line(result)
    server = start(app, "--cors", "http://a.example/")
    server.wait_line("no browser sends the origin 'http://a.example/'")


# ---- keys

def test_auth(write_app, start):
    server = start(write_app(app_files(Open=PLAIN, Fn=(PLAIN, "function"), Top=(PLAIN, "admin"))),
                   "--enableAuth", "--verbose")
    master = server.wait_line("the master key, .* is ([A-Za-z0-9_-]{43})$").group(1)
    key = server.wait_line(r"^\tFn: .*/api/Fn\?code=([A-Za-z0-9_-]{43})$").group(1)
    server.wait_line(r"^\tTop: .*/api/Top\?code=" + re.escape(master) + "$")
    server.wait_line(r"^\tOpen: .*/api/Open$")
    assert key != master

    def ask(name, key=None, code=None):
        status, _, body = server.request("/api/" + name + ("?code=" + code if code else ""),
                                         headers={"X-Functions-Key": key} if key else None)
        assert body == (b"" if status == 401 else b"fine")
        return status

    assert [ask("Open"), ask("Open", "wrong")] == [200, 200]
    assert [ask("Fn"), ask("Fn", "wrong"), ask("Fn", code="wrong")] == [401, 401, 401]
    assert [ask("Fn", key), ask("Fn", code=key), ask("Fn", master)] == [200, 200, 200]
    assert ask("Fn", "wrong", code=key) == 401
    assert [ask("Top", key), ask("Top", code=master)] == [401, 200]
    server.wait_line("401: GET /api/Top: no key, or a wrong one$")


def test_auth_of_the_admin_endpoints(write_app, start):
    values = {"host.master": "m", "host.function.default": "f"}
    server = start(write_app(app_files(local={"Values": values})), "--enableAuth")

    def ask(target, key=None):
        return server.request(target, headers={"x-functions-key": key} if key else None)[0]

    assert [ask("/admin/host/ping"), ask("/admin/warmup")] == [200, 200]
    for target in ("/admin/host/status", "/admin/functions", "/admin/functions/Fn"):
        assert [ask(target), ask(target, "f"), ask(target, "m")] == [401, 401, 200]


def test_auth_with_keys_of_the_settings(write_app, start):
    values = {"host.function.default": "all of them", "functions.fn.default": "its own"}
    server = start(write_app(app_files(local={"Values": values}, Fn=(PLAIN, "function"),
                                       Other=(PLAIN, "function"))), "--enable-auth")
    server.wait_line(r"^\tFn: .*\?code=its%20own$")
    server.wait_line(r"^\tOther: .*\?code=all%20of%20them$")
    assert server.get("Fn?code=its%20own")[0] == 200
    assert server.get("Other?code=its%20own")[0] == 401
    assert server.get("Fn?code=all+of+them")[0] == 200


def test_without_auth_all_is_open(write_app, start):
    server = start(write_app(app_files(Top=(PLAIN, "admin"))))
    assert server.get("Top") == (200, b"fine")


def test_auth_of_own_requests(write_app):
    app = write_app(app_files(Fn=(PLAIN, "function")))
    assert programs.batch("--enableAuth", "--quiet", app).returncode == 0
    result = programs.batch("--enableAuth", "--header", "X-Functions-Key: wrong", app)
    assert result.returncode == 1
    assert "answered with 401" in result.stderr


# ---- limits

def test_one_request_too_many(write_app, start):
    app = write_app(app_files(http_json(maxOutstandingRequests=1), Fn=HELD))
    server = start(app)
    call = server.begin("Fn")
    wait_for(lambda: started(app) == 1, "call in the worker")
    status, headers, body = server.request("/api/Fn")
    assert (status, headers["X-FUNCTION-SCALEOUT"], body) == (429, "1", b"")
    assert server.request("/")[0] == 200
    server.wait_line("Http request queue limit of 1 has been exceeded.$")
    (app / "go").touch()
    assert call.result() == (200, b"held")
    assert server.get("Fn") == (200, b"held")


def test_requests_that_wait_for_their_turn(write_app, start):
    app = write_app(app_files(http_json(maxConcurrentRequests=1), Fn=HELD, Second=PLAIN))
    server = start(app)
    first = server.begin("Fn")
    wait_for(lambda: started(app) == 1, "call in the worker")
    second = server.begin("Second")
    server.wait_line("Executing 'Functions.Second'")
    assert "Executed" not in server.console
    (app / "go").touch()
    assert first.result() == (200, b"held")
    assert second.result() == (200, b"fine")
    assert re.findall(r"Executed 'Functions\.(\w+)'", server.console)[0] == "Fn"


def test_timeout_of_the_load(write_app):
    """A request to an app that is long in loading is answered, and the app loads on."""
    script = ("import os\nimport time\nwhile not os.path.exists('go'):\n    time.sleep(0.01)\n"
              + PLAIN)
    app = write_app(app_files(Fn=script))
    server = programs.Server(app, "-t", "1")
    try:
        assert server.get("Fn") == (503, b"no worker was ready in time; see the output for why, or "
                                         b"wait longer with --timeout\n")
        (app / "go").touch()
        server.wait_line("^Functions:")
        assert server.get("Fn") == (200, b"fine")
    finally:
        server.end()


def test_timeout_of_a_plan(write_app):
    """The host on Azure does not start with a longer functionTimeout than its plan allows."""
    app = write_app({**app_files(Fn=PLAIN),
                     "host.json": '{"version": "2.0", "functionTimeout": "00:11:00"}'})
    result = programs.run("--batch", "--quiet", "--plan", "consumption", app)
    assert result.returncode == 4
    assert "functionTimeout must be 10 minutes or less on the plan consumption" in result.stderr
    assert programs.run("--batch", "--quiet", "--plan", "ep1", app).returncode == 0


# ---- log levels

LOGS = """import logging


def main(req):
    logging.debug("a debug line")
    logging.info("an info line")
    logging.error("an error line")
    return "fine"
"""


def said(server, name):
    """What the console shows of one call: the words in it."""
    assert server.get(name)[0] == 200
    server.stop()
    return set(re.findall("Executing|Executed|a debug line|an info line|an error line",
                          server.console))


def levels(**rules):
    return json.dumps({"version": "2.0", "logging": {"logLevel": rules}})


@pytest.mark.parametrize("rules, words", [
    ({}, {"Executing", "Executed", "an info line", "an error line"}),
    ({"default": "Warning"}, {"an error line"}),
    ({"default": "Warning", "Function.Fn": "Information"},
     {"Executing", "Executed", "an info line", "an error line"}),
    ({"Function.Fn.User": "Debug", "Function": "None"},
     {"a debug line", "an info line", "an error line"}),
    ({"Function.Fn.User": "None"}, {"Executing", "Executed"}),
    ({"Host": "None"}, {"Executing", "Executed", "an info line", "an error line"}),
])
def test_log_levels(write_app, start, rules, words):
    server = start(write_app(app_files(levels(**rules), Fn=LOGS)))
    assert said(server, "Fn") == words


def test_log_level_of_the_environment(write_app, start):
    server = start(write_app(app_files(levels(default="Information"), Fn=LOGS)),
                   env={"AzureFunctionsJobHost__logging__logLevel__default": "Error"})
    assert said(server, "Fn") == {"an error line"}


# ---- host.json and local.settings.json

def refused(app):
    result = programs.run("start", "-p", "0", app)
    assert result.returncode == 4, result.stderr
    return programs.error_line(result)


def test_host_json_faults(write_app):
    assert refused(write_app(app_files('{"functions": []}'), "a")) == \
        'host.json has no "version"; add "version": "2.0"'
    assert "logging.logLevel.default must be Trace" in \
        refused(write_app(app_files(levels(default="Loud")), "b"))
    assert "maxConcurrentRequests must be a number from 1" in \
        refused(write_app(app_files(http_json(maxConcurrentRequests=0)), "c"))


def test_custom_headers(write_app, start):
    script = ("import azure.functions as func\n\n\ndef main(req):\n"
              "    return func.HttpResponse('x', headers={'x-own': 'of the app'})\n")
    server = start(write_app(app_files(
        http_json(customHeaders={"X-Added": "always", "X-Own": "of host.json"}), Fn=script)))
    headers = server.request("/api/Fn")[1]
    assert headers["X-Added"] == "always"
    assert headers.get_all("X-Own") == ["of the app"]
    assert server.request("/api/None")[1]["X-Own"] == "of host.json"


def test_variables_stand_over_host_json(write_app, start):
    values = {"AzureFunctionsJobHost__functions__0": "One"}
    server = start(write_app(app_files(http_json(routePrefix="file"), local={"Values": values},
                                       One=PLAIN, Two=PLAIN)),
                   env={"AzureFunctionsJobHost__extensions__http__routePrefix": "env"})
    assert server.request("/env/One")[0] == 200
    assert server.request("/file/One")[0] == 404
    assert server.request("/env/Two")[0] == 404


def test_address_and_notices(write_app, start):
    local = {"Host": {"LocalHttpAddress": "127.0.0.9"},
             "Values": {"FUNCTIONS_WORKER_RUNTIME": "node", "HOME": "/elsewhere"}}
    app = write_app(app_files(local=local))
    server = start(app)
    line = server.wait_line(r"^\tFn: http://([\d.]+):(\d+)/api/Fn$")
    assert line.group(1) == "127.0.0.9"
    server.wait_line("Skipping 'HOME' from local settings as it's already defined in current "
                     "environment variables.$")
    server.wait_line("FUNCTIONS_WORKER_RUNTIME is 'node'")
    other = start(app, "--address", "127.0.0.1")
    assert other.get("Fn") == (200, b"fine")


def test_connection_strings_reach_the_app(write_app, start):
    script = ("import os\n\n\ndef main(req):\n"
              "    return os.environ['ConnectionStrings:Db'] + os.environ['Flag']\n")
    local = {"ConnectionStrings": {"Db": {"ConnectionString": "Server=x"}},
             "Values": {"Flag": True}}
    server = start(write_app(app_files(local=local, Fn=script)))
    assert server.get("Fn") == (200, b"Server=xTrue")


def test_script_root(write_app):
    app = write_app(app_files())
    result = programs.run("host", "start", "--script-root", "none", cwd=os.path.dirname(app))
    assert result.returncode == 4
    assert "cannot open none" in programs.error_line(result)
    result = programs.batch("--script-root", app.name, "Fn", cwd=os.path.dirname(app))
    assert result.returncode == 0, result.stderr
    assert "Line #" in result.stdout
