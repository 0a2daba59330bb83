"""Checks a handler against its function.json when it is loaded, as Azure does: a mistake is told
before the first request, and in full."""

import inspect
import typing

from .failures import LoadError, describe


def is_out(annotation):
    """True for azure.functions.Out and Out[...]; by name, as the app may not have imported it."""
    origin = typing.get_origin(annotation) or annotation
    return isinstance(origin, type) and origin.__name__ == "Out"


def is_named(annotation, *names):
    return isinstance(annotation, type) and any(
        base.__name__ in names for base in annotation.__mro__)


def direction(binding):
    return str(binding.get("direction", "in")).lower()


def kind(binding):
    return str(binding.get("type", "")).lower()


def check_parameter(name, binding, annotation, faults):
    if annotation is inspect.Parameter.empty:
        return
    if direction(binding) == "out":
        if not is_out(annotation):
            faults.append('binding "{}" goes out: annotate it as azure.functions.Out[...]'.format(
                name))
        elif len(typing.get_args(annotation)) != 1:
            faults.append('binding "{}": Out needs its type, as in Out[str]'.format(name))
    elif is_out(annotation):
        faults.append('binding "{}" comes in, and cannot be an Out'.format(name))
    elif not isinstance(annotation, type) and typing.get_origin(annotation) is None:
        faults.append('binding "{}" has an annotation that is not a type: {!r}'.format(
            name, annotation))
    elif kind(binding) == "httptrigger" and not is_named(annotation, "HttpRequest"):
        faults.append('binding "{}" is an HTTP request: annotate it as '
                      "azure.functions.HttpRequest".format(name))


def check_return(binding, annotation, faults):
    if direction(binding) != "out":
        faults.append('binding "$return" needs "direction": "out"')
    if annotation is inspect.Parameter.empty or kind(binding) != "http":
        return
    if not is_named(annotation, "HttpResponse", "str"):
        faults.append("the return annotation must be azure.functions.HttpResponse or str, not {!r}"
                      .format(annotation))


def check_context(annotation, faults):
    if annotation is not inspect.Parameter.empty and not is_named(annotation, "Context"):
        faults.append('parameter "context" must be annotated as azure.functions.Context')


def hints_of(handler):
    try:
        return typing.get_type_hints(handler)
    except Exception as exc:
        raise LoadError("the annotations of {}() cannot be read: {}".format(
            getattr(handler, "__name__", "the handler"), describe(exc))) from None


def check(handler, bindings, entry_point):
    """Raise LoadError naming every fault; otherwise True where the handler wants a context."""
    faults = []
    parameters = dict(inspect.signature(handler).parameters)
    hints = hints_of(handler)
    named = {binding["name"]: binding for binding in bindings}
    for name, binding in named.items():
        if direction(binding) == "inout":
            faults.append('binding "{}": the direction "inout" is not supported'.format(name))
    returned = named.pop("$return", None)
    if returned is not None:
        check_return(returned, hints.get("return", inspect.Parameter.empty), faults)
    wants_context = "context" in parameters and "context" not in named
    if wants_context:
        parameters.pop("context")
        check_context(hints.get("context", inspect.Parameter.empty), faults)
    for name in parameters:
        if name not in named:
            faults.append('parameter "{}" of {}() is no binding in function.json'.format(
                name, entry_point))
    for name, binding in named.items():
        if name in parameters:
            check_parameter(name, binding, hints.get(name, inspect.Parameter.empty), faults)
        else:
            faults.append('binding "{}" in function.json is no parameter of {}()'.format(
                name, entry_point))
    if faults:
        raise LoadError("; ".join(faults))
    return wants_context
