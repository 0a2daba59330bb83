"""Apps of the v2 programming model under the host."""

import json

import pytest
from programs import Report, Server, batch, wait_for

pytestmark = pytest.mark.usefixtures("packages")

HEAD = "import azure.functions as func\n"
APP = HEAD + "app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)\n"
HELLO = APP + """
KEPT = []
@app.route(route="hello/{name=you}", methods=["GET"])
async def hello(req: func.HttpRequest) -> func.HttpResponse:
    KEPT.append(bytearray(8 << 20))
    return func.HttpResponse("hello " + req.route_params["name"])
"""
ORDERS = HEAD + """
bp = func.Blueprint()
@bp.route(route="orders/{id}")
def order(req: func.HttpRequest) -> str:
    return json_of(req.route_params["id"])

def json_of(id):
    return '{"id": "%s"}' % id

@bp.queue_trigger(arg_name="msg", queue_name="in", connection="C")
@bp.queue_output(arg_name="out", queue_name="out", connection="C")
def work(msg: func.QueueMessage, out: func.Out[str]) -> None:
    out.set(msg.get_body().decode().upper())
"""


@pytest.fixture
def v2(write_app):
    def write(source, **more):
        return write_app({"host.json": '{"version": "2.0"}', "function_app.py": source, **more})
    return write


@pytest.fixture
def app(v2):
    return v2(HELLO + "import shop.orders\napp.register_functions(shop.orders.bp)\n",
              **{"shop/__init__.py": "", "shop/orders.py": ORDERS})


def test_batch(app):
    report = Report(app / "function_app.py", "-n", "3")
    assert [one["function"] for one in report.invocations][1:] == 3 * ["hello"]
    kept = report.line("function_app.py", "KEPT.append(bytearray(8 << 20))")
    assert kept["occurrences"] == 3
    assert abs(kept["increment_bytes"] - (24 << 20)) < 1 << 20
    # The module defines it, which is none of its calls.
    assert not any(line["occurrences"] for line in report.file("function_app.py")["lines"]
                   if line["source"].startswith("async def hello"))


def test_report_of_a_module_without_lines(app):
    """An empty file runs on no line of its own, which is nothing to complain of."""
    result = batch(app)
    assert result.returncode == 0
    assert "table of lines is full" not in result.stderr


def test_one_function_by_name(app):
    result = batch(app, "--functions", "order", "--request", "/api/orders/7")
    assert result.returncode == 0
    assert 'return json_of(req.route_params["id"])' in result.stdout
    assert "KEPT.append" not in result.stdout
    result = batch(app, "--functions", "order", "nothing")
    assert result.returncode == 4
    result = batch(app, "--functions", "nothing")
    assert result.returncode == 4
    assert "the app in {} has no 'nothing'".format(app) in result.stderr.splitlines()[-1]


def test_batch_of_a_queue_function(app):
    result = batch(app, "--verbose", "--functions", "work", "--data", "some words")
    assert result.returncode == 0
    assert "Output 'out' (queue): SOME WORDS" in result.stderr
    assert "out.set(msg.get_body().decode().upper())" in result.stdout


def test_start(app, start):
    server = start(app)
    assert server.get("hello/ann") == (200, b"hello ann")
    assert server.get("hello") == (200, b"hello you")
    assert server.get("orders/9") == (200, b'{\n  "id": "9"\n}')
    assert server.get("hello/ann", data=b"x")[0] == 404  # a POST
    server.wait_line(r"^\thello: \[GET\] http://localhost:\d+/api/hello/\{name=you\}$")
    server.wait_line(r"^\torder: http://localhost:\d+/api/orders/\{id\}$")
    server.wait_line(r"^\twork: queueTrigger$")
    assert server.stop() == 0


def test_admin_runs_a_function(app, start):
    server = start(app)

    def ask(path, body=None):
        status, headers, answer = server.request("/admin/" + path, data=body)
        return status, json.loads(answer) if "json" in headers.get("Content-Type", "") else answer

    assert ask("functions/work", b'{"input": "to do"}') == (202, b"")
    server.wait_line(r"Executing 'Functions\.work'")
    server.wait_line(r"Output 'out' \(queue\): TO DO$")
    server.wait_line(r"Executed 'Functions\.work' \(Succeeded")
    assert ask("functions/Work", b'{"input": {"a": 1}}') == (202, b"")
    server.wait_line(r"Output 'out' \(queue\): \{\"A\": 1\}$")
    assert ask("functions/hello", b'{"input": ""}')[0] == 202
    assert ask("functions/nothing", b'{"input": ""}')[0] == 404
    assert ask("functions/work", b"")[0] == 400
    assert ask("functions/work", b"not JSON")[0] == 400
    assert ask("functions/work", b'["input"]')[0] == 400
    assert ask("host/ping") == (200, b"")
    status, host = ask("host/status")
    assert (status, host["state"]) == (200, "Running")
    assert [one["name"] for one in ask("functions")[1]] == ["hello", "order", "work"]
    status, work = ask("functions/work")
    assert work["config"]["bindings"][0]["type"].startswith("queue")
    assert ask("functions/Work/status") == (200, {"errors": []})
    assert ask("functions/nothing/status")[0] == 404
    assert ask("nothing")[0] == 404
    assert server.request("/admin/host/status", method="DELETE")[0] == 405


def test_requests_wait_for_the_first_load(v2):
    """They come before it is known which functions there are."""
    app = v2("import os, time\n" + HELLO + "while not os.path.exists('go'): time.sleep(0.01)\n")
    server = Server(app)
    try:
        early = server.begin("hello/early")
        status, _, body = server.request("/admin/host/status")
        assert (status, json.loads(body)["state"]) == (200, "Starting")
        (app / "go").touch()
        assert early.result() == (200, b"hello early")
    finally:
        server.end()


@pytest.mark.parametrize("source, error", [
    (HEAD, "Could not find top level function app instances in function_app.py."),
    (APP + "import nothing_there\n", "No module named 'nothing_there'"),
    (APP, "no functions in "),
    # One function that does not fit takes the others with it, as on Azure.
    (HELLO + "@app.route(route='bad')\ndef bad(_req): pass\n",
     "bad cannot be indexed, and so no function of the app is there, as on Azure: parameter "),
    (HELLO + "@app.route(route='bad')\ndef bad(req: 1) -> str: pass\n",
     "bad cannot be indexed, and so no function of the app is there, as on Azure: "),
])
def test_app_that_cannot_be_indexed(v2, start, source, error):
    app = v2(source)
    result = batch(app)
    assert result.returncode == 4
    assert error in result.stderr.splitlines()[-1]
    server = start(app)
    server.wait_line(error.replace("'", "."))
    # The host stays up, without functions.
    assert server.request("/")[0] == 200
    assert server.get("hello")[0] == 404
    assert json.loads(server.request("/admin/host/status")[2])["state"] == "Error"


def test_script_of_another_name(write_app):
    app = write_app({"main.py": HELLO, "local.settings.json": json.dumps(
        {"IsEncrypted": False, "Values": {"PYTHON_SCRIPT_FILE_NAME": "main.py"}})})
    assert batch(app).returncode == 0


def test_both_models_at_once(v2):
    """function_app.py wins."""
    app = v2(HELLO, **{"Old/function.json": "{}", "Old/__init__.py": ""})
    result = batch(app)
    assert result.returncode == 0
    assert "async def hello" in result.stdout


RETRIED = APP + """
import json
@app.queue_trigger(arg_name="msg", queue_name="in", connection="C")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00.05")
def work(msg: func.QueueMessage, context: func.Context) -> None:
    retry = context.retry_context
    print("attempt", retry.retry_count, "of", retry.max_retry_count,
          retry.exception and retry.exception.message)
    if retry.retry_count < int(msg.get_body()):
        raise ValueError("number {}".format(retry.retry_count))
"""


def test_retry_policy(v2, start):
    server = start(v2(RETRIED))
    run = server.request("/admin/functions/work", data=b'{"input": "1"}')[0]
    assert run == 202
    server.wait_line(r"attempt 0 of 2 None$")
    server.wait_line(r"Waiting for 0\.050 s before retrying work; attempt 1$")
    server.wait_line(r"attempt 1 of 2 ValueError: number 0$")
    server.wait_line(r"Executed 'Functions\.work' \(Succeeded")
    before = len(server.console)
    server.request("/admin/functions/work", data=b'{"input": "9"}')
    server.wait_line(r"attempt 2 of 2 ValueError: number 1$", before)
    wait_for(lambda: server.console.count("(Failed", before) == 3, "end of the last attempt")
    server.request("/admin/functions/work", data=b'{"input": "0"}')
    server.wait_line(r"\(Succeeded", before)
    assert server.console[before:].count("(Failed") == 3
    assert "attempt 3" not in server.console
    assert server.stop() == 0


def test_stop_while_a_retry_waits(v2, start):
    server = start(v2(RETRIED.replace("00:00:00.05", "01:00:00")))
    server.request("/admin/functions/work", data=b'{"input": "1"}')
    server.wait_line(r"Waiting for 3600\.000 s")
    assert server.stop() == 0


def test_chosen_function_that_is_disabled(app, start):
    env = {"AzureWebJobs.order.Disabled": "true"}
    result = batch(app, "--functions", "order", env=env)
    assert result.returncode == 4
    assert "the function order is not loaded: it is disabled" in result.stderr.splitlines()[-1]
    server = start(app, "--functions", "order", env=env)
    server.wait_line("the function order is not loaded: it is disabled")
    assert server.get("orders/1")[0] == 404
    assert server.stop() == 0


def test_run_that_comes_while_the_app_is_loaded_anew(v2, start):
    """Its retry, too: neither is lost."""
    slow = RETRIED + "import os, time\nwhile os.path.exists('wait'): time.sleep(0.01)\n"
    app = v2(slow.replace("00:00:00.05", "00:00:01"))
    server = start(app)
    server.request("/admin/functions/work", data=b'{"input": "1"}')
    server.wait_line("Waiting for 1\\.000 s before retrying work")
    (app / "wait").touch()
    (app / "function_app.py").write_text(slow.replace("00:00:00.05", "00:00:02"))
    server.wait_line("the app is loaded again")
    late = server.begin("nothing")  # held back until the functions are known
    from time import sleep
    sleep(1.5)  # the retry falls due meanwhile
    (app / "wait").unlink()
    assert late.result()[0] == 404
    server.wait_line("attempt 1 of 2 ValueError: number 0$")
