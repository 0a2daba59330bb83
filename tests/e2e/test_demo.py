"""The sample app: aiohttp and requests fetch the page that demo/run serves."""

import os
import re
import shutil
import subprocess

import pytest

import programs
from programs import MIB, Report, batch, wait_for

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEMO = os.path.join(TOP, "demo")
APP = os.path.join(DEMO, "PythonMemoryProfilingDemo")
ASYNC = "HttpTriggerAsync/__init__.py"
PAGE_BYTES_MIN = 900_000


@pytest.fixture
def page():
    """The URL of the page, and the server's process."""
    server = subprocess.Popen(["/usr/bin/python3", os.path.join(DEMO, "serve_page.py"), "0.05"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip(), server
    finally:
        server.stdin.close()
        server.stdout.close()
        server.wait(programs.LIMIT)


@pytest.fixture
def app(tmp_path):
    return shutil.copytree(APP, tmp_path / "app",
                           ignore=shutil.ignore_patterns(".venv", "__pycache__"))


def environment(page):
    return {"PAGE_URL": page[0], "no_proxy": "127.0.0.1"}


def test_page_server_ends_with_its_input(page):
    url, server = page
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
    assert server.poll() is None
    server.stdin.close()
    wait_for(lambda: server.poll() is not None, "end of the page server")
    assert server.returncode == 0


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("function, answer", [
    ("HttpTriggerAsync?pages=2", rb"2 pages of .*: (\d+) characters\n"),
    ("HttpTriggerSync", rb"(\d+) characters\n( +\d+ \w+\n){5}"),
    ("HowToProfiled", rb"aiohttp (\d+), requests \d+ characters\n"),
])
def test_functions_fetch_the_page(app, page, start, function, answer):
    server = start(app, env=environment(page))
    status, body = server.get(function)
    match = re.fullmatch(answer, body)
    assert status == 200 and match, body
    assert int(match.group(1)) > PAGE_BYTES_MIN
    server.wait_line(r"Executed 'Functions\.\w+' \(Succeeded, ")


@pytest.mark.usefixtures("packages")
def test_parameter_that_is_no_number(app, page, start):
    assert start(app, env=environment(page)).get("HttpTriggerAsync?pages=x") == \
        (400, b"pages is a number")


@pytest.mark.usefixtures("packages")
def test_table_has_the_page_function_and_main(app, page):
    result = batch("-n", "3", app / ASYNC, env=environment(page))
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("Filename: {}".format(app / ASYNC)) == 3
    for head, calls in (("async def page_size(", 9), ("async def main(", 3)):
        assert re.search(r"MiB +{} +{}".format(calls, re.escape(head)), result.stdout), head


@pytest.mark.usefixtures("packages")
def test_pages_that_are_kept_are_seen(app, page):
    """Ten pages of about a MiB stay in the deque, and stand on the line that awaits them."""
    report = Report(app / ASYNC, "--request", "GET /api/HttpTriggerAsync?pages=10",
                    env=environment(page))
    grown = report.increment(ASYNC, "sizes = await page_sizes(PAGE_URL, pages)")
    assert 10 * PAGE_BYTES_MIN - 2 * MIB < grown < 60 * MIB
    assert report.increment(ASYNC, "text = await response.text()") > 0
    # Other lines give memory back, so that one line may take more than all of them: their sum counts.
    (end,) = [line["line"] for line in report.file(ASYNC)["lines"]
              if line["source"].startswith("async def main(")]
    within = sum(line["self_increment_bytes"] for line in report.file(ASYNC)["lines"]
                 if line["line"] < end and line["source"].startswith(" "))
    assert grown == programs.near(within / MIB)
