"""Finds the converters between the host's data and the app's objects: those of the app's own
azure.functions, and a plain one for the types of binding that it has none for.

Imported after the app's functions, so that the cost of importing azure.functions is charged to the
line of the app that does it."""

import json

import azure.functions
from azure.functions.meta import Datum

GENERIC = "generic"


class Generic:
    """Text and bytes as they are."""

    @staticmethod
    def check_input_type_annotation(pytype):
        return issubclass(pytype, (str, bytes))

    @staticmethod
    def check_output_type_annotation(pytype):
        return issubclass(pytype, (str, bytes, bytearray))

    @staticmethod
    def decode(data, *, trigger_metadata):
        return data.value

    @staticmethod
    def encode(value, *, expected_type):
        if isinstance(value, (bytes, bytearray)):
            return Datum(bytes(value), "bytes")
        if isinstance(value, str):
            return Datum(value, "string")
        if value is None or isinstance(value, (bool, int, float, dict, list)):
            return Datum(json.dumps(value), "json")
        raise NotImplementedError

    @staticmethod
    def has_implicit_output():
        return True


def find(kind):
    """The converter for the type of a binding, as function.json spells it."""
    found = azure.functions.get_binding_registry().get(kind)
    return Generic if found is None else found


def returns_value(kind):
    """True where a function with a binding of that type may return a value without a binding named
    $return, as those of Durable Functions do."""
    implicit = getattr(find(kind), "has_implicit_output", None)
    return kind != "durableClient" and implicit is not None and implicit()


def chosen(binding, annotation):
    """The converter for a parameter: one that is annotated as str or bytes gets the data as it is,
    whatever the type of the binding."""
    kind = str(binding.get("type", ""))
    plain = (annotation in (str, bytes) and kind.lower() != "httptrigger"
             and not returns_value(kind))
    return Generic if plain else find(kind)


def accepts(check, annotation):
    """Whether a converter takes that annotation. Some raise for what is not a class."""
    try:
        return bool(check(annotation))
    except TypeError:
        return False
