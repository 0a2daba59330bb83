"""HTTP: the request as the app's own azure.functions has it, and the response as it is sent."""

import json
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie

import azure.functions
from azure.functions.http import HttpRequest

TEXT = "text/plain; charset=utf-8"


def join_values(pairs, fold=str):
    """A dict of the pairs, the values of one key joined by a comma."""
    joined = {}
    for key, value in pairs:
        key = fold(key)
        joined[key] = joined[key] + "," + value if key in joined else value
    return joined


def make_request(message, headers, body):
    return HttpRequest(
        method=message["method"], url=message["url"], headers=headers,
        params=join_values([pair for pair in message["query"] if pair[1]]),
        route_params=message["route"], body_type="bytes", body=body)


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


def described_status(fields):
    """The status of a response object; 200 where there is none, or a text that is no number."""
    value = fields.get("statuscode", fields.get("status"))
    try:
        status = int(value) if isinstance(value, (int, str)) else 200
    except ValueError:
        status = 200
    return check_status(status)


def encode_text(text):
    """A str that a handler returned. The host reads it as JSON where it is JSON: an object with a
    `body`, in any case, describes a response."""
    status, headers = 200, [["Content-Type", TEXT]]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = text
    fields = {name.lower(): item for name, item in value.items()} if isinstance(value, dict) else {}
    if "body" in fields:
        given = fields.get("headers")
        given = given if isinstance(given, dict) else {}
        if any(name.lower() == "content-type" for name in given):
            headers = []
        headers += [[name, to_text(item)] for name, item in given.items()]
        status = described_status(fields)
        text = to_text(fields["body"])
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
