"""The v2 programming model: what is found in function_app.py, and what is said of faults in it."""

import json

import pytest

pytestmark = pytest.mark.glue
HEAD = "import azure.functions as func\n"
APP = HEAD + "app = func.FunctionApp()\n"


def test_index(start):
    worker = start({"function_app.py": APP + """
import blue
app.register_functions(blue.bp)

@app.function_name("Other")
@app.route(route="things/{id:int}", methods=["GET", func.HttpMethod.POST],
           auth_level=func.AuthLevel.ANONYMOUS)
async def things(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.route_params["id"])

@app.schedule(schedule="0 */5 * * * *", arg_name="timer")
def tick(timer: func.TimerRequest) -> None:
    pass
""", "blue.py": HEAD + """
bp = func.Blueprint()

@bp.queue_trigger(arg_name="msg", queue_name="in", connection="C")
@bp.queue_output(arg_name="out", queue_name="out", connection="C")
@bp.retry(strategy="fixed_delay", max_retry_count="3", delay_interval="00:00:01")
def work(msg: func.QueueMessage, out: func.Out[str]) -> None:
    out.set(msg.get_body().decode() + "!")
"""})
    loaded = worker.load_v2()
    assert (loaded["error"], loaded["traceback"]) == (None, None)
    functions = {one["name"]: one for one in loaded["functions"]}
    assert set(functions) == {"Other", "tick", "work"}
    other, work = functions["Other"], functions["work"]
    assert other["asynchronous"] and not work["asynchronous"]
    assert other["path"] == other["script"] == str(worker.root / "function_app.py")
    assert (work["path"], work["line"]) == (str(worker.root / "blue.py"), 5)
    (trigger,) = [one for one in other["bindings"] if one["type"] == "httpTrigger"]
    assert trigger["route"] == "things/{id:int}" and trigger["methods"] == ["GET", "POST"]
    assert trigger["authLevel"].lower() == "anonymous"
    assert work["retry"] == {
        "strategy": "fixed_delay", "maxRetryCount": "3", "delayInterval": "00:00:01"}
    assert other["retry"] is None
    assert worker.call("Other", route={"id": "5"})[1] == b"5"
    assert worker.run("work", b"hello")["outputs"] == [
        {"name": "out", "type": "queue", "value": "hello!"}]
    assert worker.run("tick")["succeeded"]


def test_context_and_name(start):
    worker = start({"function_app.py": APP + """
import json
@app.route()
def here(req: func.HttpRequest, context: func.Context) -> str:
    return json.dumps([context.function_name, context.function_directory, __name__])
"""})
    assert worker.load_v2()["error"] is None
    assert json.loads(worker.call("here")[1]) == ["here", str(worker.root), "function_app"]


def test_another_script_name(start):
    worker = start({"main.py": APP + "@app.route()\ndef f(req): return 'x'\n"})
    assert [one["name"] for one in worker.load_v2("main.py")["functions"]] == ["f"]
    assert worker.call("f")[1] == b"x"


def test_asgi(start):
    worker = start({"function_app.py": HEAD + """
async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            print(message["type"], flush=True)
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = (await receive())["body"]
    await send({"type": "http.response.start", "status": 207, "headers": [(b"x-path",
                scope["path"].encode())]})
    await send({"type": "http.response.body", "body": body + b" " + scope["query_string"]})
app = func.AsgiFunctionApp(app=application, http_auth_level=func.AuthLevel.ANONYMOUS)
"""})
    (function,) = worker.load_v2()["functions"]
    assert function["name"] == "http_app_func" and function["asynchronous"]
    message, body = worker.call("http_app_func", method="POST", body=b"sent", route={"route": "a/b"},
                                url="http://localhost/a/b?q=1", query=[("q", "1")])
    assert message["error"] is None, message["traceback"]
    assert (message["status"], body) == (207, b"sent q=1")
    assert ["x-path", "/a/b"] in message["headers"]
    assert worker.shut_down() == 0
    assert worker.outputs == ["lifespan.startup\nlifespan.shutdown\n", ""]


def test_wsgi(start):
    worker = start({"function_app.py": HEAD + """
def application(environ, start_response):
    start_response("202 Accepted", [("Content-Type", "text/x"), ("X-Path", environ["PATH_INFO"])])
    return [environ["wsgi.input"].read(), b" ", environ["REQUEST_METHOD"].encode()]
app = func.WsgiFunctionApp(app=application)
"""})
    assert worker.load_v2()["error"] is None
    message, body = worker.call("http_app_func", method="PUT", body=b"in", url="http://h/x/y")
    assert message["error"] is None, message["traceback"]
    assert (message["status"], body) == (202, b"in PUT")
    assert ["X-Path", "/x/y"] in message["headers"]


NONE = "f cannot be indexed, and so no function of the app is there, as on Azure: "


@pytest.mark.parametrize("source, error", [
    (HEAD, "Could not find top level function app instances in function_app.py."),
    (APP + "other = func.FunctionApp()\n",
     "More than one top level function app instance in function_app.py: app, other."),
    ("import nothing_there\n", "ModuleNotFoundError: No module named 'nothing_there'. Cannot find "
                               "module. Please check the requirements.txt file"),
    ("def f(:\n", "SyntaxError: invalid syntax"),
    ("import sys\nsys.exit(4)\n", "SystemExit: 4"),
    (APP + "@app.function_name('f')\ndef f(req): pass\n",
     "ValueError: Function f does not have a trigger."),
    (APP + "for _ in 'ab':\n    @app.route()\n    def f(req): pass\n",
     "ValueError: Function f does not have a unique function name."),
    (APP + "@app.route()\ndef f(request): pass\n",
     NONE + 'parameter "request" of f() is no binding in the decorators; binding "req" in the '
     "decorators is no parameter of f()"),
    (APP + "@app.route()\ndef f(req: int): pass\n", NONE + 'binding "req" is an HTTP request'),
    (APP + "@app.queue_trigger(arg_name='m', queue_name='q', connection='c')\n"
           "def f(m: func.TimerRequest): pass\n",
     NONE + 'binding "m" of type "queueTrigger" does not match its annotation TimerRequest'),
    (APP + "@app.route()\n@app.schedule(arg_name='t', schedule='* * * * * *')\ndef f(req, t): 0\n",
     "ValueError: A trigger was already registered to this function."),
    (APP + "bp = func.Blueprint()\napp.register_functions(app)\n",
     "TypeError: functions can not be type of FunctionRegister!"),
])
def test_faults(start, source, error):
    worker = start({"function_app.py": source})
    loaded = worker.load_v2()
    assert loaded["functions"] == []
    assert loaded["error"].startswith(error)
    if not error.startswith(("Could", "More", NONE)):
        assert "function_app.py" in loaded["traceback"]
        assert "pymemtop" not in loaded["traceback"]


def test_the_same_app_under_two_names_is_one(start):
    worker = start({"function_app.py": APP + "again = app\n@app.route()\ndef f(req): return 'x'\n"})
    assert len(worker.load_v2()["functions"]) == 1


def test_missing_script(start):
    worker = start({})
    assert "No module named 'function_app'" in worker.load_v2()["error"]


def test_descriptions_that_json_has_no_words_for(start):
    """What is odd in a decorator is told as text; the functions run."""
    worker = start({"function_app.py": APP + """
import datetime
@app.generic_trigger(arg_name="item", type="someTrigger", far=2**70, not_one=float("nan"))
@app.retry(strategy="fixed_delay", max_retry_count="1",
           delay_interval=datetime.timedelta(seconds=2))
def f(item):
    pass
"""})
    loaded = worker.load_v2()
    assert loaded["error"] is None
    (function,) = loaded["functions"]
    assert function["retry"]["delayInterval"] == "0:00:02"
    assert function["bindings"][0]["far"] == str(2 ** 70)
    assert function["bindings"][0]["notOne"] == "nan"
    assert worker.run("f")["succeeded"]
