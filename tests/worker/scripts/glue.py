"""The modules that are built in: found by their names only, and left out of tracebacks."""

import importlib.util
import sys

import _pymemtop_glue
from _pymemtop_glue import failures, wire


def test_finder():
    assert importlib.util.find_spec("_pymemtop_glue.function").origin.startswith("<pymemtop/")
    assert importlib.util.find_spec("_pymemtop_glue.nothing") is None
    assert _pymemtop_glue.Finder.find_spec("json") is None
    assert importlib.util.find_spec("memory_profiler").loader is not None
    assert sys.meta_path[0] is _pymemtop_glue.Finder
    assert "def hide_frames" in failures.__loader__.get_source("_pymemtop_glue.failures")


def test_tracebacks():
    def fail():
        raise ValueError("inner\nand\x00more")
    try:
        try:
            fail()
        except ValueError as exc:
            raise KeyError("outer") from exc
    except KeyError as exc:
        text = failures.format_traceback(exc)
        assert "inner" in text and "direct cause" in text and "in fail" in text
        assert failures.describe(exc) == "KeyError: 'outer'"
        assert failures.describe(exc.__cause__) == "ValueError: inner and\0more"
    try:
        wire.dumps({"a": object()})
    except TypeError as exc:
        assert "<pymemtop" not in failures.format_traceback(exc)


def test_strange_exceptions():
    class Strange(Exception):
        def __str__(self):
            raise RuntimeError("no text")
    exc = Strange()
    assert failures.describe(exc).startswith("test_strange_exceptions.<locals>.Strange: (")
    assert failures.format_traceback(exc)
    assert failures.describe(StopIteration()) == "StopIteration"

    def deep(n):
        return deep(n + 1)
    try:
        deep(0)
    except RecursionError as exc:
        assert len(failures.format_traceback(exc)) < 10000


def test_json():
    assert wire.dumps({"a": "b\0\udcff", "c": ["\0", {"d": 1}]}) == (
        '{"a": "b\ufffd?", "c": ["\ufffd", {"d": 1}]}'.encode())
    assert wire.dumps({"a": "\\u0000"}) == b'{"a": "\\\\u0000"}'


for name, test in sorted(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
