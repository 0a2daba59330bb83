"""Code that was made ready for memory_profiler runs as it is."""

import pytest

from programs import HTTP_FUNCTION, Report, batch, near

pytestmark = pytest.mark.usefixtures("packages")


@pytest.mark.parametrize("function, answer", [
    ("HowToAsync", b"8 blocks"), ("HowToSync", b"8 blocks and 32 more"),
])
def test_it_answers_what_it_would(copy_app, start, function, answer):
    server = start(copy_app("howto"))
    for _ in range(3):
        assert server.get(function) == (200, answer)
    # The formatter that the app gave to the root handler is in force.
    server.wait_line(r"\] root: measuring$")


@pytest.mark.parametrize("function", ["HowToAsync", "HowToSync"])
def test_it_loads_without_a_word(copy_app, function):
    result = batch(copy_app("howto") / function)
    assert (result.returncode, result.stderr) == (0, "")


def test_figures_of_the_decorated_coroutine(copy_app):
    report = Report(copy_app("howto") / "HowToAsync", "-n", "2")
    file = "HowToAsync/__init__.py"
    assert report.increment(file, "blocks.append(bytearray(8 << 20))") == near(128)
    assert report.increment(file, "await asyncio.sleep(0)") == near(0)
    # Its first line is the decorator's, which counts the calls.
    assert report.line(file, "@memory_profiler.profile(stream=profiler_logstream)")[
        "occurrences"] >= 2


def test_figures_of_the_decorated_functions(copy_app):
    report = Report(copy_app("howto") / "HowToSync")
    file = "HowToSync/__init__.py"
    assert report.increment(file, "blocks = [bytearray(8 << 20) for _ in range(count)]") == near(64)
    assert report.increment(file, "block = bytearray(32 << 20)") == near(32)


def test_decorated_entry_points(write_app, start):
    """memory_profiler cannot decorate main() itself; here nothing is wrapped, and it can."""
    root = write_app({
        "host.json": "{}",
        "Plain/function.json": HTTP_FUNCTION,
        "Plain/__init__.py": "import memory_profiler\n\n\n@memory_profiler.profile\n"
                             "def main(req) -> str:\n    '''Says so.'''\n"
                             "    return main.__name__ + main.__doc__\n",
        "Coroutine/function.json": HTTP_FUNCTION,
        "Coroutine/__init__.py":
            "import asyncio\nimport inspect\nfrom memory_profiler import profile\n\n\n"
            "@profile(precision=4)\nasync def main(req) -> str:\n    await asyncio.sleep(0)\n"
            "    return str(inspect.iscoroutinefunction(main))\n"})
    server = start(root)
    assert server.get("Plain") == (200, b"mainSays so.")
    assert server.get("Coroutine") == (200, b"True")
