"""--log-reports: at the end of an invocation the tables of all its profiled functions, decorated or
not, through the logger of Microsoft's how-to."""

import _pymemtop

from . import profiler, tables

LOGGER = "memory_profiler_logs"

ranges = {}  # code object -> its lines, or None


def lines_of(code):
    if code not in ranges:
        ranges[code] = profiler.source_range(code)
    return ranges[code]


class Report:
    """One invocation's. begin() and end() are called in the context that runs it."""

    def __init__(self):
        self._recorder = _pymemtop.Recorder(everything=True)
        self.code_map = profiler.CodeMap()
        self.begin = self._recorder.begin

    def end(self):
        self._recorder.end()
        try:
            self._write()
        except Exception as exc:
            tables.complain(exc)

    def _write(self):
        _pymemtop.own_begin()
        try:
            for code, rows in self._recorder.rows():
                lines = lines_of(code)
                if rows and lines is not None:
                    self.code_map[code] = {}
                    self.code_map._toplevel.append((code.co_filename, code, lines))
            self.code_map.take(self._recorder)
        finally:
            _pymemtop.own_end()
        tables.show_results(self, tables.LogFile(LOGGER, True))
