"""What is told of a stopped thread. None of this runs code of the program, but the expressions that
somebody has typed: a value is shown by its type, and only what is of a built-in type also by its
content.

Imports only what is in every interpreter: what were imported here, the program would have for
nothing."""

import _thread
import gc
import os
import sys
from time import thread_time  # the program may put something else in its place

from . import alive

TEXT_CHARACTERS = 80  # of a value
ITEMS = 3  # of a container that are shown
INTEGER_BITS = 512  # a longer one takes too long to write
LOCALS = 200
STACK = 100
SIZE_OBJECTS = 20000  # that are visited for the deep sizes of one account
SIZE_SECONDS = 0.004  # of the processor's time that may take
AT_ONCE = 16  # from one look at the time to the next
ANSWER_CHARACTERS = 2000
FUNCTION = type(lambda: None)
BUILTIN = type(len)
METHOD_DESCRIPTOR = type(str.join)
# Modules, code, frames, and descriptors of attributes.
SHARED = (type, FUNCTION, BUILTIN, METHOD_DESCRIPTOR, type(sys), type((lambda: None).__code__),
          type(sys._getframe()), type(FUNCTION.__code__))


def describe(stack, names, answer, limit, number):
    """The account of wire/control.h, as UTF-8 of no more than `limit` bytes, and whether the thread
    runs an event loop. `number` is the invocation's, or None."""
    sizes = Sizes()
    loop = running_loop()
    account = {
        "thread": thread_name(),
        "stack": [{"path": path, "line": line, "name": name} for path, line, name in stack[:STACK]],
        "locals": [{"name": name, "type": type_name(value), "bytes": sizes.of(value),
                    "text": text_of(value)} for name, value in list(names.items())[:LOCALS]
                   if type(name) is str],
    }
    if len(stack) > STACK or len(names) > LOCALS:
        account["cut"] = True
    if answer is not None:
        account["answer"], account["failed"] = answer
    add_others(account, stack, loop, number)
    return fit(account, limit), loop is not None


def add_others(account, stack, loop, number):
    """Which tasks and threads there are beside it. There is an account also without them."""
    try:
        account["tasks"], account["more_tasks"] = alive.tasks(loop, number)
        account["threads"], account["more_threads"] = alive.threads()
    except Exception:
        account["cut"] = True
        return
    for entry in account["tasks"]:
        if entry["state"] == "paused" and stack:
            entry["path"], entry["line"] = stack[0][:2]
            entry["coroutine"] = entry["coroutine"] or stack[-1][2]


def fit(account, limit):
    text = encode(account)
    parts = [part for part in ("locals", "stack", "tasks", "threads") if part in account]
    while len(text) > limit and any(account[part] for part in parts):
        account["cut"] = True
        longest = max(parts, key=lambda part: len(account[part]))
        del account[longest][len(account[longest]) // 2:]
        text = encode(account)
    return text if len(text) <= limit else b"{}"


ESCAPES = {ord('"'): '\\"', ord("\\"): "\\\\", **{code: "\\u%04x" % code for code in range(32)}}


def json_text(value):
    """Of what is in an account."""
    if value is None:
        return "null"
    kind = type(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is list:
        return "[%s]" % ",".join(map(json_text, value))
    if kind is dict:
        return "{%s}" % ",".join(json_text(key) + ":" + json_text(each)
                                 for key, each in value.items())
    return '"%s"' % str.translate(value, ESCAPES)


def encode(account):
    return json_text(account).encode("utf-8", "replace")


def running_loop():
    events = sys.modules.get("asyncio.events")  # not there: nor is a loop
    return None if events is None else events._get_running_loop()


def thread_name():
    """Without threading.current_thread(), which makes an object for a thread that it does not know,
    and without importing what the program has not."""
    name = alive.thread_names().get(_thread.get_ident())
    if name:
        return name
    number = _thread.get_native_id()
    return "MainThread" if number == os.getpid() else "thread %d" % number


# ---- values


# A class's own attributes, though its metaclass may have other ideas of them.
NAME_OF, NAMES_OF, ORDER_OF = (type.__dict__[name].__get__
                               for name in ("__name__", "__dict__", "__mro__"))


def type_name(value):
    kind = type(value)
    name = NAME_OF(kind)
    module = NAMES_OF(kind).get("__module__", "")
    if type(module) is not str or module in ("builtins", ""):
        return name
    return module + "." + name


def text_of(value, depth=1):
    """Harmless: only values of exactly the built-in types are looked into."""
    kind = type(value)
    if value is None or kind is bool or kind is float or kind is complex or value is Ellipsis:
        return repr(value)
    if kind is int:
        bits = value.bit_length()
        return repr(value) if bits <= INTEGER_BITS else "an integer of %d bits" % bits
    if kind in (str, bytes, bytearray):
        short = repr(value[:TEXT_CHARACTERS])
        return short if len(value) <= TEXT_CHARACTERS else "%s and %d more" % (
            short, len(value) - TEXT_CHARACTERS)
    if kind in (list, tuple, set, frozenset, dict):
        return container_text(value, kind, depth)
    if kind in (FUNCTION, BUILTIN):
        return value.__name__ if type(value.__name__) is str else ""
    if issubclass(type(value), type):
        return "class " + NAME_OF(value)
    return ""


def container_text(value, kind, depth):
    size = "%d item%s" % (len(value), "" if len(value) == 1 else "s")
    if depth == 0 or not value:
        return size
    shown = []
    # Another thread may change it meanwhile.
    try:
        for item in value.items() if kind is dict else value:
            if len(shown) == ITEMS:
                break
            parts = item if kind is dict else (item,)
            shown.append(": ".join(text_of(part, depth - 1) or type_name(part) for part in parts))
    except RuntimeError:
        return size
    return "%s: %s%s" % (size, ", ".join(shown), ", ..." if len(value) > len(shown) else "")


class Sizes:
    """Deep sizes: a value with all that it refers to, but for what is everybody's. All values of an
    account together get so many objects and so much time, and then there is no number."""

    def __init__(self):
        self.left = SIZE_OBJECTS
        self.until = thread_time() + SIZE_SECONDS

    def is_over(self):
        return self.left <= 0 or (self.left % AT_ONCE == 0 and thread_time() > self.until)

    def of(self, value):
        seen = {id(value)}
        todo = [value]
        total = 0
        while todo:
            if self.is_over():
                return None
            self.left -= 1
            each = todo.pop()
            total += shallow(each)
            for other in gc.get_referents(each):
                if id(other) not in seen and not issubclass(type(other), SHARED):
                    seen.add(id(other))
                    todo.append(other)
        return total


def shallow(value):
    """Not of what has a __sizeof__ in Python: that would be code of the program."""
    for kind in ORDER_OF(type(value)):
        method = NAMES_OF(kind).get("__sizeof__")
        if method is not None:
            return sys.getsizeof(value) if type(method) is METHOD_DESCRIPTOR else 0
    return 0


# ---- expressions


def failure(exc):
    try:
        words = str.__str__(str(exc))
    except BaseException as other:
        words = "its text cannot be had: " + type_name(other)
    return type_name(exc) + ": " + words[:ANSWER_CHARACTERS], True


def value_of(code, scope, names):
    """Functions within the expression, as those of most comprehensions are, see only globals: they
    have the variables among these."""
    if any(type(each) is type(code) for each in code.co_consts):
        scope = {**scope, **names}
    return eval(code, scope, names)


def execute(expression, scope, names, is_copy):
    """A statement. The variables of a function cannot be set: where it tried to, that is said."""
    before = dict(names) if is_copy else {}
    exec(compile(expression, "<pymemtop>", "exec", dont_inherit=True), scope, names)
    lost = [name for name, value in names.items()
            if name not in before or before[name] is not value] if is_copy else []
    if not lost:
        return "", False
    return "%s cannot be set from here: a function's variables are its own" % ", ".join(lost), True


def evaluate(expression, scope, names, is_copy):
    """(text, failed). As one has asked for it, the value's own repr() is called. A statement is
    executed. `is_copy`: what is set in `names` is lost."""
    try:
        try:
            code = compile(expression, "<pymemtop>", "eval", dont_inherit=True)
        except SyntaxError:
            return execute(expression, scope, names, is_copy)
        text = str.__str__(repr(value_of(code, scope, names)))
        return (text if len(text) <= ANSWER_CHARACTERS else
                "%s and %d more" % (text[:ANSWER_CHARACTERS], len(text) - ANSWER_CHARACTERS)), False
    except BaseException as exc:
        return failure(exc)


def holds(expression, scope, names, _is_copy):
    """Whether it is true; (text, True) where it fails."""
    try:
        code = compile(expression, "<pymemtop>", "eval", dont_inherit=True)
        return bool(value_of(code, scope, names))
    except BaseException as exc:
        return failure(exc)
