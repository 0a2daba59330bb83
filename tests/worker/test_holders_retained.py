"""What would be freed with what a line has alive: of the line, of a type, and through a chain."""

import pytest

from holders_asked import ask, line_of

BIG = 1 << 20
APP = '''
import azure.functions as func

class Box:
    def __init__(self, content):
        self.content = content

class Outer(Box):
    pass

class Inner(Box):
    pass

# Places that do not grow, and objects that CPython keeps no free ones of: both would be of the lines.
FIRST, SECOND, TWICE, ALSO, NESTED, LINKS, TABLE = [[None] * 2 for _ in range(7)]
BIG = 1 << 20

def main(req):
    own = bytearray(BIG)  # own
    FIRST[0] = Box(own)  # box
    both = bytearray(BIG)
    TWICE[0] = Box(both)  # twice
    ALSO[0] = both
    common = bytearray(BIG)
    for place in (FIRST, SECOND):
        one = [common, bytearray(BIG)]
        place[1] = Box(one)  # shared
    NESTED[0] = Outer(Inner(bytearray(BIG)))  # nested
    del own, both, common, one, place
    LINKS[0] = None
    for _ in range(20000):
        LINKS[0] = Box(LINKS[0])  # links
    TABLE[0] = [None] * 100000  # table
    return func.HttpResponse("ok")
'''


@pytest.fixture
def told(start, tmp_path):
    worker = start({"Fn/__init__.py": APP})
    path = tmp_path / "Fn" / "__init__.py"
    assert worker.load("Fn")["error"] is None
    for _ in range(2):  # what a line makes for itself when it first runs is alive as well
        assert worker.call("Fn")[0]["status"] == 200

    def about(*marks, **options):
        told = ask(worker, path, *(line_of(APP, mark) for mark in marks), **options)
        assert told["faults"] == 0 and not told["short"]
        for line in told["lines"]:
            if line["retained_bytes"] >= 0:
                assert sum(chain["bytes"] for chain in line["chains"]) <= line["retained_bytes"]
                assert all(of["shallow_bytes"] <= of["retained_bytes"] <= line["retained_bytes"]
                           for of in line["types"])
        return told["lines"] if len(marks) > 1 else told["lines"][0]
    return about


def by_name(line):
    return {of["name"]: of for of in line["types"]}


def by_text(line):
    return {chain["text"]: chain for chain in line["chains"]}


def near(size, expected):
    """A line that runs for the first time makes some things for itself."""
    return expected <= size < expected + 4096


def test_what_an_object_alone_holds(told):
    line = told("box")
    box, chain = by_name(line)["Fn.Box"], by_text(line)["Fn.FIRST[0]"]
    assert line["shallow_bytes"] < 4096 and near(line["retained_bytes"], BIG)
    assert box["count"] == chain["count"] == 1 and box["shallow_bytes"] < 500
    assert near(box["retained_bytes"], BIG) and box["retained_bytes"] == chain["bytes"]
    assert box["chain"] == "Fn.FIRST[0]"


def test_what_others_hold_too_stays(told):
    assert told("twice")["retained_bytes"] < 4096


def test_the_bytes_of_the_line_itself(told):
    line = told("own")
    assert near(line["shallow_bytes"], BIG) and line["retained_bytes"] == line["shallow_bytes"]


def test_what_hangs_on_two_chains_is_of_none(told):
    line = told("shared")
    assert near(line["retained_bytes"], 3 * BIG)
    for text in ("Fn.FIRST[1]", "Fn.SECOND[1]"):
        assert near(by_text(line)[text]["bytes"], BIG)
    assert near(by_name(line)["Fn.Box"]["retained_bytes"], 3 * BIG)


def test_a_type_has_what_is_held_through_it_alone(told):
    line = told("nested")
    types = by_name(line)
    assert near(line["retained_bytes"], BIG)
    sizes = [types[name]["retained_bytes"] for name in ("Fn.Outer", "Fn.Inner", "bytearray")]
    assert all(near(size, BIG) for size in sizes) and sizes[0] > sizes[1] > sizes[2]
    assert types["Fn.Inner"]["chain"] == "Fn.NESTED[0] -> Outer.content"
    assert by_text(line)["Fn.NESTED[0]"]["bytes"] == sizes[0]


def test_a_long_chain(told):
    line = told("links")
    box, chain = by_name(line)["Fn.Box"], by_text(line)["Fn.LINKS[0]"]
    assert box["count"] == chain["count"] == 20000 and box["chain"] == "Fn.LINKS[0]"
    assert box["shallow_bytes"] <= box["retained_bytes"] == chain["bytes"]
    assert near(line["retained_bytes"], chain["bytes"])


def test_a_table_of_a_list(told):
    line = told("table")
    assert near(line["shallow_bytes"], 800000) and line["retained_bytes"] == line["shallow_bytes"]
    assert by_text(line)["Fn.TABLE[0]"]["bytes"] >= 800000


def test_lines_of_one_question_are_as_asked_alone(told):
    marks = ("box", "own", "twice", "shared", "nested", "links")
    for mark, line in zip(marks, told(*marks)):
        alone = told(mark)
        assert {**alone, "question": line["question"]} == line


def test_without_time_it_is_not_known(told):
    line = told("box", budget_ms=0)
    box, chain = by_name(line)["Fn.Box"], by_text(line)["Fn.FIRST[0]"]
    assert line["retained_bytes"] == box["retained_bytes"] == -1
    assert chain["bytes"] == box["shallow_bytes"]
