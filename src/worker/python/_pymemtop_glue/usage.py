"""memory_profiler's memory_usage: figures of whole processes over time, in MiB."""

import os
import threading
import time

import _pymemtop

from .profiler import METERS, MIB, choose_backend, meter_of


def read_bytes(pid, backend):
    """Of this process without pymemtop's own share; 0 where there is no such process any more."""
    kind = METERS.get(backend, "rss")
    if pid != os.getpid():
        return _pymemtop.process_bytes(pid, kind)
    return _pymemtop.rss_bytes() if kind == "rss" else _pymemtop.meter_bytes(meter_of(backend, False))


def descendants(pid):
    """The processes that come from `pid`, at any depth."""
    found = [pid]
    for each in found:
        found += _pymemtop.children(each)
    return found[1:]


class Samples:
    """What memory_usage() was asked for, and what it has found."""

    def __init__(self, pid, backend, include_children, multiprocess, stream):
        self._pid = pid
        self._backend = backend
        self._include_children = include_children
        self._multiprocess = multiprocess
        self._stream = stream
        self.taken = []  # (MiB, time, [MiB of each child])

    def take(self):
        usage = read_bytes(self._pid, self._backend)
        if not usage and self.taken:
            return  # the process has ended
        pids = descendants(self._pid) if self._include_children or self._multiprocess else []
        children = [(pid, read_bytes(pid, self._backend) / MIB) for pid in pids]
        mib = usage / MIB
        if self._include_children:
            mib += sum(child for _, child in children)
        now = time.time()
        if self._stream is not None:
            self._stream.write("MEM {:.6f} {:.4f}\n".format(mib, now))
            if self._multiprocess:
                for pid, child in children:
                    self._stream.write("CHLD {} {:.6f} {:.4f}\n".format(pid, child, now))
        self.taken.append((mib, now, [child for _, child in children]))

    def shaped(self, timestamps, max_usage):
        if self._stream is not None:
            return None
        if max_usage:
            return max(mib for mib, _, _ in self.taken)
        shaped = [(mib, now) if timestamps else mib for mib, now, _ in self.taken]
        if self._multiprocess:
            shaped = [[sample, *each[2]] for sample, each in zip(shaped, self.taken)]
        return shaped


class Sampler(threading.Thread):
    """Takes a sample every `interval` seconds until stop() is called."""

    def __init__(self, take, interval):
        super().__init__(daemon=True)
        self._take = take
        self._interval = interval
        self._stopped = threading.Event()

    def run(self):
        _pymemtop.own_begin()
        while not self._stopped.wait(self._interval):
            self._take()
        _pymemtop.own_end()

    def stop(self):
        self._stopped.set()
        self.join()


def call(proc, samples, interval):
    """Call `proc`, a function or (function[, args[, keywords]]), once, and sample meanwhile."""
    proc = (proc,) if callable(proc) else tuple(proc)
    if not 1 <= len(proc) <= 3:
        raise ValueError("memory_usage() takes (function, arguments, keywords)")
    function, args, options = proc + ((), {})[len(proc) - 1:]
    sampler = Sampler(samples.take, interval)
    sampler.start()
    try:
        return function(*args, **options)
    finally:
        sampler.stop()
        samples.take()


def is_running(proc):
    poll = getattr(proc, "poll", None)
    return poll is None or poll() is None


def watch(proc, samples, interval, timeout):
    """Go on sampling another process: one sample is enough for a pid without a timeout."""
    if isinstance(proc, int) and timeout is None:
        return
    end = None if timeout is None else time.monotonic() + timeout
    while is_running(proc) and (end is None or time.monotonic() + interval < end):
        time.sleep(interval)
        samples.take()


def memory_usage(proc=-1, interval=.1, timeout=None, timestamps=False, include_children=False,
                 multiprocess=False, max_usage=False, retval=False, stream=None, backend=None,
                 max_iterations=None):
    """Memory in MiB over time: of this process while `proc`, a function or (function, args,
    keywords), runs - once, whatever its time - or of the process `proc`, a pid or a Popen."""
    is_call = callable(proc) or isinstance(proc, (tuple, list))
    pid = os.getpid() if is_call or proc == -1 else proc if isinstance(proc, int) else proc.pid
    samples = Samples(pid, choose_backend(backend), include_children,
                      multiprocess and not is_call, stream)
    result = None
    samples.take()
    if is_call:
        result = call(proc, samples, interval)
    else:
        watch(proc, samples, interval, timeout)
    usage = samples.shaped(timestamps, max_usage)
    return (usage, result) if retval else usage
