"""The functions host: loading as Azure loads, requests in, answers out."""

import json

import pytest
from worker_process import LOAD, LOADED, RESPONSE

pytestmark = pytest.mark.glue
HEAD = "import azure.functions as func\n"


def handler(body, returns="func.HttpResponse"):
    lines = "".join("    {}\n".format(line) for line in body.splitlines())
    return HEAD + "def main(req: func.HttpRequest) -> {}:\n{}".format(returns, lines)


# Loading.

def test_load_reports(start):
    worker = start({
        "plain/__init__.py": HEAD + "\n@staticmethod\ndef _x(): pass\ndef main(req): return 'p'\n",
        "asynchronous/__init__.py": HEAD + "async def main(req: func.HttpRequest) -> str:\n"
                                           "    return 'a'\n"})
    plain, asynchronous = worker.load("plain", "asynchronous")
    assert plain == {"name": "plain", "error": None, "traceback": None, "asynchronous": False,
                     "path": str(worker.root / "plain/__init__.py"), "line": 5, "notices": []}
    assert asynchronous["asynchronous"] and asynchronous["line"] == 2
    assert worker.call("plain")[1] == b"p" and worker.call("asynchronous")[1] == b"a"


def test_imports(start):
    """Relative ones, by __app__, and plain ones from the app root."""
    worker = start({
        "shared/__init__.py": "",
        "shared/words.py": "WORD = 'shared'\n",
        "plain_module.py": "WORD = 'plain'\n",
        "f/neighbour.py": "WORD = 'neighbour'\n",
        "f/__init__.py": HEAD + """
from . import neighbour
from ..shared import words
import __app__.shared.words
import shared.words as again
import plain_module
def main(req: func.HttpRequest) -> str:
    return " ".join([__name__, neighbour.WORD, words.WORD, __app__.shared.words.WORD, again.WORD,
                     plain_module.WORD])
"""})
    assert worker.load("f")["error"] is None
    assert worker.call("f")[1] == b"__app__.f neighbour shared shared shared plain"


def test_other_scripts(start):
    worker = start({
        "my-func/handler.py": HEAD + "async def run(req): return __name__\n",
        "shared/common.py": HEAD + "def run(req): return __name__\n"})
    assert worker.load("my-func", script="handler.py", entry_point="run")["error"] is None
    assert worker.call("my-func")[1] == b"__app__.my-func.handler"
    assert worker.load("f2", script="../shared/common.py", entry_point="run")["error"] is None
    assert worker.call("f2")[1] == b"__app__.shared.common"
    assert "is not a Python file below" in worker.load("f3", script="../../x.py")["error"]
    assert "is not a Python file below" in worker.load("f4", script="x.js")["error"]


@pytest.mark.parametrize("source, error, line", [
    ("import azure.functions\nf(x=1, x=1)\n", "SyntaxError: keyword argument repeated: x", 2),
    ("def f():\n    return 1 / 0\nf()\n", "ZeroDivisionError: division by zero", 2),
    ("import sys\n\nsys.exit(3)\n", "SystemExit: 3", 3),
    ("raise KeyboardInterrupt\n", "KeyboardInterrupt", 1),
    ("class Odd(BaseException): pass\nraise Odd('so')\n", "Odd: so", 2),
    ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'. Cannot "
     "find module. Please check the requirements.txt file for the missing module", 1),
    ("x = 'never closed\n", "SyntaxError: ", 1),
])
def test_load_failures(start, source, error, line):
    worker = start({"f/__init__.py": source, "good/__init__.py": handler("return 'good'")})
    failed, good = worker.load("f", "good")
    assert failed["error"].startswith(error)
    assert failed["path"] == str(worker.root / "f/__init__.py") and failed["line"] == line
    assert 'f/__init__.py", line {}'.format(line) in failed["traceback"]
    assert "pymemtop" not in failed["traceback"] and "importlib" not in failed["traceback"]
    if "No module" in error:
        assert "-m pip install -r requirements.txt" in failed["error"]
    assert good["error"] is None
    message, body = worker.call("f")
    assert (message["succeeded"], message["status"], body) == (False, 500, b"")
    assert message["error"] == failed["error"] and message["traceback"] == failed["traceback"]
    assert worker.call("good")[1] == b"good"


def test_not_utf8(start):
    worker = start({"f/__init__.py": b"x = '\xff\xfe'\ndef main(req): pass\n"})
    assert worker.load("f")["error"].startswith("SyntaxError:")
    worker = start({"latin/__init__.py": b"# -*- coding: latin-1 -*-\n"
                                         b"def main(req): return '\xe9'\n"})
    assert worker.load("latin")["error"] is None
    assert worker.call("latin")[1] == "é".encode()


def test_azure_functions_is_missing(start):
    """In the environment of another Python than the one with the packages."""
    worker = start({"f/__init__.py": handler("return 'x'"),
                    "g/__init__.py": "def main(req): return 'y'\n"},
                   executable="/usr/bin/python3", needs=())
    for function in worker.load("f", "g"):
        if function["error"] is None:
            pytest.skip("azure-functions is installed for /usr/bin/python3")
        assert "azure-functions is not installed for /usr/bin/python3" in function["error"]
        assert "/usr/bin/python3 -m pip install -r requirements.txt" in function["error"]


def test_no_entry_point(start):
    worker = start({"f/__init__.py": "def other(req): pass\nmain = 5\n"})
    for name in ("main", "missing"):
        assert "has no function {}()".format(name) in worker.load("f", entry_point=name)["error"]
    assert worker.load("f")["traceback"] is None


IN = {"type": "httpTrigger", "direction": "in", "name": "req"}
OUT = {"type": "http", "direction": "out", "name": "$return"}
NAMED = {"type": "http", "direction": "out", "name": "res"}


@pytest.mark.parametrize("signature, bindings, fault", [
    ("req, extra", [IN, OUT], 'parameter "extra" of main() is no binding'),
    ("", [IN, OUT], 'binding "req" in function.json is no parameter'),
    ("*args, **options", [IN, OUT], 'parameter "args" of main() is no binding'),
    ("req", [{**IN, "direction": "inout"}, OUT], '"inout" is not supported'),
    ("req", [IN, {**OUT, "direction": "in"}], '"$return" needs "direction": "out"'),
    ("req, context: int", [IN, OUT], 'parameter "context" must be annotated'),
    ("req, res: func.HttpResponse", [IN, NAMED], 'binding "res" goes out'),
    ("req, res: func.Out", [IN, NAMED], "Out needs its type"),
    ("req: func.Out[str]", [IN, OUT], 'binding "req" comes in'),
    ("req: 'not a type'", [IN, OUT], "cannot be read"),
    ("req: 5", [IN, OUT], "an annotation that is not a type|cannot be read"),
    ("req: int", [IN, OUT], "is an HTTP request"),
    ("req: str", [IN, OUT], "is an HTTP request"),
    ("req) -> (int", [IN, OUT], "return annotation must be"),
    ("req, doc: int", [IN, OUT, {"type": "blob", "direction": "in", "name": "doc"}],
     'binding "doc" of type "blob" does not match its annotation int'),
    ("req, doc: func.Out[int]", [IN, OUT, {"type": "queue", "direction": "out", "name": "doc"}],
     'binding "doc" of type "queue" does not match its annotation int'),
    ("req, doc: func.Out[dict]", [IN, OUT, {"type": "warmupTrigger", "direction": "out",
                                             "name": "doc"}],
     'binding "doc": the type "warmupTrigger" cannot go out'),
])
def test_bindings_are_checked(load_one, signature, bindings, fault):
    worker, loaded = load_one(HEAD + "def main({}):\n    return 'x'\n".format(signature),
                              bindings=bindings)
    assert any(text in loaded["error"] for text in fault.split("|")), loaded["error"]
    assert loaded["traceback"] is None
    assert worker.call(loaded["name"])[0]["status"] == 500


@pytest.mark.parametrize("signature", [
    "req: func.HttpRequest, context: func.Context) -> (func.HttpResponse",
    "req: func.HttpRequest) -> (str",
    "req: 'func.HttpRequest') -> ('func.HttpResponse'",
    "req",
])
def test_bindings_that_are_right(load_one, signature):
    worker, loaded = load_one(HEAD + "async def main({}):\n    return 'x'\n".format(signature))
    assert loaded["error"] is None
    assert worker.call(loaded["name"])[1] == b"x"


def test_load_happens_in_a_running_loop(start):
    """On Azure, too: module level may make what needs a loop."""
    worker = start({"f/__init__.py": "import asyncio\nloop = asyncio.get_running_loop()\n"
                                     "async def main(req):\n"
                                     "    return str(loop is asyncio.get_running_loop())\n"})
    assert worker.load("f")["error"] is None
    assert worker.call("f")[1] == b"True"


# Requests.

def test_request(start):
    worker = start({"f/__init__.py": handler("""
import json
return json.dumps({
    "type": isinstance(req, func.HttpRequest), "method": req.method, "url": req.url,
    "headers": dict(req.headers), "accept": req.headers.get("ACCEPT"),
    "params": dict(req.params), "route": dict(req.route_params),
    "bytes": req.get_body().hex(), "kind": type(req.get_body()).__name__})
""", "str")})
    worker.load("f")
    message, body = worker.call(
        "f", method="post", url="http://localhost:7071/api/f/5?a=1&a=2&b=",
        headers=[("Accept", "text/html"), ("X-Odd", "a"), ("x-odd", "b")],
        query=[("a", "1"), ("a", "2"), ("b", "")], route={"id": "5"}, body=b"\x00\xff")
    assert json.loads(body) == {
        "type": True, "method": "POST", "url": "http://localhost:7071/api/f/5?a=1&a=2&b=",
        "headers": {"accept": "text/html", "x-odd": "a,b"}, "accept": "text/html",
        "params": {"a": "1,2"}, "route": {"id": "5"}, "bytes": "00ff", "kind": "bytes"}


def test_json_and_forms(start):
    worker = start({"f/__init__.py": handler("""
try:
    return str(req.get_json()["n"])
except ValueError:
    return "form " + req.form.get("n", "none")
""", "str")})
    worker.load("f")
    assert worker.call("f", body=b'{"n": 5}')[1] == b"5"
    assert worker.call("f", body=b"{")[1] == b"form none"
    assert worker.call("f", body=b"n=7", headers=[
        ("Content-Type", "application/x-www-form-urlencoded")])[1] == b"form 7"


def test_context(start):
    worker = start({"f/__init__.py": HEAD + """
import json, threading, logging
def log(context):
    context.thread_local_storage.invocation_id = context.invocation_id
    logging.info("from a thread")
def main(req: func.HttpRequest, context: func.Context) -> str:
    assert isinstance(context, func.Context)
    thread = threading.Thread(target=log, args=(context,))
    thread.start()
    thread.join()
    return json.dumps([context.invocation_id, context.function_name, context.function_directory,
                       context.trace_context.trace_parent, context.retry_context.retry_count])
"""})
    worker.load("f")
    message, body = worker.call("f", headers=[("Traceparent", "00-1-2-01")])
    assert json.loads(body) == ["id-1", "f", str(worker.root / "f"), "00-1-2-01", 0]
    assert [(log["message"], log["number"]) for log in worker.logs] == [("from a thread", 1)]


# Answers.

@pytest.mark.parametrize("value, status, kind, text", [
    ("func.HttpResponse('hi')", 200, "text/plain; charset=utf-8", b"hi"),
    ("func.HttpResponse(status_code=404)", 404, "text/plain; charset=utf-8", b""),
    ("func.HttpResponse('x', mimetype='application/json')", 200, "application/json", b"x"),
    ("func.HttpResponse('\\xe9', charset='latin-1')", 200, "text/plain; charset=latin-1", b"\xe9"),
    ("func.HttpResponse(b'\\0', headers={'content-type': 'a/b'})", 200, "a/b", b"\0"),
    ("'text'", 200, "text/plain; charset=utf-8", b"text"),
    ("'\"abc\"'", 200, "text/plain; charset=utf-8", b"abc"),
    ("'{\"a\": [1]}'", 200, "text/plain; charset=utf-8", b'{\n  "a": [\n    1\n  ]\n}'),
    ("'{\"body\": \"b\", \"status\": 201, \"headers\": {\"Content-Type\": \"c/d\"}}'",
     201, "c/d", b"b"),
    ("'{\"body\": {\"k\": 1}, \"statusCode\": \"202\"}'", 202, "text/plain; charset=utf-8",
     b'{\n  "k": 1\n}'),
    ("'{\"Body\": \"b\", \"Status\": 201, \"StatusCode\": 202}'",
     202, "text/plain; charset=utf-8", b"b"),
    ("'{\"BODY\": \"b\", \"Headers\": {\"content-type\": \"c/d\"}}'", 200, "c/d", b"b"),
    ("'{\"body\": \"b\", \"status\": \"fine\"}'", 200, "text/plain; charset=utf-8", b"b"),
    ("'{\"body\": \"b\", \"status\": null}'", 200, "text/plain; charset=utf-8", b"b"),
    ("'{\"status\": 201}'", 200, "text/plain; charset=utf-8", b'{\n  "status": 201\n}'),
    ("'12'", 200, "text/plain; charset=utf-8", b"12"),
])
def test_answers(load_one, value, status, kind, text):
    worker, loaded = load_one(HEAD + "def main(req):\n    return {}\n".format(value))
    message, body = worker.call(loaded["name"])
    assert message["succeeded"] and message["status"] == status and body == text
    assert [v for k, v in message["headers"] if k.lower() == "content-type"] == [kind]


@pytest.mark.parametrize("value, error", [
    ("None", "not NoneType"), ("b'bytes'", "not bytes"), ("5", "not int"), ("{}", "not dict"),
    ("later()", "not coroutine"),
])
def test_no_answers(load_one, value, error):
    worker, loaded = load_one(HEAD + "async def later(): pass\n"
                                     "def main(req):\n    return {}\n".format(value))
    message, body = worker.call(loaded["name"])
    assert not message["succeeded"] and message["status"] == 500 and body == b""
    assert error in message["error"]


@pytest.mark.parametrize("line, status, text", [
    ("res.set('named')", 200, b"named"),
    ("res.set(func.HttpResponse('r', status_code=201))", 201, b"r"),
    ("pass", 204, b""),
    ("return 5", 500, b""),
])
def test_named_output(load_one, line, status, text):
    worker, loaded = load_one(HEAD + "def main(req, res: func.Out[func.HttpResponse]):\n"
                                     "    {}\n".format(line), bindings=[IN, NAMED])
    assert loaded["error"] is None
    message, body = worker.call(loaded["name"])
    assert (message["status"], body) == (status, text)


def test_headers_and_cookies(start):
    worker = start({"f/__init__.py": HEAD + """
def main(req):
    answer = func.HttpResponse("x", headers={"X-A": "1"})
    answer.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
    answer.headers.add("Set-Cookie", "b=2; Expires=" + req.params.get(
        "expires", "Wed, 21 Oct 2026 07:28:00 GMT"))
    answer.headers.add("Set-Cookie", "no cookie")
    return answer
"""})
    worker.load("f")
    message, _ = worker.call("f")
    assert ["X-A", "1"] in message["headers"]
    assert [v for k, v in message["headers"] if k == "Set-Cookie"] == [
        "a=1; HttpOnly; Path=/", "b=2; expires=Wed, 21 Oct 2026 07:28:00 GMT"]
    assert worker.call("f", query=[("expires", "tomorrow")])[0]["status"] == 500


@pytest.mark.parametrize("prefix", ["", "async "])
@pytest.mark.parametrize("statement, error", [
    ("raise ValueError('mine')", "ValueError: mine"),
    ("import sys; sys.exit(3)", "SystemExit: 3"),
    ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ("raise Exception", "Exception"),
])
def test_exceptions(load_one, prefix, statement, error):
    worker, loaded = load_one("{}def main(req):\n    helper()\ndef helper():\n    {}\n".format(
        prefix, statement))
    message, body = worker.call(loaded["name"])
    assert (message["succeeded"], message["status"], body) == (False, 500, b"")
    assert message["error"] == error
    assert "in main" in message["traceback"] and "in helper" in message["traceback"]
    assert "pymemtop" not in message["traceback"] and "asyncio" not in message["traceback"]
    assert worker.call(loaded["name"])[0]["error"] == error  # it lives on


def test_coroutines_overlap(start):
    worker = start({"f/__init__.py": """
import asyncio
event = asyncio.Event()
async def main(req):
    if req.method == "POST":
        event.set()
    await event.wait()
    return "through"
"""})
    worker.load("f")
    first = worker.invoke("f")
    second = worker.invoke("f")
    third = worker.invoke("f", method="POST")
    numbers = {worker.next(RESPONSE)[0]["number"] for _ in range(3)}
    assert numbers == {first, second, third}


def test_pool_size(start):
    worker = start({"f/__init__.py": """
import threading
def main(req):
    barrier.wait(60)
    return "met"
barrier = threading.Barrier(3)
"""}, environment={"PYTHON_THREADPOOL_THREAD_COUNT": "3"})
    worker.load("f")
    for _ in range(6):
        worker.invoke("f")
    assert [worker.next(RESPONSE)[1] for _ in range(6)] == [b"met"] * 6


def test_contexts_do_not_leak(start):
    """A context variable that a handler sets is gone in the next invocation of the same thread."""
    worker = start({"f/__init__.py": """
import contextvars
var = contextvars.ContextVar("var", default="fresh")
def main(req):
    before = var.get()
    var.set("used")
    return before
"""}, environment={"PYTHON_THREADPOOL_THREAD_COUNT": "1"})
    worker.load("f")
    assert [worker.call("f")[1] for _ in range(3)] == [b"fresh"] * 3


def test_output_is_flushed(start):
    worker = start({"f/__init__.py": "def main(req):\n    print('said', end='')\n    return 'x'\n"})
    worker.load("f")
    worker.call("f")
    assert worker.process.stdout.read1(100) == b"said"


# Logs.

def test_logs(start):
    worker = start({"f/__init__.py": """
import asyncio, logging
assert logging.getLogger().handlers[0]
logging.info("at import")
log = logging.getLogger("my.log")
async def main(req):
    log.debug("not shown")
    log.warning("warned %s", "twice")
    await asyncio.get_running_loop().run_in_executor(None, log.info, "from the executor")
    try:
        1 / 0
    except ZeroDivisionError:
        logging.exception("caught")
    logging.getLogger().handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
    log.error("formatted\\nin two lines \\0 \\udcff")
    log.info("broken %d", "format")
    return "x"
"""})
    worker.load("f")
    worker.call("f")
    logs = [(log["number"], log["level"], log["logger"], log["message"]) for log in worker.logs]
    assert logs[:3] == [(None, "INFO", "root", "at import"),
                        (1, "WARNING", "my.log", "warned twice"),
                        (1, "INFO", "my.log", "from the executor")]
    assert logs[3][:3] == (1, "ERROR", "root") and "ZeroDivisionError" in logs[3][3]
    assert logs[4] == (1, "ERROR", "my.log", "my.log: formatted\nin two lines \ufffd ?")
    assert len(logs) == 5
    worker.end()
    assert "--- Logging error ---" in worker.outputs[1]


def test_debug_logs(start):
    worker = start({"f/__init__.py": "import logging\ndef main(req):\n    logging.debug('shown')\n"
                                     "    return 'x'\n"},
                   environment={"PYTHON_ENABLE_DEBUG_LOGGING": "1"})
    worker.load("f")
    worker.call("f")
    assert [log["message"] for log in worker.logs] == ["shown"]


def test_background_task_keeps_its_invocation(start):
    worker = start({"f/__init__.py": """
import asyncio, logging
started = []
async def later(event):
    await event.wait()
    logging.info("later")
async def main(req):
    if req.method == "GET":
        event = asyncio.Event()
        started.append((event, asyncio.create_task(later(event))))
    else:
        event, task = started.pop()
        event.set()
        await task
    return "x"
"""})
    worker.load("f")
    worker.call("f")
    worker.call("f", method="POST")
    assert [(log["number"], log["message"]) for log in worker.logs] == [(1, "later")]


def test_faults_of_the_loop_are_logged(start):
    """What no invocation can be told of: an exception in a callback, a task that nobody awaits."""
    worker = start({"f/__init__.py": """
import asyncio
def fail():
    raise ValueError("nobody listens")
async def main(req):
    asyncio.get_running_loop().call_soon(fail)
    await asyncio.sleep(0)
    return "x"
"""})
    worker.load("f")
    assert worker.call("f")[1] == b"x"
    log, = worker.logs
    assert (log["level"], log["logger"]) == ("ERROR", "asyncio")
    assert "ValueError: nobody listens" in log["message"]


def test_the_how_to(start):
    """Microsoft's how-to on profiling memory, as its code is."""
    worker = start({"f/__init__.py": HEAD + """
import logging
import memory_profiler
root_logger = logging.getLogger()
root_logger.handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
profiler_logstream = memory_profiler.LogFile('memory_profiler_logs', True)
async def main(req: func.HttpRequest) -> func.HttpResponse:
    await get_page("x")
    return func.HttpResponse("Microsoft page loaded.", status_code=200)
@memory_profiler.profile(stream=profiler_logstream)
async def get_page(url: str):
    return url
"""})
    assert worker.load("f")["error"] is None
    assert worker.call("f")[1] == b"Microsoft page loaded."


def test_unknown_function(start):
    worker = start({}, needs=())
    message, _ = worker.call("nothing")
    assert (message["status"], message["error"]) == (500, "no such function")


def test_several_loads_of_nothing(start):
    worker = start({}, needs=())
    worker.send(LOAD, {"functions": []})
    nothing = {"functions": [], "error": None, "traceback": None}
    assert worker.expect(LOADED) == nothing


def test_answer_that_nests_too_deeply_for_json(start):
    worker = start({"f/__init__.py": handler("return '[' * 50000", "str")})
    worker.load("f")
    assert worker.call("f")[1] == b"[" * 50000
