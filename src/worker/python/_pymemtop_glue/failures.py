"""What the user reads of an exception: a sentence, a traceback without frames that are not the
app's business, and the place."""

import os
import sys
import traceback

from . import FILE_PREFIX

TEXT_MAX = 32768  # characters of a message or a traceback, as Application Insights keeps
HIDDEN = (FILE_PREFIX, "<frozen importlib")


class LoadError(Exception):
    """A function cannot be loaded; the text says why. It has no traceback worth showing."""


def shorten(text):
    """The beginning and the end of a text that is too long to be of use, or to be sent."""
    if len(text) <= TEXT_MAX:
        return text
    half = TEXT_MAX // 2
    return "{} [{} characters left out] {}".format(
        text[:half], len(text) - 2 * half, text[-half:])


def describe(exc):
    """"Type: message" in one line."""
    name = type(exc).__qualname__
    try:
        text = " ".join(shorten(str(exc)).split())
    except Exception:
        text = "(its text cannot be shown)"
    return "{}: {}".format(name, text) if text else name


def hide_frames(report):
    """Take the glue's frames out of a TracebackException and of those that it came from."""
    report.stack[:] = [frame for frame in report.stack if not frame.filename.startswith(HIDDEN)]
    linked = [report.__cause__, report.__context__]
    for other in linked + list(getattr(report, "exceptions", None) or ()):
        if other is not None:
            hide_frames(other)


def format_traceback(exc):
    try:
        report = traceback.TracebackException(type(exc), exc, exc.__traceback__)
        hide_frames(report)
        return shorten("".join(report.format()))
    except Exception:  # an exception whose own code fails, or too deep a chain
        return describe(exc) + "\n"


def place(exc, app_root):
    """(path, line) in the app's files where `exc` came up, or None."""
    if isinstance(exc, SyntaxError) and exc.filename and exc.lineno:
        return exc.filename, exc.lineno
    found = None
    for frame, line in traceback.walk_tb(exc.__traceback__):
        path = frame.f_code.co_filename
        if path.startswith(app_root + os.sep) and "site-packages" not in path:
            found = path, line
    return found


def describe_import(exc):
    """The sentence for an exception at import."""
    if isinstance(exc, LoadError):
        return str(exc)
    if not isinstance(exc, ModuleNotFoundError):
        return describe(exc)
    install = "{} -m pip install -r requirements.txt".format(sys.executable)
    if exc.name in ("azure", "azure.functions"):
        return ("azure-functions is not installed for {}; put it into requirements.txt and run: {}"
                .format(sys.executable, install))
    return ("{}. Cannot find module. Please check the requirements.txt file for the missing module,"
            " and install it: {}".format(describe(exc), install))
