"""Frames to the host: wire/frame.h."""

import json

import _pymemtop


def clean(value):
    """`value` without NUL characters, which not every reader of JSON takes."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean(item) for item in value]
    return value


def dumps(message):
    """UTF-8 without surrogates, which come from paths and headers that are not UTF-8."""
    text = json.dumps(message, ensure_ascii=False)
    if "\\u0000" in text:
        text = json.dumps(clean(message), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def send(kind, message, body=b""):
    _pymemtop.send(kind, dumps(message), body)
