"""Triggers other than HTTP, and output bindings: what the handler gets, what would have been sent."""

import json

import pytest

pytestmark = pytest.mark.glue
HEAD = "import json\nimport azure.functions as func\n"


def trigger(kind, **more):
    return {"type": kind, "direction": "in", "name": "item", **more}


def output(kind, name, **more):
    return {"type": kind, "direction": "out", "name": name, **more}


RETURN = output("queue", "$return")


def run(load_one, body, binding, payload, annotation="", others=()):
    """Run a handler of that body, whose return value goes to a queue; returns that value."""
    source = HEAD + "def main(item{}) -> str:\n".format(annotation) + "".join(
        "    {}\n".format(line) for line in body.splitlines())
    worker, loaded = load_one(source, bindings=[binding, RETURN, *others])
    assert loaded["error"] is None
    message = worker.run(loaded["name"], payload)
    assert message["error"] is None, message["traceback"]
    (sent,) = message["outputs"]
    assert (sent["name"], sent["type"]) == ("$return", "queue")
    return sent["value"]


@pytest.mark.parametrize("kind, more, annotation, expression, payload, value", [
    ("timerTrigger", {}, ": func.TimerRequest", "str(item.past_due)", b"", "False"),
    ("timerTrigger", {}, "", "str([item.past_due, item.schedule['AdjustForDST']])",
     b'{"IsPastDue": true, "Schedule": {"AdjustForDST": false}}', "[True, False]"),
    ("queueTrigger", {}, ": func.QueueMessage",
     "item.get_body().decode() + str(item.dequeue_count) + str(bool(item.id and item.pop_receipt))",
     "größer".encode(), "größer1True"),
    ("queueTrigger", {}, ": func.QueueMessage", "str(item.insertion_time.tzinfo)", b"x", "UTC"),
    ("queueTrigger", {}, "", "json.dumps(item.get_json())", b'{"a": [1]}', '{"a": [1]}'),
    ("queueTrigger", {}, ": str", "item.upper()", b"plain", "PLAIN"),
    ("queueTrigger", {"dataType": "binary"}, ": bytes", "item.hex()", b"\xff\x00", "ff00"),
    ("blobTrigger", {"path": "in/{name}"}, ": func.InputStream",
     "'{} {} {}'.format(item.name, item.length, item.read().hex())", b"\xfe\xff",
     "in/{name} 2 feff"),
    ("blobTrigger", {"path": "in/a", "dataType": "string"}, "", "item.read().decode()", b"text",
     "text"),
    ("eventGridTrigger", {}, ": func.EventGridEvent",
     "item.subject + item.event_type + str(item.get_json()['n'])",
     b'{"id": "1", "subject": "s", "eventType": "t", "data": {"n": 3}, "dataVersion": "1"}',
     "st3"),
    ("eventHubTrigger", {}, ": func.EventHubEvent",
     "item.get_body().decode() + str(item.sequence_number)", b"event", "event1"),
    ("eventHubTrigger", {"cardinality": "many"}, ": __import__('typing').List[func.EventHubEvent]",
     "' '.join(one.get_body().decode() for one in item)", b'["a", {"b": 1}]', 'a {"b": 1}'),
    ("serviceBusTrigger", {}, ": func.ServiceBusMessage",
     "item.get_body().decode() + str(item.delivery_count) + item.content_type", b"m",
     "m1text/plain"),
    ("serviceBusTrigger", {"cardinality": "MANY"}, "",
     "str([one.get_body() for one in item])", b'["a", "b"]', "[b'a', b'b']"),
    ("kafkaTrigger", {"topic": "t"}, "", "item.get_body().decode() + item.topic", b"k", "kt"),
    ("kafkaTrigger", {"cardinality": "many"}, "",
     "str([(one.get_body(), one.offset) for one in item])", b'["k", "l"]',
     "[(b'k', 0), (b'l', 1)]"),
    ("cosmosDBTrigger", {}, ": func.DocumentList", "str([one['id'] for one in item])",
     b'[{"id": "1"}, {"id": "2"}]', "['1', '2']"),
    ("sqlTrigger", {}, "", "item", b'[{"Operation": 0}]', '[{"Operation": 0}]'),
    ("warmupTrigger", {}, "", "type(item).__name__", b"", "WarmUpContext"),
    ("activityTrigger", {}, "", "item['city']", b'{"city": "Lviv"}', "Lviv"),
    ("someOtherTrigger", {}, "", "item", b"as it is", "as it is"),
    ("someOtherTrigger", {"dataType": "binary"}, ": bytes", "item.hex()", b"\x80", "80"),
])
def test_payload(load_one, kind, more, annotation, expression, payload, value):
    assert run(load_one, "return " + expression, trigger(kind, **more), payload, annotation) == value


def test_payload_of_the_wrong_form(start):
    worker = start({"f/__init__.py": HEAD + "def main(item: func.EventGridEvent): pass\n"})
    worker.load("f", bindings=[trigger("eventGridTrigger")])
    message = worker.run("f", b"not JSON")
    assert not message["succeeded"]
    assert message["error"] == ("TypeError: the payload is not what the eventGridTrigger takes: "
                                "give it as JSON")


def test_a_batch_takes_a_single_payload(load_one):
    body = "return str([one.get_body() for one in item])"
    assert run(load_one, body, trigger("serviceBusTrigger", cardinality="many"), b"one") == "[b'one']"


def test_outputs(start):
    worker = start({"f/__init__.py": HEAD + """
def main(item: func.QueueMessage, text: func.Out[str], raw: func.Out[bytes],
         batch: func.Out[func.QueueMessage], docs: func.Out[func.Document], unset: func.Out[str]):
    text.set("körper")
    raw.set(b"\\xff" * 3)
    batch.set([func.QueueMessage(id="1", body=b"a"), "b"])
    docs.set(func.Document.from_dict({"id": "7"}))
    assert unset.get() is None and text.get() == "körper"
"""})
    assert worker.load("f", bindings=[
        trigger("queueTrigger"), output("blob", "text"), output("blob", "raw"),
        output("queue", "batch"), output("cosmosDB", "docs"), output("table", "unset")])["error"] \
        is None
    message = worker.run("f", b"x")
    assert message["error"] is None and message["status"] == 204
    sent = {one["name"]: (one["type"], one["value"]) for one in message["outputs"]}
    assert sent["text"] == ("blob", "körper")
    assert sent["raw"] == ("blob", "3 bytes: b'\\xff\\xff\\xff'")
    assert json.loads(sent["batch"][1]) == [{"id": "1", "body": "a"}, "b"]
    assert json.loads(sent["docs"][1]) == [{"id": "7"}]
    assert set(sent) == {"text", "raw", "batch", "docs"}


def test_output_that_the_binding_does_not_take(start):
    worker = start({"f/__init__.py": HEAD + "def main(item, out):\n    out.set(object())\n"})
    worker.load("f", bindings=[trigger("queueTrigger"), output("queue", "out")])
    message = worker.run("f", b"x")
    assert not message["succeeded"] and message["outputs"] == []
    assert message["error"] == 'TypeError: the output "out" of type "queue" takes no object'


def test_long_outputs_are_cut(load_one):
    value = run(load_one, "return 'x' * 100000", trigger("queueTrigger"), b"")
    assert value.startswith("x" * 32768) and value.endswith(" ... (67232 characters more)")


def test_http_beside_other_outputs(start):
    worker = start({"f/__init__.py": HEAD + """
def main(req: func.HttpRequest, msg: func.Out[str]) -> func.HttpResponse:
    msg.set("queued")
    return func.HttpResponse("done", status_code=201)
"""})
    worker.load("f", bindings=[
        {"type": "httpTrigger", "direction": "in", "name": "req"}, output("http", "$return"),
        output("serviceBus", "msg")])
    message, body = worker.call("f")
    assert (message["status"], body) == (201, b"done")
    assert message["outputs"] == [{"name": "msg", "type": "serviceBus", "value": "queued"}]


def test_input_binding_has_nothing(start):
    blob = {"type": "blob", "direction": "in", "name": "blob", "path": "a/b"}
    document = {"type": "cosmosDB", "direction": "in", "name": "document"}
    table = {"type": "table", "direction": "in", "name": "table"}
    worker = start({"f/__init__.py": HEAD + """
def main(item, blob: func.InputStream, document: func.DocumentList, table: str) -> str:
    return str([blob, document, table])
"""})
    loaded = worker.load("f", bindings=[trigger("queueTrigger"), blob, document, table, RETURN])
    assert loaded["error"] is None
    assert loaded["notices"][0].startswith('input "blob" (blob): there is no such service here')
    assert len(loaded["notices"]) == 3
    assert worker.run("f", b"")["outputs"][0]["value"] == "[None, None, None]"


def test_return_without_binding(start):
    worker = start({"f/__init__.py": HEAD + "def main(item):\n    return 'x'\n",
                    "g/__init__.py": HEAD + "def main(item):\n    return {'a': 1}\n"})
    worker.load("f", bindings=[trigger("queueTrigger")])
    assert "no binding named $return" in worker.run("f")["error"]
    # Durable Functions' activities return without one.
    worker.load("g", bindings=[trigger("activityTrigger")])
    assert worker.run("g")["error"] is None


def test_retry_context(start):
    worker = start({"f/__init__.py": HEAD + """
def main(item, context: func.Context) -> str:
    retry = context.retry_context
    return json.dumps([retry.retry_count, retry.max_retry_count,
                       retry.exception and retry.exception.message])
"""})
    worker.load("f", bindings=[trigger("queueTrigger"), RETURN])
    assert worker.run("f")["outputs"][0]["value"] == "[0, 0, null]"
    message = worker.run("f", retry={"count": 2, "max": 5, "message": "it broke"})
    assert message["outputs"][0]["value"] == '[2, 5, "it broke"]'


def test_trace_context_is_made_where_there_is_none(start):
    worker = start({"f/__init__.py": HEAD + """
def main(item, context) -> str:
    return context.trace_context.trace_parent
"""})
    worker.load("f", bindings=[trigger("timerTrigger"), RETURN])
    first, second = (worker.run("f")["outputs"][0]["value"] for _ in range(2))
    version, trace, parent, flags = first.split("-")
    assert (version, len(trace), len(parent), flags) == ("00", 32, 16, "00")
    assert first != second


def test_threads_belong_to_the_invocation_that_started_them(start):
    worker = start({"f/__init__.py": """
import asyncio, concurrent.futures, contextvars, logging, threading
pool = concurrent.futures.ThreadPoolExecutor(1)
mine = contextvars.ContextVar("mine", default="empty")
def say(what):
    logging.info("%s %s", what, mine.get())
async def main(item):
    mine.set("set")
    number = item.get_body().decode()
    thread = threading.Thread(target=say, args=("thread " + number,))
    thread.start()
    thread.join()
    await asyncio.wrap_future(pool.submit(say, "pool " + number))
    await asyncio.get_running_loop().run_in_executor(None, say, "executor " + number)
    await asyncio.to_thread(say, "to_thread " + number)
"""})
    worker.load("f", bindings=[trigger("queueTrigger")])
    for number in (1, 2, 3):
        assert worker.run("f", str(number).encode())["error"] is None
    assert [(log["number"], log["message"]) for log in worker.logs] == [
        (number, "{} {} {}".format(way, number, "set" if way == "to_thread" else "empty"))
        for number in (1, 2, 3) for way in ("thread", "pool", "executor", "to_thread")]


def test_work_of_no_invocation_in_a_pool_that_an_invocation_began(start):
    worker = start({"f/__init__.py": """
import concurrent.futures, logging, threading
pool = concurrent.futures.ThreadPoolExecutor(1)
over = threading.Event()
def from_outside():
    over.wait()
    pool.submit(logging.info, "outside").result()
outside = threading.Thread(target=from_outside)
outside.start()
def main(item):
    pool.submit(logging.info, "inside").result()
    over.set()
    outside.join()
"""})
    worker.load("f", bindings=[trigger("queueTrigger")])
    assert worker.run("f")["error"] is None
    assert [(log["number"], log["message"]) for log in worker.logs] == [
        (1, "inside"), (None, "outside")]


def test_failed_pool_work_is_freed_at_once(start):
    """Not only when the collector comes: nothing of pymemtop's keeps it."""
    worker = start({"f/__init__.py": """
import concurrent.futures, gc, logging, weakref
pool = concurrent.futures.ThreadPoolExecutor(1)
class Big: pass
refs = []
def work():
    big = Big()
    refs.append(weakref.ref(big))
    raise ValueError
def main(item):
    gc.disable()
    future = pool.submit(work)
    try:
        future.result()
    except ValueError:
        pass
    del future
    pool.submit(int).result()  # the pool's thread has gone on
    logging.info("%s", refs[0]() is None)
"""})
    worker.load("f", bindings=[trigger("queueTrigger")])
    assert worker.run("f")["error"] is None
    assert [log["message"] for log in worker.logs] == ["True"]


def test_text_that_nests_too_deeply_for_json(load_one):
    body = 'return item.get_body().decode()[:3] + str(len(item.get_body()))'
    assert run(load_one, body, trigger("queueTrigger"), b"[" * 50000) == "[[[50000"
