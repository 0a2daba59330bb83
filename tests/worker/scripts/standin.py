"""The stand-in for memory_profiler: the how-to's code, and what else programs use of it."""

import asyncio
import inspect
import io
import logging
import subprocess

import memory_profiler

records = []


class Keep(logging.Handler):
    def emit(self, record):
        records.append(self.format(record))


# As the how-to has it.
root_logger = logging.getLogger()
root_logger.addHandler(Keep())
root_logger.setLevel(logging.INFO)
root_logger.handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
profiler_logstream = memory_profiler.LogFile("memory_profiler_logs", True)


@memory_profiler.profile(stream=profiler_logstream)
async def fetch(url: str, times: int = 1) -> int:
    """The doc."""
    return len(url) * times


@memory_profiler.profile(stream=profiler_logstream, precision=4, backend="psutil")
def add(a, b=2):
    return a + b


@memory_profiler.profile
def bare():
    return 1


def test_decorators_return_the_function():
    assert inspect.iscoroutinefunction(fetch) and asyncio.run(fetch("abc", times=2)) == 6
    assert str(inspect.signature(fetch)) == "(url: str, times: int = 1) -> int"
    assert fetch.__doc__ == "The doc." and fetch.__name__ == "fetch"
    assert not hasattr(fetch, "__wrapped__")
    assert add(1) == 3 and bare() == 1 and memory_profiler.profile(add) is add
    assert memory_profiler.LineProfiler()(add) is add
    assert memory_profiler.TimeStamper()(add) is add


def test_log_file():
    row = "    22     46.6 MiB      1.5 MiB          10       x = f()\n"
    still = "    23     46.6 MiB      0.0 MiB          10       y = 'MiB 5'\n"
    for text in ("Filename: f.py\n\n", "=====\n", row, still, "\n\n"):
        profiler_logstream.write(text)
    memory_profiler.LogFile("plain").write("any text")
    profiler_logstream.flush()
    assert records == ["memory_profiler_logs: Filename: f.py\n\n", "memory_profiler_logs: " + row,
                       "plain: any text"], records


def test_memory_usage():
    calls = []
    size = 32 << 20
    kept = []

    def grow(amount, twice=False):
        calls.append(twice)
        kept.append(bytearray(b"x") * amount)
        return "result"

    usage, result = memory_profiler.memory_usage((grow, (size,), {"twice": True}), interval=0.01,
                                                 retval=True)
    assert calls == [True] and result == "result"
    assert usage[-1] - usage[0] > 31
    assert isinstance(memory_profiler.memory_usage(max_usage=True), float)
    assert len(memory_profiler.memory_usage()) == 1
    assert len(memory_profiler.memory_usage(lambda: None, timestamps=True)[0]) == 2
    assert len(memory_profiler.memory_usage(-1, interval=0.01, timeout=1)) > 1
    process = subprocess.Popen(["sleep", "0.05"])
    assert memory_profiler.memory_usage(process, interval=0.01)[0] >= 0
    stream = io.StringIO()
    assert memory_profiler.memory_usage((bare,), stream=stream) is None
    assert stream.getvalue().startswith("MEM ")


def test_memory_usage_passes_exceptions_on():
    def fail():
        raise KeyError("mine")
    try:
        memory_profiler.memory_usage(fail)
    except KeyError:
        return
    raise AssertionError("no exception")


def test_profiler_object():
    profiler = memory_profiler.LineProfiler(backend="psutil")
    profiler.add_function(add)
    with profiler:
        assert profiler.enable_count == 1
    assert profiler.enable_count == 0 and dict(profiler.code_map) == {}
    names = {}
    profiler.runctx("x = 3", names, names)
    assert names["x"] == 3
    memory_profiler.show_results(profiler, stream=io.StringIO())
    assert memory_profiler.choose_backend("psutil") == "psutil"
    with memory_profiler.TimeStamper().timestamp("block"):
        pass


for name, test in sorted(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
