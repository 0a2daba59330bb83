"""Routes over HTTP: constraints, parameters' forms, what a path may look like, methods."""

import http.client
import json
import re

import pytest

import programs

GUID = "CD2C1638-1638-72D5-1638-DEADBEEF1638"
CODE = """\
import json

import azure.functions as func


def main(req: func.HttpRequest) -> func.HttpResponse:
    print("called as", req.url)
    return func.HttpResponse(json.dumps(dict(req.route_params)),
                             headers={{"X-Function": "{}"}})
"""
ROUTES = {
    "Alpha": "alpha/{word:alpha}",
    "Default": "default/{n:int=3}",
    "Expression": r"code/{code:regex(^\d{{3}}-\w+$)}",
    "File": "file/{name}.{ext?}",
    "Guid": "guid/{id:guid}",
    "Int": "int/{id:int:min(5)}",
    "IntElse": "int/{id}",
    "Optional": "optional/{id:int?}",
    "Rest": "rest/{*rest}",
    "Slow": "slow/{a:regex(^(a+)+$)}",
    "Text": "text/{a}",
}


def function(route, methods=("get",)):
    """A function.json."""
    return json.dumps({"bindings": [
        {"type": "httpTrigger", "direction": "in", "name": "req", "route": route,
         "methods": list(methods)},
        {"type": "http", "direction": "out", "name": "$return"}]})


def files(routes):
    app = {"host.json": '{"version": "2.0"}'}
    for name, route in routes.items():
        app[name + "/function.json"] = route if route.startswith("{\"") else function(route)
        app[name + "/__init__.py"] = CODE.format(name)
    return app


def ask(server, path, method="GET"):
    """(status, function, its route parameters); the path goes out as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=programs.LIMIT)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers["X-Function"], json.loads(body) if body else None


@pytest.mark.usefixtures("packages")
def test_routes_over_http(write_app, start):
    server = start(write_app(files(ROUTES)))
    for path, name, parameters in [
            ("/api/alpha/aBc", "Alpha", {"word": "aBc"}),
            ("/api/default", "Default", {"n": "3"}),
            ("/api/default/-4", "Default", {"n": "-4"}),
            ("/api/code/123-ab", "Expression", {"code": "123-ab"}),
            ("/api/file/a.tar.gz", "File", {"name": "a.tar", "ext": "gz"}),
            ("/api/file/a", "File", {"name": "a"}),
            ("/api/guid/" + GUID, "Guid", {"id": GUID}),
            ("/api/int/5", "Int", {"id": "5"}),
            ("/api/int/4", "IntElse", {"id": "4"}),
            ("/api/int/five", "IntElse", {"id": "five"}),
            ("/api/optional", "Optional", {}),
            ("/api/optional/5", "Optional", {"id": "5"}),
            ("/api/rest", "Rest", {}),
            ("/api/rest/a//b%20c/", "Rest", {"rest": "a//b c/"}),
            ("/API/Text/x/", "Text", {"a": "x"}),
            ("/api/text/a%2Fb%C3%A4%FF", "Text", {"a": "a%2Fb\u00e4%FF"}),
            ("/api/other/../text/./x", "Text", {"a": "x"})]:
        assert ask(server, path) == (200, name, parameters), path


@pytest.mark.usefixtures("packages")
def test_paths_that_no_route_takes(write_app, start):
    server = start(write_app(files(ROUTES)))
    for path in ["/api/alpha/a1", "/api/alpha", "/api/default/x", "/api/code/12-ab",
                 "/api/code/123-", "/api/file/a.", "/api/guid/" + GUID[:-1], "/api/optional/x",
                 "/api/text", "/api//text/x", "/api/text/x//", "/api/text/x/y", "/text/x",
                 "/api/rest//a"]:
        assert ask(server, path) == (404, None, None), path


@pytest.mark.usefixtures("packages")
def test_expression_that_takes_too_long(write_app, start):
    server = start(write_app(files(ROUTES)))
    path = "/api/slow/" + 60 * "a" + "!"
    assert ask(server, path) == (404, None, None)
    server.wait_line("GET " + path + ": the expression in the route '" + re.escape(ROUTES["Slow"]) +
                     "' takes too long for this path, which counts as no match$")
    assert ask(server, "/api/slow/aaa") == (200, "Slow", {"a": "aaa"})


@pytest.mark.usefixtures("packages")
def test_methods(write_app, start):
    server = start(write_app(files({
        "All": function("all", []),
        "Asked": function("asked", ["get", "head", "options"]),
        "Get": function("get/{id:int}", ["get"])})))
    assert ask(server, "/api/get/1") == (200, "Get", {"id": "1"})
    for method in ["POST", "DELETE", "OPTIONS", "HEAD"]:
        assert ask(server, "/api/get/1", method)[:2] == (404, None)
    assert ask(server, "/api/asked", "OPTIONS") == (200, "Asked", {})
    assert ask(server, "/api/asked", "HEAD") == (200, "Asked", None)
    assert ask(server, "/api/all", "OPTIONS") == (200, "All", {})
    assert ask(server, "/api/all", "PATCH") == (200, "All", {})


@pytest.mark.usefixtures("packages")
def test_routes_that_are_refused(write_app, start):
    server = start(write_app(files({
        "Fine": "fine", "First": "same/{a}", "Second": "Same/{A}", "Slash": "/slash",
        "Unknown": "{id:number}"})))
    server.wait_line("First and Second have the same route 'Same/{A}'$")
    server.wait_line("Slash: the route '/slash' begins with a slash, which makes two of them "
                     "behind the prefix 'api'; take it away, or set \"routePrefix\" to \"\" in host.json$")
    server.wait_line(r"Unknown: the route 'api/\{id:number\}' is no template: there is no "
                     "constraint 'number'; there are alpha, bool, ")
    assert ask(server, "/api/same/1") == (200, "First", {"a": "1"})
    assert ask(server, "/api/slash")[0] == 404
    assert ask(server, "/api/fine") == (200, "Fine", {})


V2 = """import azure.functions as func
app = func.FunctionApp()
@app.route(route="Admin/x")
def Ours(req): return "run"
@app.route(route="fine")
def Fine(req): return "fine"
"""


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("app", [files({"Fine": "fine", "Ours": "Admin/x"}),
                                 {"host.json": "{}", "function_app.py": V2}], ids=["v1", "v2"])
def test_function_whose_route_is_refused_is_not_loaded(write_app, start, app):
    """Its fault stays, though its code is well: listed so, told by its status, and not run."""
    server = start(write_app(app))
    server.wait_line(r"Ours: the route 'Admin/x' is reserved: ")
    server.wait_line(r"^\tOurs: httpTrigger \(not loaded\)$")
    for path in ["/api/Admin/x", "/Admin/x"]:
        assert server.request(path)[0] == 404
    status = json.loads(server.request("/admin/functions/Ours/status")[2])
    assert "is reserved" in status["errors"][0]
    assert server.request("/admin/functions/Ours", data=b'{"input": ""}')[0] == 202
    server.wait_line(r"Executed 'Functions\.Ours' \(Failed")
    assert server.request("/api/fine")[0] == 200


@pytest.mark.usefixtures("packages")
def test_requests_go_to_the_first_function_that_is_served(write_app):
    result = programs.batch(write_app(files({"Admin": "admin", "Fine": "fine"})))
    assert result.returncode == 0, result.stderr
    assert "Admin: the route 'admin' is reserved: " in result.stderr
    assert "Fine/__init__.py" in result.stdout


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("route, path", [
    ("a b/{id:int:min(7)}/{g:guid}", "a%20b/7/00000000-0000-0000-0000-000000000000"),
    ("d/{n=x y}/{rest?}", "d/x%20y"),
])
def test_own_request_fills_the_route(write_app, route, path):
    result = programs.batch("--verbose", write_app(files({"Fn": route})) / "Fn")
    assert result.returncode == 0, result.stderr
    assert re.search(r"called as http://[^/]+/api/" + re.escape(path) + "$", result.stderr, re.M)


@pytest.mark.usefixtures("packages")
def test_own_request_needs_a_value(write_app):
    result = programs.batch(write_app(files({"Fn": "x/{text}"})) / "Fn")
    assert result.returncode == 2
    assert programs.error_line(result) == \
        "the route of Fn has parameters: x/{text}; say what to send, as --request 'GET /api/...'"
