"""Lines that leave something alive, each with the chain to it in the comment behind it, of the first
of three calls, as test_holders.py reads them.
"""

import array
import atexit
import collections
import concurrent.futures
import contextlib
import contextvars
import ctypes
import dataclasses
import enum
import functools
import gc
import itertools
import logging
import logging.handlers
import operator
import queue
import sys
import threading
import types
import typing
import weakref

import azure.functions as func
from helpers import store

# Containers.

LIST, DICT, NESTED, SET, FROZEN, TUPLE, DEQUE = [], {}, {}, set(), [], (), collections.deque()
RING = collections.deque(maxlen=100)
TUPLE_KEYS, BYTES_KEYS, NUMBER_KEYS, LONG_KEYS, ODD_KEYS, OTHER_KEYS = {}, {}, {}, {}, {}, {}
GROUPS = collections.defaultdict(list)
ODD = types.SimpleNamespace()
ORDERED, COUNTER = collections.OrderedDict(), collections.Counter()
WAITING, URGENT = queue.Queue(), queue.PriorityQueue()


class Store(dict):
    pass


STORE = Store()


def containers(number):
    global TUPLE
    value = bytes(1000)  # -> Leak.LIST[0] -> dict['a']
    LIST.append({"a": value})
    value = bytes(1001)  # -> Leak.DICT['key1']
    DICT["key%d" % number] = value
    NESTED["key%d" % number] = [0, Session()]
    value = bytearray(1002)  # -> Leak.NESTED['key1'] -> list[1] -> Session.history[1]
    NESTED["key%d" % number][1].history += (0, value)
    value = bytes(1003) + b"%d" % number  # -> Leak.SET{…}
    SET.add(value)
    value = bytes(1004)  # -> Leak.FROZEN[0] -> frozenset{…}
    FROZEN.append(frozenset([value]))
    value = bytes(1005)  # -> Leak.TUPLE[1]
    TUPLE += (0, value)
    DEQUE.extend([None] * 210)  # -> Leak.DEQUE
    value = bytes(1006)  # -> Leak.DEQUE[210] {deque(maxlen=None), 633 in it}
    DEQUE.append(value)
    value = bytes(1007)  # -> Leak.RING[0] {deque(maxlen=100), 3 in it, bounded}
    RING.append(value)
    value = bytes(1008)  # -> Leak.TUPLE_KEYS[(1, 'a')]
    TUPLE_KEYS[number, "a"] = value
    value = bytes(1009)  # -> Leak.BYTES_KEYS[b'k1\n']
    BYTES_KEYS[b"k%d\n" % number] = value
    value = bytes(1010)  # -> Leak.NUMBER_KEYS[(0.5, None, True, (1,), …)]
    NUMBER_KEYS[number / 2, None, True, (1,), 5] = value
    value = bytes(1011)  # -> Leak.LONG_KEYS['https://example.com/a/lo…']
    LONG_KEYS["https://example.com/a/long/way/%d" % number] = value
    value = bytes(1012)  # -> Leak.ODD_KEYS['q\'"\\\n\x1b\ud800€😀1']
    ODD_KEYS["q'\"\\\n\x1b\ud800\u20ac\U0001f600%d" % number] = value
    value = bytes(1013)  # -> Leak.OTHER_KEYS[(Color.RED, Session, <int>, <frozenset>)]
    OTHER_KEYS[Color.RED, Session, 1 << 70, frozenset([number])] = value
    value = bytes(1021)  # -> Leak.ODD.a\nb'"\\ud800
    setattr(ODD, "a\nb'\"\\\ud800", value)
    GROUPS["x"].append(0)
    value = bytearray(1014)  # -> Leak.GROUPS['x'] -> list[1]
    GROUPS["x"].append(value)
    value = bytes(1015)  # -> Leak.ORDERED[1]
    ORDERED[number] = value
    COUNTER["request %d" % number + "x" * 1016] += 1  # -> Leak.COUNTER.keys()
    value = bytes(1017)  # -> Leak.WAITING.queue[0] {deque(maxlen=None), 3 in it}
    WAITING.put(value)
    value = bytes(1018)  # -> Leak.URGENT.queue[0] -> tuple[1]
    URGENT.put((number, value))
    value = bytes(1019)  # -> Leak.STORE['x1']
    STORE["x%d" % number] = value
    value = bytes(1020)  # -> helpers.store.ITEMS[0]
    store.ITEMS.append(value)


# Instances and classes.


class Session:
    def __init__(self):
        self.history = []

    def on_event(self):
        pass

    @functools.lru_cache(maxsize=None)
    def fetch(self, page):
       return bytes(2000)  # -> Leak.Session.fetch() cache[(<Session>, 1)] {lru_cache(maxsize=None), 3 in it}


class Slots:
    __slots__ = ("data",)


class MoreSlots(Slots):
    __slots__ = ("more", "__dict__")


class Base:
    items = []


class Derived(Base):
    pass


class Page:
    @functools.cached_property
    def body(self):
       return bytes(2001)  # -> Leak.PAGES[0] -> Page.body


class Checked:
    """A descriptor that keeps what it was given."""

    def __init__(self):
        self.seen = []

    def __get__(self, owner, kind=None):
        return self

    def __set__(self, owner, value):
        self.seen.append(value)


def sized():
    sizes = []
    return property(lambda self: sizes)


class Form:
    field = Checked()
    sizes = sized()


@dataclasses.dataclass
class Order:
    items: list


class Row(typing.NamedTuple):
    number: int
    body: bytes


class Context:
    """Named as one of the standard library's, which chains treat as something else."""


Point = collections.namedtuple("Point", "x y")


class Color(enum.Enum):
    RED = 1
    GREEN = 2


class Node:
    def __init__(self, next):
        self.next = next


SESSION, SLOTS, MORE_SLOTS, CONTEXT = Session(), Slots(), MoreSlots(), Context()
PAGES, ORDERS, ROWS, POINTS = [], [], [], []
SETTINGS = types.SimpleNamespace(cache=[])
VIEW = types.MappingProxyType({"x": []})
HEAD = Node(None)
for _ in range(1000):
    HEAD = Node(HEAD)


def instances(number):
    value = bytearray(2100)  # -> Leak.SESSION.history[0]
    SESSION.history.append(value)
    value = bytes(2101)  # -> Leak.SLOTS.data
    SLOTS.data = value
    value = bytes(2102)  # -> Leak.MORE_SLOTS.data
    MORE_SLOTS.data = value
    value = bytes(2103)  # -> Leak.MORE_SLOTS.more
    MORE_SLOTS.more = value
    value = bytes(2104)  # -> Leak.MORE_SLOTS.other
    MORE_SLOTS.other = value
    value = bytes(2105)  # -> Leak.Base.items[0]
    Derived.items.append(value)
    value = bytearray(2106)  # -> Leak.Derived.attr
    Derived.attr = value
    PAGES.append(Page())
    PAGES[-1].body
    value = bytes(2107)  # -> Leak.Form.field.seen[0]
    Form().field = value
    value = bytes(2108)  # -> Leak.Form.sizes.fget() closure sizes[0]
    Form().sizes.append(value)
    ORDERS.append(Order([0]))
    value = bytes(2109)  # -> Leak.ORDERS[0] -> Order.items[1]
    ORDERS[-1].items.append(value)
    value = bytes(2110)  # -> Leak.ROWS[0] -> Row.body
    ROWS.append(Row(number, value))
    value = bytes(2111)  # -> Leak.POINTS[0] -> Point.y
    POINTS.append(Point(number, value))
    value = bytes(2112)  # -> Leak.Color.RED.log
    Color.RED.log = value
    value = bytes(2113)  # -> Leak.SETTINGS.cache[0]
    SETTINGS.cache.append(value)
    value = bytes(2114)  # -> Leak.VIEW['x'] -> list[0]
    VIEW["x"].append(value)
    value = bytes(2115)  # -> Leak.CONTEXT.data
    CONTEXT.data = value
    node = HEAD
    while node.next:
        node = node.next
    node.data = bytes(2116)  # -> Leak.HEAD.next.next.next.next.next -> … 987 more -> Node.next.next.next.next.next.next.next.next.data
    SESSION.fetch(number)


# Functions.

HOOKS, PARTIALS, METHODS, CHAINED, REFS = [], [], [], [], []


def make(x):
    def inner():
        return x
    return inner


def outer(x):
    def middle():
        def inner():
            return x
        return inner
    return middle()


def collect(item, items=[]):
    items.append(item)


def collect_by_name(item, *, items=[]):
    items.append(item)


@functools.lru_cache(maxsize=128)
def cached(key):
   return bytes(3000)  # -> Leak.cached() cache['k1'] {lru_cache(maxsize=128), 3 in it, bounded}


@functools.lru_cache(maxsize=None)
def kept(key, more):
   return bytes(3001)  # -> Leak.kept() cache[(1, 'm')] {lru_cache(maxsize=None), 3 in it}


@functools.lru_cache(maxsize=2)
def by_session(session, page):
    return 1


def limited(maxsize):
    @functools.lru_cache(maxsize=maxsize, typed=True)
    def sized(key):
        return values.pop()

    values = []
    return sized, values


LIMITED = [limited(maxsize) for maxsize in (0, 1, 4096, None)]


def fill(which, value):
    sized, values = LIMITED[which]
    values.append(value)
    sized(1.5)


def decorated(function):
    calls = []

    def wrapper(*args):
        calls.append(args)
        return function(*args)
    return wrapper


@decorated
def observed(x, y):
    pass


def clean_up(data, more=0):
    pass


def functions(number):
    value = bytes(3100)  # -> Leak.HOOKS[0] -> make.<locals>.inner() closure x
    HOOKS.append(make(value))
    value = bytes(3101)  # -> Leak.CHAINED[0] -> outer.<locals>.middle.<locals>.inner() closure x
    CHAINED.append(outer(value))
    value = bytes(3102)  # -> Leak.collect() default items[0]
    collect(value)
    value = bytes(3103)  # -> Leak.collect_by_name() default items[0]
    collect_by_name(value)
    value = bytes(3104)  # -> Leak.collect.calls
    collect.calls = value
    value = bytes(3105)  # -> Leak.PARTIALS[0] -> partial.args[1]
    PARTIALS.append(functools.partial(clean_up, 0, value))
    value = bytes(3106)  # -> Leak.PARTIALS[1] -> partial.keywords['data']
    PARTIALS.append(functools.partial(clean_up, data=value))
    session = Session()
    value = bytes(3107)  # -> Leak.METHODS[0] -> Session.on_event.__self__.history[0]
    session.history.append(value)
    METHODS.append(session.on_event)
    cached("k%d" % number)
    kept(number, "m")
    session = Session()
    value = bytes(3108)  # -> Leak.by_session() cache.keys() -> tuple[0] -> Session.history {lru_cache(maxsize=2), 2 in it, bounded}
    session.history = value
    by_session(session, 1)
    value = bytes(3109)  # -> Leak.observed() closure calls[0] -> tuple[0]
    observed(value, 0)
    value = bytes(3110)  # -> atexit callback clean_up() args[0]
    atexit.register(clean_up, value, 0)
    value = bytes(3111)  # -> atexit callback -> make.<locals>.inner() closure x
    atexit.register(make(value))
    value = bytes(3112)  # -> Leak.REFS[0] -> ref.__callback__() closure x
    SESSION.history.append(Session())
    REFS.append(weakref.ref(SESSION.history[-1], make(value)))
    value = bytes(3113)  # -> Leak.HOOKS[1] -> list.append.__self__[0]
    HOOKS.append([value].append)
    if number == 1:
        value = bytes(3114)  # -> Leak.LIMITED[1] -> tuple[0] -> limited.<locals>.sized() cache[(1.5, float)] {lru_cache(maxsize=1), 1 in it, bounded}
        fill(1, value)
        value = bytes(3115)  # -> Leak.LIMITED[2] -> tuple[0] -> limited.<locals>.sized() cache[(1.5, float)] {lru_cache(maxsize=4096), 1 in it, bounded}
        fill(2, value)
        value = bytes(3116)  # -> Leak.LIMITED[3] -> tuple[0] -> limited.<locals>.sized() cache[(1.5, float)] {lru_cache(maxsize=None), 1 in it}
        fill(3, value)


# What runs, or waits.

GENERATORS, AGENS, COROS, FUTURES, TASKS, ITERATORS, CONTEXTS = [], [], [], [], [], [], []
LOCAL, VAR = threading.local(), contextvars.ContextVar("session")
LAST = CAUGHT = None


def bad():
    big = bytes(4000)  # -> Leak.LAST.__cause__.__traceback__ -> bad() local big
    raise ValueError("x")


def worse(data):
    wide = bytes(4001)  # -> Leak.LAST.__traceback__ -> worse() local wide
    try:
        bad()
    except ValueError as error:
        raise KeyError(data.pop(), 0) from error


def again(values):
    try:
        raise ValueError(0, values.pop())
    except ValueError:
        raise KeyError(1)


def numbers():
    local = bytes(4003)  # -> Leak.GENERATORS[0] -> numbers() local local
    yield local


async def pages():
    page = bytes(4004)  # -> Leak.AGENS[0] -> pages() local page
    yield page


async def wait(event):
    waiting = bytes(4005)  # -> Leak.COROS[0] -> wait() local waiting
    await event()
    del waiting


@types.coroutine
def forever():
    value = bytes(4006)  # -> Leak.COROS[0] -> wait() -> forever() local deep[0]
    deep = [value]
    del value
    yield
    del deep


def work():
    data = bytes(4007)  # -> Leak.work() local data
    value = bytes(4008)  # -> Leak.LOCAL.mine
    LOCAL.mine = value
    del value
    threading.Event().wait(data and None)


def in_background(number):
    context = bytes(4009)  # -> handled ValueError.args[0]
    try:
        raise ValueError(context)
    except ValueError:
        del context
        threading.Event().wait()


def failing(number):
    global LAST, CAUGHT
    values = [bytes(4100)]  # -> Leak.LAST.args[0]
    try:
        worse(values)
    except KeyError as error:
        LAST = error
    values.append(bytes(4002))  # -> Leak.CAUGHT.__context__.args[1]
    try:
        again(values)
    except KeyError as error:
        CAUGHT = error


def running(number):
    GENERATORS.append(numbers())
    next(GENERATORS[-1])
    AGENS.append(pages())
    try:
        AGENS[-1].asend(None).send(None)
    except StopIteration:
        pass
    COROS.append(wait(forever))
    COROS[-1].send(None)
    if number == 1:
        for target, args in ((work, ()), (in_background, (0,))):
            threading.Thread(target=target, args=args, daemon=True).start()
    value = bytes(4101)  # -> Leak.LOCAL.data
    LOCAL.data = value
    future = concurrent.futures.Future()
    value = bytes(4102)  # -> Leak.FUTURES[0] -> Future._result
    future.set_result(value)
    FUTURES.append(future)
    value = bytes(4103)  # -> Leak.CONTEXTS[0] -> Context[ContextVar('session')]
    CONTEXTS.append(contextvars.copy_context())
    CONTEXTS[-1].run(VAR.set, value)


def iterators(number):
    value = bytes(4200)  # -> Leak.ITERATORS[0] -> map -> tuple[0] -> list_iterator -> list[0]
    ITERATORS.append(map(str, [value]))
    value = bytes(4201)  # -> Leak.ITERATORS[1] -> zip -> tuple[0] -> list_iterator -> list[0]
    ITERATORS.append(zip([value]))
    value = bytes(4202)  # -> Leak.ITERATORS[2] -> cycle -> list[0]
    ITERATORS.append(itertools.cycle(iter([value])))
    next(ITERATORS[-1])
    value = bytes(4203)  # -> Leak.ITERATORS[3] -> chain -> tuple_iterator -> tuple[1] -> list[0]
    ITERATORS.append(itertools.chain([], [value]))
    value = bytes(4204)  # -> Leak.ITERATORS[4] -> dict_keyiterator -> dict['x']
    ITERATORS.append(iter({"x": value}))


# What Python's own tools keep.

OWNERS, CALLS = [], []
BY_OWNER, NAMED = weakref.WeakKeyDictionary(), {}
STACK = contextlib.ExitStack()


class Registry(type):
    classes = {}

    def __new__(kind, name, bases, body):
        kind.classes[name] = super().__new__(kind, name, bases, body)
        return kind.classes[name]


class Name(str):
    pass


@contextlib.contextmanager
def held(thing):
    yield thing


@functools.singledispatch
def show(thing):
    pass


class Poller:
    def poll(self):
        page = bytes(6000)  # -> Leak.Poller.poll() local page
        threading.Event().wait(page and None)


def tools(number):
    value = bytes(6001)  # -> Leak.Registry.classes['Kind1'] -> Kind1.payload
    Registry("Kind%d" % number, (), {"payload": value})
    OWNERS.append(Session())
    value = bytes(6002)  # -> Leak.BY_OWNER.data[ref(<Session>)]
    BY_OWNER[OWNERS[-1]] = value
    value = bytes(6003)  # -> Leak.NAMED[Name('key1')]
    NAMED[Name("key%d" % number)] = value
    value = bytes(6004)  # -> Leak.STACK._exit_callbacks[0] -> tuple[1] -> _GeneratorContextManager.__exit__.__self__.gen -> held() local thing {deque(maxlen=None), 3 in it}
    STACK.enter_context(held(value))
    value = bytes(6005)  # -> Leak.show.registry[Session] -> tools.<locals>.<lambda>() default value
    show.register(Session, lambda thing, value=value: value)
    value = bytes(6006)  # -> weakref.finalize._registry[<finalize>] -> _Info.args[0]
    weakref.finalize(OWNERS[-1], clean_up, value, 0)
    value = bytes(6007)  # -> fake_module.cache
    sys.modules.setdefault("fake_module", types.ModuleType("fake_module")).cache = value
    if number == 1:
        value = bytes(6008)  # -> threading.Timer.run() local self.args[1]
        timer = threading.Timer(3600, clean_up, (0, value))
        timer.daemon = True
        timer.start()
        threading.Thread(target=Poller().poll, daemon=True).start()
    value = bytes(6009)  # -> Leak.CALLS[0] -> itemgetter -> tuple[1]
    CALLS.append(operator.itemgetter(0, value))
    value = bytes(6010)  # -> Leak.CALLS[1] -> ChainMap.maps[0] -> dict['x']
    CALLS.append(collections.ChainMap({"x": value}))
    value = bytes(6011)  # -> Leak.CALLS[2] -> CallableProxyType -> make.<locals>.inner() closure x
    CALLS.append(weakref.proxy(OWNERS[-1].on_event.__func__, make(value)))


# What the collector does not track, and what it does not see.

BUFFERS, ARRAYS, VIEWS, MAPS = [], [], [], []
WEAK, STRONG = weakref.WeakValueDictionary(), []
LOG = logging.getLogger("leak")
LOG.propagate = False
LOG.addHandler(logging.handlers.MemoryHandler(10000, flushLevel=logging.CRITICAL))
BUFFER = ctypes.c_char * 5000


class Ring:
    pass


def others(number):
    BUFFERS.append(BUFFER())  # -> Leak.BUFFERS[0]
    ARRAYS.append(array.array("d", [0.0]) * 600)  # -> Leak.ARRAYS[0]
    value = bytearray(5001)  # -> Leak.VIEWS[0] -> memoryview.obj
    data = value
    VIEWS.append(memoryview(data))
    session = Session()
    value = bytes(5002)  # -> Leak.STRONG[0] -> Session.history
    session.history = value
    STRONG.append(session)
    WEAK[number] = session
    value = bytes(5003)  # -> Leak.LOG.handlers[0] -> MemoryHandler.buffer[0] -> LogRecord.args[0]
    LOG.warning("%s %s", value, 0)
    gc.disable()
    ring = Ring()
    value = bytes(5004)  # -> nothing in Python: native code, or a cycle that waits for the collector
    ring.data = value
    ring.me = ring


NUMBER = 0


def main(req):
    global NUMBER
    NUMBER += 1
    for step in (containers, instances, functions, failing, running, iterators, tools, others):
        step(NUMBER)
    return func.HttpResponse("ok")
