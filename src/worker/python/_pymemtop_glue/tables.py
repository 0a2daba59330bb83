"""memory_profiler's table, and where it is written. One write() for each part and row, which is one
log record each for a LogFile."""

import linecache
import logging
import sys

import _pymemtop

TEMPLATE = "{0:>6} {1:>12} {2:>12}  {3:>10}   {4:<}"
HEADER = TEMPLATE.format("Line #", "Mem usage", "Increment", "Occurrences", "Line Contents")


class LogFile:
    """A stream whose writes become INFO records of the logger `name`. With reportIncrementFlag, of
    a table only the heading and the rows with an increment above 0."""

    def __init__(self, name=None, reportIncrementFlag=False):
        self.logger = logging.getLogger(name)
        self.reportIncrementFlag = reportIncrementFlag

    def write(self, msg, level=logging.INFO):
        if not self.reportIncrementFlag or self._is_wanted(msg):
            self.logger.log(level, msg)

    @staticmethod
    def _is_wanted(text):
        parts = text.split("MiB", 2)  # the Increment stands between the first two
        try:
            if len(parts) > 1 and float(parts[1]) > 0:
                return True
        except ValueError:
            pass  # not measured, and "MiB" is in the source
        return "Filename:" in text or "Line Contents" in text

    def flush(self):
        for handler in self.logger.handlers:
            handler.flush()


def pieces(code_map, precision):
    memory = "{{0:{}.{}f}} MiB".format(precision + 4, precision)
    for path, lines in code_map.items():
        yield "Filename: " + path + "\n\n"
        yield HEADER + "\n"
        yield "=" * len(HEADER) + "\n"
        source = linecache.getlines(path)
        for line, figures in lines:
            shown = ("", "", "")
            if figures:
                increment, usage, count = figures
                shown = (memory.format(usage), memory.format(increment), count)
            yield TEMPLATE.format(line, *shown, source[line - 1] if line <= len(source) else "\n")
        yield "\n\n"


def show_results(prof, stream=None, precision=1):
    """Write the tables of the functions that have run under the profiler. To format them, and to log
    or print them, is pymemtop's own work; what another stream does with them is the program's."""
    _pymemtop.own_begin()
    try:
        texts = list(pieces(prof.code_map, precision))
        if stream is None or isinstance(stream, LogFile):
            write(texts, stream or sys.stdout)
            return
    finally:
        _pymemtop.own_end()
    write(texts, stream)


def write(texts, stream):
    for text in texts:
        stream.write(text)


def show_quietly(prof, stream, precision):
    """The same, where nothing may be raised: into a program's own call."""
    try:
        show_results(prof, stream, precision)
    except Exception as exc:
        complain(exc)


def complain(exc):
    try:
        sys.stderr.write("pymemtop: a report could not be written: {}: {}\n".format(
            type(exc).__name__, exc))
    except Exception:
        pass  # nowhere left to say it
