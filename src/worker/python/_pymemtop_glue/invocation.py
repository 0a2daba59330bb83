"""From an INVOKE message to the handler's arguments, and from what it returned and set to the
answer."""

import json

from azure.functions.meta import Datum

from . import converters, http, payload
from .bindings import MISSING, kind
from .context import Context, Out

OUTPUT_MAX = 32768  # characters of an output binding's value that are shown


def make_input(binding, annotation):
    """The data of an input binding. There is no storage behind it here; the app gets what it would
    get of a blob or a document that does not exist."""
    try:
        return converters.chosen(binding, annotation).decode(Datum(None, None),
                                                             trigger_metadata={})
    except Exception:
        return None


def make_arguments(function, message, body):
    """(keyword arguments of the handler, its Out objects by name)"""
    headers = {}
    outs = {name: Out() for name in function.outputs}
    arguments = dict(outs)
    for name, binding in function.inputs.items():
        annotation = function.annotations.get(name, MISSING)
        if binding is not function.trigger:
            arguments[name] = make_input(binding, annotation)
        elif kind(binding) == "httptrigger":
            headers = http.join_values(message["headers"], str.lower)
            arguments[name] = http.make_request(message, headers, body)
        else:
            arguments[name] = payload.decode(binding, annotation, body)
    if function.wants_context:
        arguments["context"] = Context(function, message, headers)
    return arguments, outs


def encode_output(name, binding, annotation, value):
    """An output as the host shows it: the converter says what would have been sent."""
    converter = converters.chosen(binding, annotation)
    try:
        data = converter.encode(
            value, expected_type=None if annotation is MISSING else annotation)
    except (NotImplementedError, AttributeError):
        raise TypeError('the output "{}" of type "{}" takes no {}'.format(
            name, binding.get("type"), type(value).__name__)) from None
    return {"name": name, "type": binding.get("type"), "value": show(data)}


def show(data):
    value = data.value if data is not None else None
    if isinstance(value, (bytes, bytearray)):
        text = "{} bytes: {!r}".format(len(value), bytes(value[:OUTPUT_MAX // 4]))
    else:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
    if len(text) > OUTPUT_MAX:
        text = "{} ... ({} characters more)".format(text[:OUTPUT_MAX], len(text) - OUTPUT_MAX)
    return text


def check_returned(function, result):
    if result is not None and function.returned is None and not function.returns_implicitly:
        raise TypeError("{}() returned {}, but {} no binding named $return".format(
            function.entry_point, type(result).__name__,
            "function.json has" if function.source == "function.json" else "the decorators have"))


def make_reply(function, result, outs):
    """((status, headers, body), outputs) for what the handler returned and set. Raises where that is
    no answer, which fails the invocation."""
    check_returned(function, result)
    reply, outputs = (204, [], b""), []
    values = {name: out.get() for name, out in outs.items()}
    places = dict(function.outputs)
    if function.returned is not None:
        values["$return"], places["$return"] = result, function.returned
    for name, binding in places.items():
        if kind(binding) == "http":
            if name == "$return" or values[name] is not None:
                reply = http.encode(values[name])
        elif values[name] is not None:
            outputs.append(encode_output(name, binding, function.annotations.get(name, MISSING),
                                         values[name]))
    return reply, outputs
