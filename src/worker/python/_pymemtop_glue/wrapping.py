"""Functions of every kind in a wrapper of the same kind: a coroutine function stays one, a generator
function stays one, and so on, with name, signature and documentation.

A wrapper asks `new_call` for an object for each call, whose begin() and end() it calls around what
runs of the function, once, or around each step of a generator, and whose finish() when the call is
over, however it ends. None of the three may raise."""

import asyncio
import functools
import inspect
import types
import warnings

from . import FILE_PREFIX


def is_wrapper(thing):
    code = getattr(thing, "__code__", None)
    return isinstance(code, types.CodeType) and code.co_filename.startswith(FILE_PREFIX)


def wrap_plain(function, new_call):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        call = new_call()
        call.begin()
        try:
            return function(*args, **kwargs)
        finally:
            call.end()
            call.finish()
    return wrapper


def wrap_coroutine(function, new_call):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        call = new_call()
        call.begin()
        try:
            return await function(*args, **kwargs)
        finally:
            call.end()
            call.finish()
    return wrapper


# In the next two what is yielded is held by nobody while the consumer has it, and what is sent or
# thrown by nobody when it has arrived: it lives as long as it would without a wrapper.

def wrap_generator(function, new_call):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        call = new_call()
        step = argument = None
        yielded = []
        try:
            generator = function(*args, **kwargs)
            del args, kwargs
            step = generator.send
            while True:
                call.begin()
                try:
                    yielded.append(step(argument))
                except StopIteration as stop:
                    return stop.value
                finally:
                    call.end()
                    argument = None
                try:
                    argument = yield yielded.pop()
                    step = generator.send
                except BaseException as exc:
                    step, argument = generator.throw, exc
        finally:
            step = argument = None
            call.finish()
    return wrapper


def wrap_async_generator(function, new_call):
    @functools.wraps(function)
    async def wrapper(*args, **kwargs):
        call = new_call()
        step = argument = None
        yielded = []
        try:
            generator = function(*args, **kwargs)
            del args, kwargs
            step = generator.asend
            while True:
                call.begin()
                try:
                    yielded.append(await step(argument))
                except StopAsyncIteration:
                    return
                finally:
                    call.end()
                    argument = None
                try:
                    argument = yield yielded.pop()
                    step = generator.asend
                except BaseException as exc:
                    step, argument = generator.athrow, exc
        finally:
            step = argument = None
            call.finish()
    return wrapper


def wrap_function(function, new_call):
    """A wrapper of what can be called."""
    called = function.func if isinstance(function, functools.partial) else function
    if not hasattr(called, "__code__") and hasattr(type(called).__call__, "__code__"):
        called = type(called).__call__
    if inspect.isasyncgenfunction(called):
        return wrap_async_generator(function, new_call)
    if inspect.isgeneratorfunction(called):
        wrapper = wrap_generator(function, new_call)
        is_awaitable = called.__code__.co_flags & inspect.CO_ITERABLE_COROUTINE
        return types.coroutine(wrapper) if is_awaitable else wrapper
    if inspect.iscoroutinefunction(called) or asyncio.iscoroutinefunction(called):
        return wrap_coroutine(function, new_call)
    wrapper = wrap_plain(function, new_call)
    for name in ("cache_info", "cache_clear", "cache_parameters"):  # of functools.lru_cache
        if hasattr(function, name) and not hasattr(wrapper, name):
            setattr(wrapper, name, getattr(function, name))
    return wrapper


def wrap_class(cls, wrap):
    """Each function in the body of the class; returns the class itself."""
    for name, value in list(vars(cls).items()):
        if isinstance(value, (classmethod, staticmethod, property)) or (
                isinstance(value, types.FunctionType) and not is_wrapper(value)):
            try:
                setattr(cls, name, decorate(value, wrap))
            except (AttributeError, TypeError):  # a class that cannot be changed
                pass
    return cls


def decorate(thing, wrap):
    """What `@profile` makes of a function, of a method of any kind, of a class, or of what a decorator
    of azure.functions has made of a function; wrap(function) makes one wrapper."""
    if isinstance(thing, (classmethod, staticmethod)):
        return type(thing)(decorate(thing.__func__, wrap))
    if isinstance(thing, property):
        parts = (thing.fget, thing.fset, thing.fdel)
        return type(thing)(*(part and decorate(part, wrap) for part in parts), doc=thing.__doc__)
    if isinstance(thing, functools.cached_property):
        thing.func = decorate(thing.func, wrap)
        return thing
    if isinstance(thing, type):
        return wrap_class(thing, wrap)
    registered = getattr(thing, "_function", None)  # of a FunctionBuilder
    if hasattr(registered, "get_user_function") and hasattr(registered, "_func"):
        registered._func = decorate(registered._func, wrap)
        return thing
    if callable(thing):
        return wrap(thing)
    warnings.warn("{!r} cannot be profiled: it is no function".format(thing), stacklevel=3)
    return thing
