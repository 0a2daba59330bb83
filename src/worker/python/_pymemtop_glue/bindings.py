"""Checks a handler against its bindings when it is loaded, as Azure does: a mistake is told before
the first request, and in full."""

import inspect
import typing

from .failures import LoadError, describe

MISSING = inspect.Parameter.empty


def is_out(annotation):
    """True for azure.functions.Out and Out[...]; by name, as the app may not have imported it."""
    origin = typing.get_origin(annotation) or annotation
    return isinstance(origin, type) and origin.__name__ == "Out"


def direction(binding):
    return str(binding.get("direction", "in")).lower()


def kind(binding):
    return str(binding.get("type", "")).lower()


def is_trigger(binding):
    return kind(binding).endswith("trigger")


def is_input(binding):
    return direction(binding) == "in" and binding["name"] != "$return"


def name_of(annotation):
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__name__
    return repr(annotation)


def import_converters():
    # What a module of the glue imports is counted as pymemtop's own, and this is the app's.
    import azure.functions  # noqa: F401
    from . import converters
    return converters


def check_type(name, binding, annotation, faults):
    """Whether the converter of the binding makes, or takes, what the annotation says."""
    converters = import_converters()
    converter = converters.chosen(binding, annotation)
    going = direction(binding) == "out"
    check = getattr(converter, "check_{}_type_annotation".format("output" if going else "input"),
                    None)
    if check is None:
        faults.append('binding "{}": the type "{}" cannot go {}'.format(
            name, binding.get("type"), "out" if going else "in"))
    elif not converters.accepts(check, annotation):
        if kind(binding) == "httptrigger":
            faults.append('binding "{}" is an HTTP request: annotate it as '
                          "azure.functions.HttpRequest".format(name))
            return
        faults.append('binding "{}" of type "{}"{} does not match its annotation {}'.format(
            name, binding.get("type"),
            ' and dataType "{}"'.format(binding["dataType"]) if binding.get("dataType") else "",
            name_of(annotation)))


def check_out(name, annotation, faults):
    """The type that an output's parameter holds, or None."""
    held = typing.get_args(annotation)
    if not is_out(annotation):
        faults.append('binding "{}" goes out: annotate it as azure.functions.Out[...]'.format(name))
    elif len(held) != 1:
        faults.append('binding "{}": Out needs its type, as in Out[str]'.format(name))
    else:
        return held[0]
    return None


def check_parameter(name, binding, annotation, faults):
    """Returns the type of the data, MISSING where nothing is said of it."""
    if annotation is MISSING:
        return MISSING
    held = annotation
    if direction(binding) == "out":
        held = check_out(name, annotation, faults)
        if held is None:
            return MISSING
    elif is_out(annotation):
        faults.append('binding "{}" comes in, and cannot be an Out'.format(name))
        return MISSING
    if not isinstance(held, type) and typing.get_origin(held) is None:
        faults.append('binding "{}" has an annotation that is not a type: {!r}'.format(
            name, annotation))
        return MISSING
    check_type(name, binding, held, faults)
    return held


def check_return(binding, annotation, faults):
    if direction(binding) != "out":
        faults.append('binding "$return" needs "direction": "out"')
    if annotation is MISSING:
        return
    if is_out(annotation):
        faults.append("the return annotation cannot be azure.functions.Out")
    elif kind(binding) == "http":
        converters = import_converters()
        check = converters.find("http").check_output_type_annotation
        if not converters.accepts(check, annotation):
            faults.append("the return annotation must be azure.functions.HttpResponse or str, not "
                          "{!r}".format(annotation))
    elif not isinstance(annotation, type):
        faults.append("the return annotation is not a type: {!r}".format(annotation))
    else:
        check_type("$return", binding, annotation, faults)


def check_context(annotation, faults):
    named = isinstance(annotation, type) and any(
        base.__name__ == "Context" for base in annotation.__mro__)
    if annotation is not MISSING and not named:
        faults.append('parameter "context" must be annotated as azure.functions.Context')


def hints_of(handler):
    try:
        return typing.get_type_hints(handler)
    except Exception as exc:
        raise LoadError("the annotations of {}() cannot be read: {}".format(
            getattr(handler, "__name__", "the handler"), describe(exc))) from None


def returns_implicitly(function):
    converters = import_converters()
    return any(converters.returns_value(str(binding.get("type", "")))
               for binding in function.bindings if binding["name"] != "$return")


def check(function, handler):
    """Raise LoadError naming every fault; otherwise fill in what is known of the handler."""
    faults = []
    entry_point = function.entry_point
    parameters = dict(inspect.signature(handler).parameters)
    hints = hints_of(handler)
    named = {binding["name"]: binding for binding in function.bindings}
    for name, binding in named.items():
        if direction(binding) == "inout":
            faults.append('binding "{}": the direction "inout" is not supported'.format(name))
    returned = named.pop("$return", None)
    if returned is not None:
        check_return(returned, hints.get("return", MISSING), faults)
    function.wants_context = "context" in parameters and "context" not in named
    if function.wants_context:
        parameters.pop("context")
        check_context(hints.get("context", MISSING), faults)
    for name in parameters:
        if name not in named:
            faults.append('parameter "{}" of {}() is no binding in {}'.format(
                name, entry_point, function.source))
    for name, binding in named.items():
        if name in parameters:
            function.annotations[name] = check_parameter(
                name, binding, hints.get(name, MISSING), faults)
        else:
            faults.append('binding "{}" in {} is no parameter of {}()'.format(
                name, function.source, entry_point))
    if faults:
        raise LoadError("; ".join(faults))
    function.returns_implicitly = returns_implicitly(function)
