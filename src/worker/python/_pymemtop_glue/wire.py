"""Frames to the host: wire/frame.h."""

import json
import math

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


def plain(value):
    """`value` made of what every reader of JSON takes: numbers that are out of range and objects that
    JSON has no word for become text."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value if -2**63 <= value < 2**63 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)


def dumps(message):
    """UTF-8 without surrogates, which come from paths and headers that are not UTF-8."""
    text = json.dumps(message, ensure_ascii=False, allow_nan=False)
    if "\\u0000" in text:
        text = json.dumps(clean(message), ensure_ascii=False)
    return text.encode("utf-8", "replace")


def send(kind, message, body=b""):
    _pymemtop.send(kind, dumps(message), body)
