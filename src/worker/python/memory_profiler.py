"""Stand-in for memory_profiler under pymemtop.

Code that is decorated for memory_profiler loads and runs here unchanged. Nothing needs decorating:
pymemtop's tracer measures every line of every function anyway, on its screen and in its reports. So
`profile` and its kin return the function itself, coroutine functions stay coroutine functions, and
the tables that memory_profiler would print on `stream` are not printed; of a script that `pymemtop
run` runs there is one at the end, of the functions that were decorated.

memory_usage() gives real figures: the resident set size, in MiB.
"""

import contextlib
import logging
import os
import threading
import time

from _pymemtop_glue import decorating

__version__ = "0.61.0"

_BACKENDS = ("psutil", "psutil_pss", "psutil_uss", "posix", "tracemalloc", "no_backend")


def _rss_mib(pid=-1):
    """RSS of the process, or 0.0 where there is none (any more)."""
    try:
        with open("/proc/{}/statm".format("self" if pid == -1 else pid)) as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


def _children(pid):
    """The processes that come from `pid`, at any depth."""
    try:
        with open("/proc/{0}/task/{0}/children".format(os.getpid() if pid == -1 else pid)) as names:
            direct = [int(name) for name in names.read().split()]
    except OSError:
        return []
    return direct + [below for child in direct for below in _children(child)]


def profile(func=None, stream=None, precision=1, backend="psutil"):
    """Decorate a function: bare, `profile(f)`, or `profile(stream=..., precision=...)`."""
    if func is None:
        return profile
    decorating.mark(func)
    return func


def choose_backend(new_backend=None):
    return new_backend if new_backend in _BACKENDS else _BACKENDS[0]


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
        if "Filename:" in text or "Line Contents" in text:
            return True
        words = text.split()
        try:  # line, usage, "MiB", increment, "MiB"
            return words[2] == "MiB" and float(words[3]) > 0
        except (IndexError, ValueError):
            return False

    def flush(self):
        for handler in self.logger.handlers:
            handler.flush()


class _Sampler(threading.Thread):
    """Takes a sample every `interval` seconds until stop() is called."""

    def __init__(self, take, interval):
        super().__init__(daemon=True)
        self._take = take
        self._interval = interval
        self._stopped = threading.Event()

    def run(self):
        while not self._stopped.wait(self._interval):
            self._take()

    def stop(self):
        self._stopped.set()
        self.join()


def _call(proc, sampler):
    """Call `proc`, a function or (function[, args[, keywords]]), while the sampler runs."""
    if callable(proc):
        proc = (proc,)
    function, args, options = tuple(proc) + ((), {})[len(proc) - 1:]
    sampler.start()
    try:
        return function(*args, **options)
    finally:
        sampler.stop()


def _is_running(proc):
    poll = getattr(proc, "poll", None)
    return poll is None or poll() is None


def memory_usage(proc=-1, interval=.1, timeout=None, timestamps=False, include_children=False,
                 multiprocess=False, max_usage=False, retval=False, stream=None, backend=None,
                 max_iterations=None):
    """Resident set sizes in MiB: of this process while `proc`, a function or (function, args,
    keywords), runs - once, whatever its time - or of the process `proc`, a pid or a Popen."""
    samples = []

    is_call = callable(proc) or isinstance(proc, (tuple, list))
    pid = -1 if is_call else proc if isinstance(proc, int) else proc.pid

    def take():
        mib = _rss_mib(pid)
        if not mib and samples:
            return  # the process has ended
        if include_children or multiprocess:
            mib += sum(_rss_mib(child) for child in _children(pid))
        samples.append((mib, time.time()))

    result = None
    take()
    if is_call:
        result = _call(proc, _Sampler(take, interval))
        take()
    else:
        _watch(proc, take, interval, timeout)
    usage = _shape(samples, timestamps, max_usage, stream)
    return (usage, result) if retval else usage


def _watch(proc, take, interval, timeout):
    """Go on sampling another process: one sample is enough for a pid without a timeout."""
    if isinstance(proc, int) and timeout is None:
        return
    end = None if timeout is None else time.monotonic() + timeout
    while _is_running(proc) and (end is None or time.monotonic() + interval < end):
        time.sleep(interval)
        take()


def _shape(samples, timestamps, max_usage, stream):
    """The samples in the form that the caller of memory_usage asked for."""
    if stream is not None:
        for mib, at in samples:
            stream.write("MEM {0:.6f} {1:.4f}\n".format(mib, at))
        return None
    shaped = [sample if timestamps else sample[0] for sample in samples]
    return max(shaped) if max_usage else shaped


class CodeMap(dict):
    """Code object -> {line: (increment, usage, occurrences)}; stays empty here."""

    def __init__(self, include_children=False, backend=None):
        super().__init__()

    def add(self, code, toplevel_code=None):
        pass


class LineProfiler:
    """Takes functions, and leaves the measuring to pymemtop."""

    def __init__(self, include_children=False, backend="psutil", max_mem=None, **options):
        self.code_map = CodeMap(include_children, backend)
        self.enable_count = 0
        self.max_mem = max_mem
        self.prevlines = []
        self.prev_lineno = None

    def __call__(self, func=None, precision=1):
        return profile(func)

    def add_function(self, func):
        pass

    def wrap_function(self, func):
        return func

    def runctx(self, cmd, globals, locals):
        with self:
            exec(cmd, globals, locals)
        return self

    def enable(self):
        pass

    def disable(self):
        self.prevlines = []
        self.prev_lineno = None

    def enable_by_count(self):
        self.enable_count += 1

    def disable_by_count(self):
        self.enable_count = max(0, self.enable_count - 1)

    def __enter__(self):
        self.enable_by_count()
        return self

    def __exit__(self, exc_type, exc_val, exc_tb):
        self.disable_by_count()


class TimeStamper:
    """Marks functions and blocks, for `mprof`; here they only run."""

    def __init__(self, backend="psutil", include_children=False):
        self.functions = {}
        self.backend = backend

    def __call__(self, func=None, precision=None):
        return profile(func)

    @contextlib.contextmanager
    def timestamp(self, name="<block>"):
        yield

    def add_function(self, func):
        self.functions.setdefault(func, [])

    def wrap_function(self, func):
        return func

    def show_results(self, stream=None):
        pass


def show_results(prof, stream=None, precision=1):
    """Prints nothing: the lines are on pymemtop's screen and in its reports."""


def load_ipython_extension(ip):
    """There is no IPython in a function app's worker."""
