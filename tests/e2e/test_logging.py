"""Log lines and print: whose they are, and how they are marked."""

import pytest

pytestmark = pytest.mark.usefixtures("packages")

APP = """
import asyncio, logging, threading
import azure.functions as func
logging.info("at import")
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
over = threading.Event()
TASKS = []

def late():
    over.wait()
    logging.info("from a thread, late")

async def behind():
    await asyncio.sleep(0.05)
    logging.warning("from a task, late")
    threading.Thread(target=logging.info, args=("from a task's thread, late",)).start()

@app.route()
async def begin(req: func.HttpRequest) -> str:
    logging.info("within")
    print("printed")
    threading.Thread(target=late).start()
    TASKS.append(asyncio.create_task(behind()))
    return "x"

@app.route()
def end(req: func.HttpRequest) -> str:
    over.set()
    logging.debug("not shown")
    return "x"

def alone():
    over.wait()
    logging.error("of no invocation\\nin two lines")

threading.Thread(target=alone).start()
"""


@pytest.fixture
def server(write_app, start):
    return start(write_app({"host.json": "{}", "function_app.py": APP}))


def test_marks(server):
    server.wait_line(r"Z\] at import$")
    assert server.get("begin") == (200, b"x")
    server.wait_line(r"Z\] within$")
    server.wait_line(r"Z\] printed$")
    server.wait_line(r"Z\] \(after its end\) from a task, late$")
    server.wait_line(r"Z\] \(after its end\) from a task's thread, late$")
    assert server.get("end") == (200, b"x")
    server.wait_line(r"Z\] \(after its end\) from a thread, late$")
    server.wait_line(r"Z\] \(no invocation\) of no invocation$\n\[.*Z\] in two lines$")
    assert "not shown" not in server.console
    assert server.stop() == 0


def test_debug_logging_by_a_setting(write_app, start):
    app = write_app({"host.json": "{}", "function_app.py": APP})
    server = start(app, "--verbose", env={"PYTHON_ENABLE_DEBUG_LOGGING": "1"})
    assert server.get("end") == (200, b"x")
    server.wait_line("not shown$")


def test_print_comes_before_the_end_of_its_invocation(write_app, start):
    app = write_app({"host.json": "{}", "function_app.py": """
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route()
def f(req: func.HttpRequest) -> str:
    print("printed in " + req.params["n"])
    return "x"
"""})
    server = start(app)
    for number in range(20):
        assert server.get("f?n={}.".format(number)) == (200, b"x")
    text = server.console
    for number in range(20):
        assert text.index("printed in {}.".format(number)) < text.index("Executed 'Functions.f'")
        text = text[text.index("Executed 'Functions.f'") + 10:]


def test_line_without_an_end_is_shown_with_its_invocation(write_app, start):
    app = write_app({"host.json": "{}", "function_app.py": """
import os, sys
import azure.functions as func
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
@app.route()
def f(req: func.HttpRequest) -> str:
    print("printed", end="")
    sys.stderr.write("on stderr")
    return "x"
@app.route()
def g(req: func.HttpRequest) -> str:
    os.write(1, b"written by C\\nand more")
    return "x"
"""})
    server = start(app)
    assert server.get("f") == server.get("g") == (200, b"x")
    server.wait_line(r"Executed 'Functions\.g'")
    lines = [line.split("] ", 1)[1].split(" (")[0] for line in server.console.splitlines()
             if "] " in line and "\t" not in line]
    assert sorted(lines[1:3]) == ["on stderr", "printed"]
    assert lines[:1] + lines[3:] == ["Executing 'Functions.f'", "Executed 'Functions.f'",
                                     "Executing 'Functions.g'", "written by C", "and more",
                                     "Executed 'Functions.g'"]
