"""The live screen on an app of several functions: the list of them, and running any of them."""

import json
import re
import urllib.request

import pytest

import programs

pytestmark = pytest.mark.usefixtures("packages")

ECHO = '''
import azure.functions as func


def main(req):
    said = " ".join([req.method, req.url.split("/api/")[1], repr(req.get_body())])
    print("was sent", said)
    return func.HttpResponse(said)
'''


def function(script, trigger="httpTrigger", **binding):
    """A function's files, by their names."""
    bindings = [{"type": trigger, "direction": "in", "name": "req", **binding}]
    if trigger == "httpTrigger":
        bindings.append({"type": "http", "direction": "out", "name": "$return"})
    return {"__init__.py": script, "function.json": json.dumps({"bindings": bindings})}


FUNCTIONS = {
    "Broken": function("import nothing_such\n" + ECHO),
    "Hello": function(ECHO, methods=["get", "post"]),
    "Item": function(ECHO, route="items/{category}/{id?}", methods=["get"]),
    "Nightly": function("def main(req):\n    print('the night, late:', req.past_due)\n",
                        "timerTrigger", schedule="0 0 3 * * *"),
    "OnOrder": function("def main(req):\n    print('order', req.get_json()['id'])\n",
                        "queueTrigger", queueName="orders", connection="Storage"),
}


@pytest.fixture
def shop(tmux, write_app):
    """shop(*options): pymemtop on an app of five functions; the terminal."""

    def starter(*options, cols=120, rows=24, function=""):
        files = {"host.json": '{"version": "2.0"}'}
        for name, parts in FUNCTIONS.items():
            files.update({name + "/" + part: text for part, text in parts.items()})
        app = write_app(files, "shop")
        terminal = tmux(cols, rows)
        terminal.pymemtop("-p", 0, *options, app / function)
        terminal.wait("shop.* (READY|NOT LOADED)")
        return terminal

    return starter


def go_to(terminal, name):
    """Select a row of the list."""
    terminal.type("5g" + "j" * sorted(FUNCTIONS).index(name))
    terminal.wait(r"^ {}  [a-z]+Trigger, ".format(name))


def test_opens_on_the_list(shop):
    terminal = shop()
    terminal.wait(r"^  Function.* Trigger +Kind +State +Invoc\. +Failed +Took +Methods",
                  r"^.!Broken +httpTrigger +not loaded +0 +0",
                  r"^  ModuleNotFoundError: No module named 'nothing_such'",
                  r"^  Hello +httpTrigger +sync +loaded +0 +0 +GET,POST /api/Hello$",
                  r"^  Nightly +timerTrigger +sync +loaded +0 +0$",
                  r"^  OnOrder +queueTrigger +sync +loaded +0 +0$")


def test_opens_on_the_source_of_the_function_that_is_named(shop):
    terminal = shop(function="Hello")
    terminal.wait(r"Line +Mem usage.*Hello/__init__\.py", "shop > Hello")
    terminal.type("a")
    terminal.wait(r"^\* Hello ")
    terminal.type("a")
    terminal.wait(r"Line +Mem usage.*Hello/__init__\.py")


def test_opens_on_the_function_that_the_request_reaches(shop):
    terminal = shop("--request", "GET /api/items/tea/7?a=b")
    terminal.wait(r"shop > Item +READY")
    terminal.type("r")
    terminal.wait(r"answered with status 200")
    terminal.wait(r"GET /api/items/tea/7\?a=b")


def test_the_row_is_run_and_its_source_shown(shop):
    terminal = shop()
    go_to(terminal, "Hello")
    terminal.type("r")
    terminal.wait("answered with status 200", r"Line +Mem usage.*Hello/__init__\.py")
    # It is the one that is run from then on.
    terminal.wait("shop > Hello")
    terminal.type("r")
    terminal.wait("invocations 2")
    terminal.type("3")
    terminal.wait(r"^ +2 succeeded .* Hello +GET /api/Hello$")
    terminal.type("a")
    terminal.wait(r"^\* Hello .* 2 +0 +[\d.]+ [mu]?s +GET,")


def test_the_first_one_that_is_called_is_selected(shop):
    """By curl, not by a key: its source is shown, so the header and `r` are about it, too."""
    terminal = shop()
    address = r"http://localhost:(\d+)\s"
    port = re.search(address, terminal.wait(address)).group(1)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = "http://127.0.0.1:{}/api/Hello?from=outside".format(port)
    with opener.open(url, timeout=programs.LIMIT) as response:
        assert b"from=outside" in response.read()
    terminal.wait(r"^ shop > Hello +READY +GET /api/Hello\?from=outside", r"Hello/__init__\.py")
    terminal.type("r")
    terminal.wait("answered with status 200")
    terminal.wait("invocations 2")
    # Another one that is called is named with its request.
    with opener.open(url.replace("Hello", "items/tools"), timeout=programs.LIMIT) as response:
        assert b"tools" in response.read()
    terminal.wait(r"^ shop > Hello +READY +Item: GET /api/items/tools")


def test_a_helper_that_broke_is_told_where_it_is_shown(tmux, write_app):
    """Its importers cannot be loaded; the selected function can, and is not what one looks at."""
    app = write_app({
        "host.json": '{"version": "2.0"}',
        "helper.py": "def help():\n    return 'helped'\n",
        **{"Alone/" + name: text for name, text in function(ECHO).items()},
        **{"User/" + name: text for name, text in
           function("import helper\n" + ECHO + "    helper.help()\n").items()},
    }, "helped")
    terminal = tmux(100, 24)
    terminal.pymemtop("-p", 0, app)
    terminal.wait("helped.* READY")
    terminal.type("1")
    for place in 3, 2:
        terminal.type("<")
        if "helper.py" in terminal.wait(r"^ file {} of 3: ".format(place)):
            break
    terminal.wait(r"^ +1 .*def help")
    (app / "helper.py").write_text("def help()\n    return 'helped'\n")
    terminal.wait(r"^ ! User could not be loaded *$(.|\n)*SyntaxError.*helper\.py, line 1")
    (app / "helper.py").write_text("def help():\n    return 'helped again'\n")
    terminal.wait_gone("could not be loaded")


def test_files_that_are_no_app_any_more_are_told(tmux, write_app):
    """The old one goes on: without a word one would not know that what was saved is not used."""
    app = write_app({"host.json": '{"version": "2.0"}',
                     **{"Alone/" + name: text for name, text in function(ECHO).items()}})
    terminal = tmux(100, 24)
    terminal.pymemtop("-p", 0, app / "Alone")
    terminal.wait("Alone.* READY")
    before = (app / "Alone" / "function.json").read_text()
    (app / "Alone" / "function.json").write_text("{")
    terminal.wait(r"^ ! not loaded again: Alone/function\.json:1:1: not JSON")
    terminal.type("r")
    terminal.wait("answered with status 200")
    terminal.wait("^ ! not loaded again")
    (app / "Alone" / "function.json").write_text(before)
    terminal.wait_gone("not loaded again")


def test_data_goes_with_every_request(shop):
    terminal = shop("--data", "text")
    go_to(terminal, "Hello")
    terminal.type("r")
    terminal.wait("answered with status 200")
    terminal.type("4")
    terminal.wait(r"was sent POST Hello b'text'")


def test_enter_selects(shop):
    terminal = shop()
    go_to(terminal, "Hello")
    terminal.keys("Enter")
    terminal.wait(r"Line +Mem usage.*Hello/__init__\.py")
    terminal.wait(r"shop > Hello +READY")
    terminal.wait(r"^ line 5 ")
    go_to(terminal, "Broken")
    terminal.keys("Enter")
    terminal.wait(r"shop > Broken +NOT LOADED")
    terminal.wait(r"Line +Mem usage.*Broken/__init__\.py")


def test_a_route_with_parameters_is_asked_for(shop):
    terminal = shop(cols=80)
    go_to(terminal, "Item")
    terminal.type("r")
    terminal.wait(r"^ request to Item: GET /api/items/\{category\}/\{id\?\} *$")
    terminal.keys("Enter")
    terminal.wait(r"not sent: put a value in the place of \{category\}")
    terminal.type("r")
    terminal.keys("C-u")
    terminal.type("GET /api/items/coffee")
    terminal.keys("Home", *["Right"] * 15)
    terminal.type("good-")
    terminal.keys("Enter")
    terminal.wait("answered with status 200")
    terminal.wait("GET /api/items/good-coffee")
    terminal.type("r")
    terminal.wait("^ request to Item: GET /api/items/good-coffee")
    terminal.keys("Escape")
    terminal.wait_gone("request to Item")


def test_many_of_a_row(shop):
    terminal = shop()
    go_to(terminal, "Hello")
    terminal.type("R7")
    terminal.keys("Enter")
    terminal.wait("^ 7 of 7 requests answered")


def test_a_timer_runs_at_once(shop):
    terminal = shop()
    go_to(terminal, "Nightly")
    terminal.type("r")
    terminal.wait("the function has run")
    terminal.wait(r"shop > Nightly +READY")
    terminal.type("4")
    terminal.wait("stdout +the night, late: False")


def test_a_payload_is_asked_for_and_remembered(shop):
    terminal = shop()
    go_to(terminal, "OnOrder")
    terminal.type("r")
    terminal.wait("^ payload for OnOrder: *$")
    terminal.type('{"id": 17}')
    terminal.keys("Enter")
    terminal.wait("the function has run")
    terminal.type("4")
    terminal.wait("stdout +order 17")
    terminal.type("r")
    terminal.wait(r'^ payload for OnOrder: \{"id": 17\}')
    terminal.keys("Left", "BSpace", "BSpace")
    terminal.type("205")
    terminal.keys("Enter")
    terminal.wait("stdout +order 205")
    terminal.type("r")
    terminal.keys("C-u")
    terminal.type("not JSON")
    terminal.keys("Enter")
    terminal.wait("the function failed; 4 shows what it said")
    terminal.type("3")
    terminal.wait(r"^ +3 failed +\d.* OnOrder +queueTrigger$")
    terminal.wait(r"^ +2 succeeded +\d.* OnOrder +queueTrigger$")
    terminal.type("a")
    terminal.wait(r"^\* OnOrder .* 3 +1 +[\d.]+ [mu]?s$")


def test_pasted_lines_are_one_payload_and_no_keys(shop):
    terminal = shop()
    go_to(terminal, "OnOrder")
    terminal.type("r")
    terminal.wait("^ payload for OnOrder: *$")
    terminal.run("set-buffer", '{\n    "id": 17,\n    "quit": "q"\n}\n')
    terminal.run("paste-buffer", "-p")
    terminal.wait(r'^ payload for OnOrder: \{ "id": 17, "quit": "q" \} *$')
    terminal.keys("Escape")
    terminal.wait_gone("payload for")
    terminal.run("paste-buffer", "-p")
    terminal.wait("nothing is asked for that text could be pasted into")
    terminal.type("?")
    terminal.wait("^ Help")
