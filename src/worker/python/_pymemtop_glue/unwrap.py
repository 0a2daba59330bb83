"""What runs in the end of something that can be called. Imports nothing: a script that marks its
functions (decorating.py) is to get no module for it."""

LINKS = ("__wrapped__", "__func__", "func")  # functools.wraps; methods; partial, cached_property
MOST = 1000  # a chain that has no end is none


def function_of(thing):
    """The function without what wraps it, or binds arguments to it; of an object that can be called,
    its class's."""
    for _ in range(MOST):
        inner = next(filter(callable, (getattr(thing, name, None) for name in LINKS)), None)
        if inner is None and not hasattr(thing, "__code__"):
            call = type(thing).__call__ if callable(thing) else None
            inner = call if hasattr(call, "__code__") else None
        if inner is None:
            break
        thing = inner
    return thing


def code_of(thing):
    """The code object of that function, or None."""
    code = getattr(function_of(thing), "__code__", None)
    return code if isinstance(code, type(code_of.__code__)) else None
