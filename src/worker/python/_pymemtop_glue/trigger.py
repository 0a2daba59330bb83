"""Between the host's messages and the objects of the app's own azure.functions.

Imported after the app's functions, so that the cost of importing azure.functions is charged to the
line of the app that does it."""

import json
import types
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie

import azure.functions
from azure.functions.http import HttpRequest

from . import logs

TEXT = "text/plain; charset=utf-8"


class Context(azure.functions.Context):
    """What a handler gets as its `context`."""

    def __init__(self, function, message):
        self._function = function
        self._id = message["id"]
        headers = join_values(message["headers"], str.lower)
        parent, state = headers.get("traceparent", ""), headers.get("tracestate", "")
        self._trace_context = types.SimpleNamespace(
            trace_parent=parent, trace_state=state, attributes={},
            Traceparent=parent, Tracestate=state, Attributes={})
        self._retry_context = types.SimpleNamespace(
            retry_count=0, max_retry_count=0, exception=None)

    @property
    def invocation_id(self):
        return self._id

    @property
    def function_name(self):
        return self._function.name

    @property
    def function_directory(self):
        return self._function.directory

    @property
    def thread_local_storage(self):
        return logs.thread_local

    @property
    def trace_context(self):
        return self._trace_context

    @property
    def retry_context(self):
        return self._retry_context


class Out(azure.functions.Out):
    """An output binding's parameter."""

    def __init__(self):
        self._value = None

    def set(self, val):
        self._value = val

    def get(self):
        return self._value


def join_values(pairs, fold=str):
    """A dict of the pairs, the values of one key joined by a comma."""
    joined = {}
    for key, value in pairs:
        key = fold(key)
        joined[key] = joined[key] + "," + value if key in joined else value
    return joined


def make_request(message, body):
    return HttpRequest(
        method=message["method"], url=message["url"],
        headers=join_values(message["headers"], str.lower),
        params=join_values([pair for pair in message["query"] if pair[1]]),
        route_params=message["route"], body_type="bytes", body=body)


def make_arguments(function, message, body):
    """(keyword arguments of the handler, its Out objects by name)"""
    outs = {name: Out() for name in function.outputs}
    arguments = dict(outs)
    if function.request is not None:
        arguments[function.request] = make_request(message, body)
    if function.wants_context:
        arguments["context"] = Context(function, message)
    return arguments, outs


def rewrite_cookies(header):
    """A Set-Cookie header as the host writes it: one for each cookie, none for what is not one."""
    cookies = SimpleCookie()
    try:
        cookies.load(header)
    except CookieError:
        return []
    for cookie in cookies.values():
        if cookie["expires"]:
            parsedate_to_datetime(cookie["expires"])
    return [cookie.OutputString() for cookie in cookies.values()]


def check_status(value):
    status = int(value)
    if not 200 <= status <= 999:
        raise ValueError("{} is not a status of an HTTP response".format(
            status if abs(status) < 10**9 else "a number so large"))
    return status


def encode_response(response):
    headers = []
    for name, value in response.headers.items():
        if name.lower() == "set-cookie":
            headers += [[name, cookie] for cookie in rewrite_cookies(value)]
        else:
            headers.append([name, value])
    if not any(name.lower() == "content-type" for name, _ in headers):
        kind = response.mimetype
        if kind.startswith("text/"):
            kind += "; charset=" + response.charset
        headers.append(["Content-Type", kind])
    return check_status(response.status_code), headers, response.get_body() or b""


def to_text(value):
    """A value out of JSON as the host sends it: text as it is, all else as indented JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def encode_text(text):
    """A str that a handler returned. The host reads it as JSON where it is JSON: an object with a
    `body` describes a response."""
    status, headers = 200, [["Content-Type", TEXT]]
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if isinstance(value, dict) and "body" in value:
        given = value.get("headers")
        given = given if isinstance(given, dict) else {}
        if any(name.lower() == "content-type" for name in given):
            headers = []
        headers += [[name, to_text(item)] for name, item in given.items()]
        status = check_status(value.get("status", value.get("statusCode", 200)))
        text = to_text(value["body"])
    elif isinstance(value, (str, dict, list)):
        text = to_text(value)
    return status, headers, text.encode("utf-8", "replace")


def encode(value):
    if isinstance(value, azure.functions.HttpResponse):
        return encode_response(value)
    if isinstance(value, str):
        return encode_text(value)
    raise TypeError("an HTTP output takes azure.functions.HttpResponse or str, not {}".format(
        type(value).__name__))


def make_reply(function, result, outs):
    """(status, headers, body) for what the handler returned and set. Raises where that is no
    answer, which fails the invocation."""
    if function.returns_http:
        return encode(result)
    if result is not None and not function.returns:
        raise TypeError("{}() returned {}, but function.json has no binding named $return".format(
            function.entry_point, type(result).__name__))
    if function.http_output is not None and outs[function.http_output].get() is not None:
        return encode(outs[function.http_output].get())
    return 204, [], b""
