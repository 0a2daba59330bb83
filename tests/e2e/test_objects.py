"""The breakpoint condition on the live objects of a line: how many blocks of its own are counted."""

import pytest

from test_stepping import live, paused, set_breakpoint  # noqa: F401, a fixture

pytestmark = pytest.mark.usefixtures("packages")

# No object of the line in the loop comes from a free list, and no table grows there.
SOURCE = """\
import azure.functions as func


class Thing:
    __slots__ = ("a", "b")


THINGS = [None] * 40
TEXTS = [None] * 40
SIZE = 100


def main(req: func.HttpRequest) -> func.HttpResponse:
    for i in range(20):
        THINGS[i] = Thing(); TEXTS[i] = b"x" * SIZE
    for i in range(20):
        THINGS[i] = TEXTS[i] = None
    return func.HttpResponse('')
"""


@pytest.mark.parametrize("condition, i", [("objects>=1", 1), ("objects>=22", 11),
                                          ("objects>22", 12), ("objects>37", 19)])
def test_count(live, condition, i):  # noqa: F811
    """Two for each execution that is over; the one that begins has none yet."""
    terminal, _ = live(SOURCE)
    set_breakpoint(terminal, "= Thing()", condition)
    terminal.type("r")
    terminal.wait(*paused(15))
    terminal.type("v")
    terminal.wait(r"^ +i +int .* {}$".format(i))
