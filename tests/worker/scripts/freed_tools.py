"""A program that frees every tool of sys.monitoring, pymemtop's among them (Python 3.12 and later)."""

import sys

import _pymemtop

import cases


class Argument:
    """Notes what it is asked for."""

    def __init__(self):
        self.asked = []

    def __getattr__(self, name):
        self.asked.append(name)
        raise AttributeError(name)


async def test_a_first_call_is_still_no_callback_of_a_loop():
    token = _pymemtop.begin(1)
    argument = Argument()
    if hasattr(sys, "monitoring"):
        for tool in range(6):
            sys.monitoring.free_tool_id(tool)

    def called_first_now(given):
        return given

    assert called_first_now(argument) is argument
    assert argument.asked == []
    _pymemtop.end(token)


cases.run(globals())
