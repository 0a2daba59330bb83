"""memory_profiler's LineProfiler and CodeMap, fed by the tracer: nothing is sampled here. Figures are
in MiB, as memory_profiler has them; pymemtop's own share of the memory is left out.

What differs from memory_profiler: an Increment is always against the last value, never against a
maximum; and only the first line of the outermost profiled call has the memory at its entry as its
Increment, not every table's first line and every line after a call."""

import inspect
import os
import sys
import warnings

import _pymemtop

from . import FILE_PREFIX, unwrap, wrapping

MIB = 1 << 20
BACKENDS = ("psutil", "psutil_pss", "psutil_uss", "posix", "tracemalloc")
METERS = {"psutil_pss": "pss", "psutil_uss": "uss", "tracemalloc": "python"}  # others: "rss"


def warn(text):
    """Where the program has called pymemtop's Python."""
    level = 2
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(FILE_PREFIX):
        frame = frame.f_back
        level += 1
    warnings.warn(text, stacklevel=level)


def choose_backend(new_backend=None):
    """The backend's name; that of the resident set size where there is none of that name."""
    if new_backend is None or new_backend in BACKENDS:
        return new_backend or BACKENDS[0]
    warn("there is no backend {!r}; psutil is used".format(new_backend))
    return BACKENDS[0]


def meter_of(backend, include_children):
    """The number of the meter that measures so; where there is none, that of what comes next to it.
    By psutil and alone it is the worker's, whichever pymemtop was told to measure by."""
    name = METERS.get(backend, "rss")
    if name == "rss" and not include_children:
        return 0
    try:
        return _pymemtop.meter(name, bool(include_children))
    except ValueError as exc:
        without = "include_children" if include_children else "backend={!r}".format(backend)
        warn("{} is not heeded: {}".format(without, exc))
    return meter_of(backend, False) if include_children else 0


def source_range(code):
    """The lines of a function in its file, from its first decorator on; None where there is no
    source."""
    try:
        lines, first = inspect.getsourcelines(code)
    except (OSError, TypeError, IndentationError, SyntaxError):
        return None
    return range(first, first + len(lines))


class CodeMap(dict):
    """Code object -> {line: (increment, max usage, occurrences)}, for the code objects that were
    added and for those within them, which share the table of the outer one."""

    def __init__(self, include_children=False, backend="psutil"):
        super().__init__()
        self.include_children = include_children
        self.backend = backend
        self._meter = 0
        self._toplevel = []
        self._last = {}  # by trace(): line -> MiB

    def add(self, code, toplevel_code=None):
        if code in self:
            return
        if toplevel_code is None:
            path = code.co_filename
            lines = source_range(code) if os.path.exists(path) else None
            if lines is None:
                warn("{} has no source in {}: its lines are not shown".format(
                    code.co_name, path))
                return
            self._toplevel.append((path, code, lines))
            self[code] = {}
            toplevel_code = code
        else:
            self[code] = self[toplevel_code]
        for inner in filter(inspect.iscode, code.co_consts):
            self.add(inner, toplevel_code)

    def fresh(self):
        """One of the same code objects, without figures."""
        other = CodeMap(self.include_children, self.backend)
        other._toplevel = self._toplevel
        other._meter = self._meter
        tables = {id(table): {} for table in self.values()}
        other.update((code, tables[id(table)]) for code, table in self.items_by_code())
        return other

    def items_by_code(self):
        return super().items()

    def items(self):
        """(file name, (line, figures or None) of each line) of each function that has run."""
        for path, code, lines in self._toplevel:
            if self[code]:
                yield path, ((line, self[code].get(line)) for line in lines)

    def trace(self, code, lineno, prev_lineno):
        """Line `lineno` is over: sample it, against what there was after `prev_lineno`."""
        usage = _pymemtop.meter_bytes(self._meter) / MIB
        increment, highest, count = self[code].get(lineno, (0, 0, 0))
        grown = usage - self._last.get((code, prev_lineno), 0)
        self[code][lineno] = (increment + grown, max(usage, highest), count + 1)
        self._last[code, lineno] = usage

    def take(self, recorder):
        """Have the figures be those of the recorder."""
        entry_line, entry_bytes = recorder.entry()
        for code, rows in recorder.rows():
            table = self.get(code)
            if table is None:
                continue
            for line, increment, highest, count in rows:
                if line == entry_line:
                    increment += entry_bytes
                table[line] = (increment / MIB, highest / MIB, count)


class Enabled:
    """A call of a function that a profiler has wrapped."""

    def __init__(self, profiler):
        self.begin = profiler.enable_by_count
        self.end = profiler.disable_by_count

    @staticmethod
    def finish():
        pass


class LineProfiler:
    """Records the lines of the functions that were added while it is enabled: in the context in which
    that was done, and in those that are copies of it."""

    def __init__(self, include_children=False, backend="psutil", max_mem=None, **_options):
        self.backend = choose_backend(backend)
        self.enable_count = 0
        self.max_mem = max_mem
        self.prevlines = []
        self.prev_lineno = None
        self._code_map = CodeMap(include_children, self.backend)
        self._code_map._meter = meter_of(self.backend, include_children)
        self._recorder = _pymemtop.Recorder(meter=self._code_map._meter)
        if max_mem is not None:
            warn("max_mem is not watched by pymemtop; its option --limit is")

    @property
    def code_map(self):
        self._code_map.take(self._recorder)
        return self._code_map

    def fresh(self):
        """One of the same functions that has recorded nothing."""
        other = LineProfiler.__new__(LineProfiler)
        other.__dict__.update(self.__dict__, prevlines=[], enable_count=0,
                              _recorder=self._recorder.fresh(), _code_map=self._code_map.fresh())
        return other

    def __call__(self, func=None, precision=1):
        if func is None:
            return self.__call__
        return wrapping.decorate(func, self._wrap)

    def _wrap(self, func):
        self.add_function(func)
        return self.wrap_function(func)

    def add_function(self, func):
        code = unwrap.code_of(func)
        if code is None:
            warn("{!r} has no Python code that could be profiled".format(func))
            return
        _pymemtop.own_begin()
        try:
            self._code_map.add(code)
            is_profiled = self._recorder.add(code)
        finally:
            _pymemtop.own_end()
        if not is_profiled and code in self._code_map:
            warn("{} has no table: {} is excluded from what is profiled".format(
                code.co_name, code.co_filename))

    def wrap_function(self, func):
        return wrapping.wrap_function(func, lambda: Enabled(self))

    def runctx(self, cmd, globals, locals):
        with self:
            exec(cmd, globals, locals)
        return self

    def enable(self):
        self._recorder.begin()

    def disable(self):
        self._recorder.end()

    def enable_by_count(self):
        """Each time in the current context: that of an overlapping call is another one."""
        self.enable_count += 1
        self.enable()

    def disable_by_count(self):
        if self.enable_count > 0:
            self.enable_count -= 1
            self.disable()

    def __enter__(self):
        self.enable_by_count()
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        self.disable_by_count()
