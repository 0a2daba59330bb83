"""Who holds what a line has alive: QUESTION_HOLDERS, asked of a worker as its host does."""

import pathlib
import re

import pytest

from holders_asked import ask


FOLDER = pathlib.Path(__file__).parent / "chains"
CHAIN = re.compile(r"# -> (.*?)(?: \{(.*?)(, bounded)?\})?$")


def chains_of(path):
    """{line: (chain, note, whether it is bounded)} as a file's comments say."""
    found = {}
    for line, text in enumerate(path.read_text().split("\n"), 1):
        chain = CHAIN.search(text)
        if chain:
            found[line] = (chain[1], chain[2], bool(chain[3]))
    return found


@pytest.fixture
def app(start, tmp_path):
    """app(name): a worker whose function of that name in chains/ was called three times, its script."""
    def starter(name):
        worker = start({str(path.relative_to(FOLDER)): path.read_bytes()
                        for path in FOLDER.rglob("*.py")})
        error = worker.load(name)["error"]
        if error and "No module named 'numpy'" in error:
            pytest.skip("needs numpy")
        assert error is None
        for _ in range(3):
            assert worker.call(name)[0]["status"] == 200
        return worker, tmp_path / name / "__init__.py"
    return starter


@pytest.mark.parametrize("name, least", [("Leak", 97), ("Tasks", 9), ("Numpy", 4)])
def test_chains(app, name, least):
    worker, path = app(name)
    expected, found = chains_of(path), {}
    assert len(expected) >= least
    for line in expected:
        told = ask(worker, path, line)
        assert told["faults"] == 0 and not told["short"]
        chains = [(chain["text"], chain["note"], chain["bounded"])
                  for chain in told["lines"][0]["chains"]]
        # What the line has freed since, as a tuple, CPython may have given to another one.
        found[line] = expected[line] if expected[line] in chains else chains
    assert found == expected


def test_what_waits_keeps_nothing_of_pymemtop(app):
    worker, path = app("Tasks")
    waiting = [line for line, text in enumerate(path.read_text().split("\n"), 1)
               if text.strip() in ("await event.wait()", "await asyncio.sleep(3600)")]
    assert len(waiting) == 2
    for line in waiting:
        types = {of["name"]: of["count"] for of in ask(worker, path, line)["lines"][0]["types"]}
        assert types.get("native", 0) < 3  # one of each invocation


def test_types(app):
    worker, path = app("Types")
    expected, found = chains_of(path), {}
    for line, (name, _, _) in expected.items():
        names = [of["name"] for of in ask(worker, path, line)["lines"][0]["types"]]
        found[line] = (name if name in names else names, None, False)
    assert found == expected


@pytest.fixture
def asked(app):
    return app("Leak")


def test_all_blocks_of_a_deque_are_its_own(asked):
    worker, path = asked
    line = next(number for number, text in enumerate(path.read_text().split("\n"), 1)
                if "DEQUE.extend(" in text)
    chains = [chain["text"] for chain in ask(worker, path, line)["lines"][0]["chains"]]
    assert chains[0] == "Leak.DEQUE" and not [text for text in chains if "nothing" in text]


def test_a_line_that_is_none_has_nothing(asked):
    worker, path = asked
    assert ask(worker, path, 1)["lines"][0]["count"] == 0
    assert ask(worker, "/nowhere.py", 1)["lines"][0]["types"] == []


def test_the_worker_goes_on(asked):
    worker, path = asked
    for _ in range(5):
        ask(worker, path, 1)
    assert worker.call("Leak")[0]["status"] == 200
