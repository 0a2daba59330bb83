"""Programs made at random, and what each of their lines must have taken.

A program is a module of functions, generators, coroutines and asynchronous generators that call each
other in every way that fits: plain calls, loops, comprehensions, awaits, tasks, recursion, exceptions,
cancellation and, where wanted, threads and pools. All that they take are blocks of 1 to 3 MiB, held by
local variables until a line of its own deletes them or gives them to KEPT. So it is known for each
execution what it changes, and for which lines that counts.
"""
import random

HEAD = """\
import asyncio
import concurrent.futures
import threading

KEPT = []


def in_thread(call):
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def in_pool(call):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(call).result()


"""
PLAIN, GENERATOR, COROUTINE, ASYNC_GENERATOR = range(4)
FUNCTIONS = 9
TAKEN_MAX = 300  # times that a block is taken or given back
KEPT_MAX = 40  # MiB

# (what the line counts for, its text) of the ways to call a function of that kind. "call": the callee
# counts for the line. "apart": it is another task's or thread's work. "all": but the tasks count, too.
# "loop": its body follows.
CALLS = {
    PLAIN: [("call", "{0}()"), ("call", "(lambda: {0}())()"), ("twice", "[{0}() for _ in range(2)]")],
    GENERATOR: [("loop", "for _ in {0}():"), ("call", "list({0}())"), ("call", "sum({0}())"),
                ("call", "{0}_all = list(one for one in {0}())")],
}
ASYNC_CALLS = {
    COROUTINE: [("call", "await {0}()"), ("call", "await {0}()"),
                ("apart", "await asyncio.ensure_future({0}())"),
                ("twice", "[await {0}() for _ in range(2)]")],
    ASYNC_GENERATOR: [("loop", "async for _ in {0}():"), ("call", "[_ async for _ in {0}()]")],
}
# Of those that do not raise.
SAFE_CALLS = [("apart twice", "await asyncio.gather({0}(), {0}())"),
              ("apart", "await asyncio.wait([asyncio.ensure_future({0}())])")]
THREADS = {PLAIN: [("apart", "in_thread({0})"), ("apart", "in_pool({0})")],
           GENERATOR: [("apart", "in_thread(lambda: list({0}()))")],
           COROUTINE: [("apart", "in_thread(lambda: asyncio.run({0}()))")],
           ASYNC_GENERATOR: []}


class TooLong(Exception):
    """The program would do more than is wanted of one."""


class Function:
    def __init__(self, name, kind, raises=False):
        self.name, self.kind, self.raises = name, kind, raises
        self.is_async = kind in (COROUTINE, ASYNC_GENERATOR)
        self.body = []  # (what, line or 0, more)


class Line:
    """In MiB; how often it took or gave back something itself."""

    def __init__(self):
        self.own = self.with_callees = self.executions = 0


class Writer:
    """Writes the text of a program, and its functions as lists of what they do."""

    def __init__(self, dice, is_async, threads):
        self.dice, self.threads = dice, threads
        self.text = HEAD.splitlines()
        self.functions = []
        self.blocks = 0
        for number in range(FUNCTIONS):
            kind = dice.choice((PLAIN, PLAIN, GENERATOR, COROUTINE, COROUTINE, ASYNC_GENERATOR))
            raises = kind in (PLAIN, COROUTINE) and dice.random() < 0.2
            self.functions.append(self.function(Function("f{}".format(number), kind, raises)))
        self.entry = self.function(Function("entry", COROUTINE if is_async else PLAIN))

    def add(self, indent, text):
        self.text.append("    " * indent + text)
        return len(self.text)

    def function(self, function):
        self.add(0, "{} {}(depth=2):".format("async def" if function.is_async else "def",
                                             function.name))
        held = []
        for _ in range(self.dice.randint(3, 6)):
            self.statement(function, held)
        if function.kind in (GENERATOR, ASYNC_GENERATOR):
            function.body.append(("yield", self.add(1, "yield 0")))
        while held:
            self.release(function.body, 1, held)
        self.add(1, 'raise ValueError("random")' if function.raises else "len(str(depth))")
        self.text += ["", ""]
        return function

    def statement(self, function, held):
        what = self.dice.random()
        if what < 0.35 or not self.functions:
            self.take(function.body, 1, held)
        elif what < 0.5 and held:
            self.release(function.body, 1, held)
        elif what < 0.6 and function.kind in (GENERATOR, ASYNC_GENERATOR):
            function.body.append(("yield", self.add(1, "yield 1")))
        elif what < 0.65 and function.is_async:
            self.add(1, "await asyncio.sleep(0)")
        elif what < 0.7 and function.kind == PLAIN and not function.raises:
            self.add(1, "if depth:")
            function.body.append(("recurse", self.add(2, function.name + "(depth - 1)")))
        elif what < 0.77 and function.is_async:
            self.cancelled(function)
        else:
            self.call(function)

    def take(self, body, indent, held):
        self.blocks += 1
        name, mib = "block{}".format(self.blocks), self.dice.randint(1, 3)
        body.append(("change", self.add(indent, "{} = bytearray({} << 20)".format(name, mib)), mib))
        held.append((name, mib))

    def release(self, body, indent, held):
        name, mib = held.pop(self.dice.randrange(len(held)))
        if self.dice.random() < 0.2:
            self.add(indent, "KEPT.append({})".format(name))
            self.add(indent, "del {}".format(name))
            body.append(("keep", 0, mib))
        else:
            body.append(("change", self.add(indent, "del " + name), -mib))

    def cancelled(self, function):
        """A chain of coroutines, cancelled where the innermost one waits. What that does then counts
        for all of the chain."""
        name = "inner{}".format(len(self.text))
        inner, held, chain = Function(name, COROUTINE), [], []
        self.add(1, "async def {}():".format(name))
        self.add(2, "try:")
        self.add(3, "await asyncio.sleep(60)")
        self.add(2, "finally:")
        self.take(inner.body, 3, held)
        if self.dice.random() < 0.5:
            self.add(3, "await asyncio.sleep(0)")
            self.take(inner.body, 3, held)
        while held:
            self.release(inner.body, 3, held)
        for level in range(self.dice.randint(0, 3)):
            self.add(1, "async def {}_{}():".format(inner.name, level))
            chain.append(self.add(2, "await {}()".format(name)))
            name = "{}_{}".format(inner.name, level)
        self.add(1, "task = asyncio.ensure_future({}())".format(name))
        self.add(1, "await asyncio.sleep(0)")
        self.add(1, "task.cancel()")
        self.add(1, "await asyncio.wait([task])")
        self.add(1, "del task")
        function.body.append(("cancelled", 0, inner, chain))

    def ways(self, function, callee):
        found = list(CALLS.get(callee.kind, []))
        if function.is_async:
            found += ASYNC_CALLS.get(callee.kind, [])
        if function.is_async and callee.kind == COROUTINE and not callee.raises:
            found += SAFE_CALLS
        elif function.name == "entry" and not function.is_async and callee.kind == COROUTINE:
            found.append(("all", "asyncio.run({0}())"))
        if self.threads and not callee.raises:
            found += THREADS[callee.kind]
        return found

    def call(self, function):
        callee = self.dice.choice(self.functions)
        ways = self.ways(function, callee)
        if not ways:
            return
        indent = 2 if callee.raises else 1
        if callee.raises:
            self.add(1, "try:")
        what, text = self.dice.choice(ways)
        line = self.add(indent, text.format(callee.name))
        body, held = [], []
        if what == "loop":
            self.take(body, indent + 1, held)
            while held:
                self.release(body, indent + 1, held)
            # Python 3.9 reports the last line once more where `async for` has come to its end.
            self.add(indent + 1, 'len("loop")')
        function.body.append((what, line, callee, body))
        if callee.raises:
            self.add(1, "except ValueError:")
            self.take(function.body, 2, held)
            while held:
                self.release(function.body, 2, held)


class Program:
    """source: its text. lines: {number: Line}, of all that take or give back something, or wait for
    such. entry() is a coroutine function where is_async."""

    def __init__(self, seed, is_async, threads=False):
        dice = random.Random("{} {} {}".format(seed, is_async, threads))
        while not self._make(Writer(dice, is_async, threads)):
            pass

    def _make(self, writer):
        self.source = "\n".join(writer.text) + "\n"
        self.lines = {}
        self.kept = self.taken = 0
        try:
            self._run(writer.entry.body, [], [])
        except TooLong:
            return False
        return self.taken > 10

    def _run(self, body, stack, base, depth=2, at_yield=None):
        """stack: the lines that wait for it; base: those that wait for the event loop."""
        for what, line, *more in body:
            if what == "change":
                self._change(line, more[0], stack)
            elif what == "keep":
                self.kept += more[0]
                if self.kept > KEPT_MAX:
                    raise TooLong
            elif what == "yield":
                if at_yield:
                    at_yield()
            elif what == "recurse":
                if depth:
                    self._run(body, stack + [line], base, depth - 1)
            elif what == "cancelled":
                self._run(more[0].body, base + more[1], base)
            else:
                self._call(what, line, more[0], more[1], stack, base)

    def _call(self, what, line, callee, body, stack, base):
        self.lines.setdefault(line, Line())
        below = base if what.startswith("apart") else stack + [line]
        loops = below if what == "all" else base
        times = 2 if what.endswith("twice") and not callee.raises else 1
        for _ in range(times):
            self._run(callee.body, below, loops, at_yield=(
                lambda: self._run(body, stack, base)) if what == "loop" else None)

    def _change(self, line, mib, stack):
        self.taken += 1
        if self.taken > TAKEN_MAX:
            raise TooLong
        own = self.lines.setdefault(line, Line())
        own.own += mib
        own.executions += 1
        for each in set(stack + [line]):
            self.lines.setdefault(each, Line()).with_callees += mib
