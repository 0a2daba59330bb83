"""The tasks and threads that there are while a thread is stopped, where each of them is, and for
which invocation. None of this runs code of the program: what belongs to it is read by the methods of
the built-in types alone, however its own classes may have replaced them.

Imports only what is in every interpreter: what were imported here, the program would have for
nothing."""

import gc
import sys
from time import thread_time  # the program may put something else in its place

import _pymemtop

SHOWN = 100  # of each; the others are counted
SECONDS = 0.002  # that looking at all tasks may take, and describing them again: of the processor's
# time, since what else the machine does says nothing of how much there is to look at
SURE = 16  # that are described however long that takes
AT_ONCE = 64  # that are looked at from one look at the time to the next
AWAITS = 1000  # of coroutines in one another
GLUE = "<pymemtop/"


async def _coroutine():
    pass


def _generator():
    yield


async def _async_generator():
    yield


def _readers(made, frame, awaited):
    names = type(made).__dict__
    close = getattr(made, "close", None)
    if close:
        close()
    return names[frame].__get__, names[awaited].__get__, names["__qualname__"].__get__


# by type: what gives its frame, what it waits for, and its name
SUSPENDS = {type(made): _readers(made, *names) for made, names in (
    (_coroutine(), ("cr_frame", "cr_await")),
    (_generator(), ("gi_frame", "gi_yieldfrom")),
    (_async_generator(), ("ag_frame", "ag_await")))}


# ---- tasks


def method(base, name):
    """base's own, to be called with an object of a class that may have another one."""
    for kind in base.__mro__:
        if name in kind.__dict__:
            return kind.__dict__[name]
    return None


class Reader:
    """Of asyncio's own tasks, and of those of classes made of them."""

    def __init__(self, asyncio_tasks, context_type):
        self.base = sys.modules["_asyncio"].Task
        self.context_type = context_type
        for name in ("done", "get_name", "get_coro", "get_loop", "get_context"):
            setattr(self, name, method(self.base, name))
        self.waits_for = method(self.base, "_fut_waiter").__get__
        self.current = asyncio_tasks._current_tasks

    def context(self, task):
        if self.get_context is not None:
            return self.get_context(task)
        # Up to 3.11 it cannot be asked for; it is the first thing that a task refers to.
        for each in gc.get_referents(task):
            if type(each) is self.context_type:
                return each
        return None

    def number(self, task):
        context = self.context(task)
        return None if context is None else _pymemtop.number_in(context)


def references(asyncio_tasks):
    """What gives the tasks that asyncio knows, the ones that are over among them, or None."""
    found = []
    for name in ("_all_tasks", "_scheduled_tasks"):
        known = getattr(asyncio_tasks, name, None)
        if known is not None:
            found += list(known.data)
    eager = list(getattr(asyncio_tasks, "_eager_tasks", ()))
    return found + [lambda task=task: task for task in eager]


def chain(coroutine):
    """(frame, qualified name) of it and of what it waits for, and so on: outermost first."""
    found = []
    while type(coroutine) in SUSPENDS and len(found) < AWAITS:
        frame, awaited, name = SUSPENDS[type(coroutine)]
        found.append((frame(coroutine), name(coroutine)))
        coroutine = awaited(coroutine)
    return [each for each in found if each[0] is not None]


def is_glue(frame):
    return frame.f_code.co_filename.startswith(GLUE)


def describe_task(reader, task, state, number):
    """None for what is pymemtop's own."""
    found = chain(reader.get_coro(task))
    own = [each for each in found if not is_glue(each[0])]
    if found and not own and state in ("waits", "ready"):
        return None
    entry = {"name": str.__str__(reader.get_name(task)), "coroutine": own[0][1] if own else "",
             "state": state, "invocation": number, "path": None, "line": 0}
    for frame, _ in reversed(own):
        path = _pymemtop.profiled_path(frame.f_code)
        if path is not None:
            entry["path"], entry["line"] = path, frame.f_lineno or 0
            break
    return entry


def state_of(reader, task, running, here):
    if any(task is each for each in running):
        return "paused" if task is here else "runs"
    return "ready" if reader.waits_for(task) is None else "waits"


def current_tasks(reader, loop):
    """Those that loops run now, and the one of `loop`."""
    items = list(reader.current.items())
    return [task for _, task in items], next((task for each, task in items if each is loop), None)


def is_alive(reader, task):
    return issubclass(type(task), reader.base) and not reader.done(task)


def sorted_tasks(reader, known, loop, number):
    """[(rank, task, state, number)] of those that are not over, and how many more there are that
    were not looked at. The paused one first, then others that run, then those of its invocation."""
    until = thread_time() + SECONDS
    running, here = current_tasks(reader, loop)
    found = [(0 if task is here else 1, task, state_of(reader, task, running, here),
              reader.number(task)) for task in running if is_alive(reader, task)]
    for i, reference in enumerate(known):
        if i and i % AT_ONCE == 0 and thread_time() > until:
            return found, len(known) - i
        task = reference()
        if not is_alive(reader, task) or any(task is each for each in running):
            continue
        its = reader.number(task)
        rank = 2 if its is not None and its == number else 3
        found.append((rank, task, state_of(reader, task, running, here), its))
    return found, 0


def order_of(name):
    """So that Task-9 comes before Task-10."""
    return len(name), name


def tasks(loop, number):
    """([entry], how many more). `loop` is the one that the stopped thread runs, or None; `number`
    is its invocation."""
    asyncio_tasks = sys.modules.get("asyncio.tasks")
    contexts = sys.modules.get("_contextvars")
    if asyncio_tasks is None or "_asyncio" not in sys.modules or contexts is None:
        return [], 0
    reader = Reader(asyncio_tasks, contexts.Context)
    found, left = sorted_tasks(reader, references(asyncio_tasks), loop, number)
    found.sort(key=lambda each: (each[0], order_of(reader.get_name(each[1]))))
    until = thread_time() + SECONDS
    entries = []
    for i, (_, task, state, its) in enumerate(found):
        if len(entries) == SHOWN or (len(entries) >= SURE and thread_time() > until):
            return entries, left + len(found) - i
        entry = describe_task(reader, task, state, its)
        if entry is not None:
            entries.append(entry)
    return entries, left


# ---- threads


def thread_names():
    """By the thread's number, of those that the module threading knows."""
    threading = sys.modules.get("threading")
    if threading is None:
        return {}
    own = threading.Thread.__dict__["__dict__"].__get__
    names = {}
    for ident, thread in list(threading._active.items()):
        name = own(thread).get("_name")
        if type(name) is str:
            names[ident] = name
    return names


def threads():
    """([entry], how many more): the stopped one first, then those that wait for their turn to stop,
    and those in profiled code."""
    names = thread_names()
    found = _pymemtop.threads()
    order = ["paused", "pauses next", "runs"]
    found.sort(key=lambda each: (order.index(each[1]), each[3] is None))
    entries = []
    for ident, state, number, place in found[:SHOWN]:
        path, line, function = place or (None, 0, "")
        entries.append({"name": names.get(ident) or "thread %d" % ident, "state": state,
                        "invocation": number, "path": path, "line": line, "coroutine": function})
    return entries, max(0, len(found) - SHOWN)
