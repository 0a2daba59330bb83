"""Each function runs work.run() before, under and after a tool, and returns what the tool has seen:
the same with pymemtop and without."""

import bdb
import cProfile
import io
import json
import os
import pdb
import pstats
import sys
import threading

import work


class Recorder:
    """A trace or profile function: keeps what is said about frames of work.py."""

    def __init__(self):
        self.seen = []

    def __call__(self, frame, event, argument):
        if frame.f_code.co_filename == work.__file__:
            name = getattr(argument, "__name__", None) if event.startswith("c_") else None
            self.seen.append((event, frame.f_code.co_name, frame.f_lineno, name))
        return self


def settrace():
    recorder = Recorder()
    work.run()
    sys.settrace(recorder)
    work.run()
    sys.settrace(None)
    work.run()
    return recorder.seen


def setprofile():
    recorder = Recorder()
    work.run()
    sys.setprofile(recorder)
    work.run()
    sys.setprofile(None)
    work.run()
    return recorder.seen


def both():
    tracer, profiler = Recorder(), Recorder()
    work.run()
    sys.setprofile(profiler)
    sys.settrace(tracer)
    work.run()
    sys.settrace(None)
    sys.setprofile(None)
    work.run()
    return tracer.seen, profiler.seen


def failing_tracer():
    """One that raises is taken out by the interpreter."""
    def trace(frame, event, argument):
        if frame.f_code.co_name == "step":
            raise LookupError("the tracer's")
        return trace

    work.run()
    sys.settrace(trace)
    try:
        work.run()
    except LookupError as error:
        seen = str(error), sys.gettrace()
    work.run()
    return seen


def threads():
    recorder = Recorder()
    work.run()
    threading.settrace(recorder)
    threading.setprofile(recorder)
    thread = threading.Thread(target=work.run)
    thread.start()
    thread.join()
    threading.settrace(None)
    threading.setprofile(None)
    work.run()
    return recorder.seen


def cprofile():
    profiler = cProfile.Profile()
    work.run()
    profiler.enable()
    work.run()
    profiler.disable()
    work.run()
    return sorted((name, figures[0], figures[1]) for (file, _, name), figures
                  in pstats.Stats(profiler).stats.items() if file == work.__file__)


def debugger():
    """Breakpoints, steps, a look at a variable, and on without any."""
    commands = ["b work.py:5", "c", "p n", "n", "s", "u", "p type(n)", "c", "p n",
                "clear 1", "c"]
    out = io.StringIO()
    debugger = pdb.Pdb(stdin=io.StringIO("\n".join(commands) + "\n"), stdout=out, nosigint=True,
                       readrc=False)
    debugger.use_rawinput = False
    # Breakpoints are the class's: number them from 1 each time.
    bdb.Breakpoint.next, bdb.Breakpoint.bplist, bdb.Breakpoint.bpbynumber = 1, {}, [None]
    work.run()
    debugger.set_trace()
    work.run()
    work.run()
    # Where it stops at first is left out: from 3.13 on at the next instruction, but at the next
    # line where another tool wants lines as well, since the interpreter then loses events of
    # instructions that were asked for in between.
    return out.getvalue().partition("(Pdb)")[2]


def covered(core):
    os.environ["COVERAGE_CORE"] = core
    import coverage
    coverage_of = coverage.Coverage(data_file=None, config_file=False, branch=False,
                                    include=[work.__file__])
    work.run()
    coverage_of.start()
    work.run()
    coverage_of.stop()
    work.run()
    return sorted(coverage_of.get_data().lines(work.__file__))


def coverage_c():
    return covered("ctrace")


def coverage_python():
    return covered("pytrace")


def coverage_monitoring():
    return covered("sysmon")


LISTENING = []


def debugpy():
    import debugpy
    work.run()
    if not LISTENING:  # once in a process
        LISTENING.append(debugpy.listen(("127.0.0.1", 0)))
    debugpy.trace_this_thread(True)
    seen = work.run(), debugpy.is_client_connected()
    debugpy.trace_this_thread(False)
    work.run()
    return seen


def monitoring():
    tools, seen = sys.monitoring, []
    events = {name: getattr(tools.events, name) for name in
              ("PY_START", "PY_RESUME", "PY_RETURN", "PY_YIELD", "LINE", "JUMP", "CALL", "RAISE",
               "PY_UNWIND", "EXCEPTION_HANDLED")}

    def callback(name):
        def record(code, *arguments):
            if code.co_filename == work.__file__:
                seen.append((name, code.co_name, [one for one in arguments
                                                  if isinstance(one, int)]))
        return record

    work.run()
    tools.use_tool_id(3, "the app's")
    for name, event in events.items():
        tools.register_callback(3, event, callback(name))
    tools.set_events(3, sum(events.values()))
    work.run()
    tools.set_events(3, 0)
    for event in events.values():
        tools.register_callback(3, event, None)
    tools.free_tool_id(3)
    work.run()
    return seen


def run(name):
    """What the tool of that name has seen, and what is left of it, as JSON."""
    seen = globals()[name]()
    return json.dumps([seen, repr(sys.gettrace()) if name != "debugpy" else "",
                       repr(sys.getprofile())], indent=1)
