"""`pymemtop new`: what it writes is what `func init` and `func new` would, it runs, and nothing that
was there is lost."""

import ast
import ctypes
import json
import os
import re
import resource
import signal
import subprocess

import pytest

import programs
from programs import batch, run

TRIGGERS = ("http", "timer", "queue", "blob")
APP_FILES = {"host.json", "local.settings.json", "requirements.txt", ".gitignore", ".funcignore"}
PARAMETERS = {"http": "req", "timer": "timer", "queue": "message", "blob": "blob"}
BINDINGS = {
    "http": [{"authLevel": "function", "type": "httpTrigger", "direction": "in", "name": "req",
              "methods": ["get", "post"]},
             {"type": "http", "direction": "out", "name": "$return"}],
    "timer": [{"type": "timerTrigger", "direction": "in", "name": "timer",
               "schedule": "0 */5 * * * *"}],
    "queue": [{"type": "queueTrigger", "direction": "in", "name": "message",
               "queueName": "python-queue-items", "connection": "AzureWebJobsStorage"}],
    "blob": [{"type": "blobTrigger", "direction": "in", "name": "blob",
              "path": "samples-workitems/{name}", "connection": "AzureWebJobsStorage"}],
}
HEAD = "import logging\n\nimport azure.functions as func\n\napp = func.FunctionApp()\n"
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


def new(*arguments, status=0, **more):
    """(stdout, stderr) of `pymemtop new`, which must end with that status."""
    result = run("new", *arguments, **more)
    assert result.returncode == status, result
    return result.stdout, result.stderr


def refused(*arguments, status=4, **more):
    """The one line that says why nothing was written; nothing else is said."""
    output, message = new(*arguments, status=status, **more)
    assert output == ""
    assert re.fullmatch(r"pymemtop: [^\n]+\n", message), message
    return message


def limited(limits, *arguments, cwd):
    """`pymemtop new` in a process that called limits() before: (status, stdout, stderr)."""
    result = subprocess.run([programs.PYMEMTOP, "new", *map(str, arguments)], cwd=cwd,
                            env=programs.environment(), preexec_fn=limits, encoding="utf-8",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, timeout=programs.LIMIT, restore_signals=False)
    return result.returncode, result.stdout, result.stderr


def obey_modes():
    """Take from root what lets it write where the mode forbids it."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


def file_size_limit(size):
    def limits():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limits


def tree(root):
    """{path: content} of every file below, and {path/: None} of every folder."""
    result = {}
    for folder, folders, files in os.walk(root):
        for name in folders:
            result[os.path.relpath(os.path.join(folder, name), root) + "/"] = None
        for name in files:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                result[os.path.relpath(path, root)] = file.read()
    return result


def only_function(source, name):
    """The definition of that name in the Python source, which must be valid and have one."""
    (found,) = [node for node in ast.parse(source).body
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name]
    return found


def check_signature(function, trigger, is_async):
    assert isinstance(function, ast.AsyncFunctionDef) == is_async
    assert [argument.arg for argument in function.args.args] == [PARAMETERS[trigger]]
    assert ast.unparse(function.returns) == ("func.HttpResponse" if trigger == "http" else "None")


# ---- what is written

@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_v1_function_in_a_new_app(tmp_path, trigger, is_async):
    output, message = new("Fn", "--model", "v1", "--trigger", trigger,
                          *(["--async"] if is_async else []), cwd=tmp_path)
    assert message == ""
    files = {"Fn/__init__.py", "Fn/function.json"}
    if trigger != "http":
        files.add("Fn/readme.md")
    written = tree(tmp_path)
    assert set(written) == APP_FILES | files | {"Fn/"}
    listed, command = output.split("\n\n")
    assert set(listed.splitlines()) == APP_FILES | files
    assert command == "Run it: pymemtop Fn/__init__.py\n"
    assert json.loads(written["Fn/function.json"]) == {"scriptFile": "__init__.py",
                                                       "bindings": BINDINGS[trigger]}
    check_signature(only_function(written["Fn/__init__.py"], "main"), trigger, is_async)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_v2_function_in_a_new_app(tmp_path, trigger, is_async):
    output, message = new("fn", "--trigger", trigger, *(["--async"] if is_async else []),
                          cwd=tmp_path)
    assert message == ""
    written = tree(tmp_path)
    assert set(written) == APP_FILES | {"function_app.py"}
    listed, command = output.split("\n\n")
    assert set(listed.splitlines()) == set(written)
    assert command == "Run it: pymemtop function_app.py\n"
    source = written["function_app.py"].decode()
    assert source.startswith(HEAD + "\n\n@app.")
    function = only_function(source, "fn")
    check_signature(function, trigger, is_async)
    (decorator,) = function.decorator_list
    given = {word.arg: ast.unparse(word.value) for word in decorator.keywords}
    if trigger == "http":
        assert ast.unparse(decorator.func) == "app.route"
        assert given == {"route": "'fn'", "auth_level": "func.AuthLevel.FUNCTION"}
    else:
        assert ast.unparse(decorator.func) == "app.{}_trigger".format(trigger)
        assert given["arg_name"] == repr(PARAMETERS[trigger])


def test_files_of_a_new_app(tmp_path):
    new("fn", cwd=tmp_path)
    assert json.loads((tmp_path / "host.json").read_text()) == {
        "version": "2.0",
        "logging": {"applicationInsights": {"samplingSettings": {"isEnabled": True,
                                                                 "excludedTypes": "Request"}}},
        "extensionBundle": {"id": "Microsoft.Azure.Functions.ExtensionBundle",
                            "version": "[4.*, 5.0.0)"}}
    assert json.loads((tmp_path / "local.settings.json").read_text()) == {
        "IsEncrypted": False, "Values": {"FUNCTIONS_WORKER_RUNTIME": "python",
                                         "AzureWebJobsStorage": "UseDevelopmentStorage=true"}}
    assert "azure-functions" in (tmp_path / "requirements.txt").read_text().splitlines()
    for name in (".gitignore", ".funcignore"):
        assert "local.settings.json" in (tmp_path / name).read_text().splitlines()


@pytest.mark.parametrize("level", ["anonymous", "function", "admin"])
def test_authorization_level(tmp_path, level):
    new("Fn", "--model=v1", "--authlevel", level, "--dir", tmp_path / "one")
    binding = json.loads((tmp_path / "one/Fn/function.json").read_text())["bindings"][0]
    assert binding["authLevel"] == level
    new("fn", "--authlevel", level, "--dir", tmp_path / "two")
    assert "auth_level=func.AuthLevel.{})\n".format(level.upper()) in \
        (tmp_path / "two/function_app.py").read_text()


@pytest.mark.usefixtures("packages")
def test_azure_functions_takes_the_v2_functions(tmp_path):
    """The decorators are those of the real library, and it finds what function.json would say."""
    for trigger in TRIGGERS:
        new("on_" + trigger, "--trigger", trigger, cwd=tmp_path)
    code = ("import json, function_app\n"
            "print(json.dumps({f.get_function_name(): [json.loads(b) for b in f.get_raw_bindings()]"
            " for f in function_app.app.get_functions()}))")
    output = subprocess.run([os.path.join(programs.VENV, "bin/python"), "-B", "-c", code],
                            cwd=tmp_path, check=True, stdout=subprocess.PIPE).stdout
    functions = json.loads(output)
    assert set(functions) == {"on_" + trigger for trigger in TRIGGERS}
    for trigger in TRIGGERS:
        (found,) = [binding for binding in functions["on_" + trigger]
                    if binding["type"] == trigger + "Trigger"]
        expected = {name: value for name, value in BINDINGS[trigger][0].items()
                    if name not in ("authLevel", "methods")}
        assert {name: found[name].lower() if name == "direction" else found[name]
                for name in expected} == expected


# ---- where it is written

def test_app_is_found_upwards(tmp_path):
    new("One", "--model", "v1", "--dir", tmp_path / "app")
    output, _ = new("Two", cwd=tmp_path / "app" / "One")
    root = os.path.realpath(tmp_path / "app")
    assert output == "{0}/Two/__init__.py\n{0}/Two/function.json\n\n" \
                     "Run it: pymemtop {0}/Two/__init__.py\n".format(root)


def test_paths_are_shown_from_the_current_folder(tmp_path):
    new("One", "--model", "v1", "--dir", "it's an app/", cwd=tmp_path)
    output, _ = new("Two", "--dir", "it's an app", cwd=tmp_path)
    assert output == "it's an app/Two/__init__.py\nit's an app/Two/function.json\n\n" \
                     "Run it: pymemtop 'it'\\''s an app/Two/__init__.py'\n"


def test_option_like_folder_is_shown_so_that_it_is_none(tmp_path):
    output, _ = new("fn", "--dir", "./-x", cwd=tmp_path)
    assert output.endswith("\nRun it: pymemtop ./-x/function_app.py\n")


def test_model_is_that_of_the_app(tmp_path):
    new("One", "--model", "v1", cwd=tmp_path)
    new("Two", cwd=tmp_path)
    assert (tmp_path / "Two/function.json").exists()
    before = tree(tmp_path)
    message = refused("three", "--model", "v2", cwd=tmp_path)
    assert "is of the v1 model" in message
    assert tree(tmp_path) == before


def test_v1_is_refused_in_a_v2_app(tmp_path):
    new("one", cwd=tmp_path)
    before = tree(tmp_path)
    assert "is of the v2 model" in refused("Two", "--model", "v1", cwd=tmp_path)
    assert tree(tmp_path) == before


def test_app_without_functions_gets_the_v2_model(write_app):
    root = write_app({"host.json": "{}"})
    new("fn", "--dir", root)
    assert set(tree(root)) == {"host.json", "function_app.py"}


def test_script_of_another_name(write_app):
    settings = {"IsEncrypted": False, "Values": {"PYTHON_SCRIPT_FILE_NAME": "main.py"}}
    root = write_app({"host.json": "{}", "local.settings.json": json.dumps(settings)})
    assert new("one", cwd=root)[0] == "main.py\n\nRun it: pymemtop main.py\n"
    assert new("two", cwd=root)[0] == "main.py\n\nRun it: pymemtop main.py --functions two\n"


def test_files_of_a_checkout_stay(tmp_path):
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / "requirements.txt").write_text("theirs\n")
    output, message = new("fn", cwd=tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert (tmp_path / "requirements.txt").read_text() == "theirs\n"
    assert message == ("pymemtop: requirements.txt was there before, and stays as it is\n"
                       "pymemtop: .gitignore was there before, and stays as it is\n")
    assert ".gitignore" not in output


# ---- function_app.py is only added to

@pytest.mark.parametrize("source, addition", [
    (HEAD, "\n\n@app.route("),
    (HEAD.rstrip("\n"), "\n\n\n@app.route("),
    (HEAD + "# the end \\", "\n\n\n@app.route("),
    ("import azure.functions as func\napplication = func.FunctionApp()\n",
     "\n\nimport logging\n\n\n@application.route("),
    ("from azure.functions import FunctionApp\nimport logging\napp: FunctionApp = FunctionApp(\n)\n",
     "\n\nimport azure.functions as func\n\n\n@app.route("),
    ("'''\napp = func.AsgiFunctionApp()\ndef fn(): pass\n'''\n" + HEAD, "\n\n@app.route("),
    ("\ufeff" + HEAD, "\n\n@app.route("),
    (HEAD + "class Box:\n    def fn(self): pass\n", "\n\n@app.route("),
])
def test_function_is_added_at_the_end(write_app, source, addition):
    root = write_app({"host.json": "{}", "function_app.py": source})
    new("fn", "--dir", root)
    text = (root / "function_app.py").read_bytes().decode()
    assert text.startswith(source + addition)
    only_function(text.lstrip("\ufeff"), "fn")


def test_line_ends_are_kept(write_app):
    root = write_app({"host.json": "{}", "function_app.py": HEAD.replace("\n", "\r\n").encode()})
    new("fn", "--dir", root)
    content = (root / "function_app.py").read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > 10
    only_function(content, "fn")


@pytest.mark.parametrize("source, line", [
    (HEAD + "@app.route()\ndef Greet(req): pass\n", 7),
    (HEAD + "@app.route()\nasync def greet(req): pass\n", 7),
    (HEAD + "@app.function_name('GREET')\n@app.route()\ndef other(req): pass\n", 6),
    (HEAD + "def greet(): pass\n", 6),
    ("from words import (hello,\n  greet)\n" + HEAD, 1),
])
def test_name_that_is_there(write_app, source, line):
    root = write_app({"host.json": "{}", "function_app.py": source})
    assert "function_app.py:{}: there is a 'greet' already".format(line) in \
        refused("greet", "--dir", root)
    assert (root / "function_app.py").read_text() == source


@pytest.mark.parametrize("source, reason", [
    ("", "has no line `app = func.FunctionApp(...)`"),
    ("import azure.functions as func\napp = func.AsgiFunctionApp(app=None)\n", "has no line `app"),
    ("if True:\n    app = func.FunctionApp()\n", "has no line `app"),
    (HEAD + "x = [\n", "ends within a statement"),
    (HEAD + "x = '''\n", "ends within a statement"),
    (HEAD + "x = 1 + \\\n", "ends within a statement"),
    (HEAD + "@app.route()\n", "ends within a statement"),
    (HEAD + "\0", "has a NUL byte"),
])
def test_function_is_handed_out_where_it_cannot_be_added(write_app, source, reason):
    root = write_app({"host.json": "{}", "function_app.py": source})
    before = tree(root)
    output, message = new("fn", "--dir", root, status=4)
    assert reason in message and message.endswith("paste the function above into it yourself\n")
    assert message.count("\n") == 1
    assert only_function(output, "fn").decorator_list
    assert tree(root) == before


def test_function_is_handed_out_where_the_file_is_not_writable(write_app):
    root = write_app({"host.json": "{}",
                      "function_app.py": HEAD.replace("app =", "application =")})
    (root / "function_app.py").chmod(0o444)
    before = tree(root)
    status, output, message = limited(obey_modes, "fn", cwd=root)
    assert status == 4 and "function_app.py is not writable" in message
    assert output.startswith("@application.route(")
    assert tree(root) == before


# ---- nothing is overwritten, and nothing half done

@pytest.mark.parametrize("arguments, name", [
    (["--model", "v1"], "Fn/mine.txt"),
    (["--model", "v1"], "Fn"),
    ([], "function_app.py/mine.txt"),
    ([], "requirements.txt/mine.txt"),
])
def test_what_is_in_the_way(write_app, arguments, name):
    root = write_app({name: "mine"})
    before = tree(root)
    message = refused("Fn", *arguments, cwd=root)
    assert "{}/{} is in the way".format(os.path.realpath(root), name.split("/")[0]) in message
    assert tree(root) == before


def test_dangling_link_is_in_the_way(tmp_path):
    (tmp_path / ".gitignore").symlink_to(tmp_path / "gone")
    assert ".gitignore is in the way" in refused("fn", cwd=tmp_path)
    assert os.listdir(tmp_path) == [".gitignore"]


def test_function_that_is_there(tmp_path):
    new("Fn", "--model", "v1", cwd=tmp_path)
    before = tree(tmp_path)
    assert "/Fn is a function of that name already" in refused("fN", cwd=tmp_path)
    assert "/Fn is a function of that name already" in refused("Fn", cwd=tmp_path)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("arguments", [["--model", "v1"], []])
@pytest.mark.parametrize("size", [0, 40, 250, 500])
def test_half_written_app_is_removed(tmp_path, arguments, size):
    """The file system refuses what is longer than `size`, as a full disk would."""
    root = tmp_path / "app"
    status, output, message = limited(file_size_limit(size), "Fn", "--dir", root, *arguments,
                                      cwd=tmp_path)
    assert status == 71 and output == ""
    assert re.fullmatch(r"pymemtop: cannot write .*: File too large\n", message), message
    assert os.listdir(tmp_path) == []


def test_half_written_function_is_removed(write_app):
    root = write_app({"host.json": "{}", "Other/function.json": "{}"})
    before = tree(root)
    status, _, message = limited(file_size_limit(450), "Fn", cwd=root)
    assert status == 71 and "Fn/__init__.py: File too large" in message
    assert tree(root) == before


def test_half_added_function_is_removed(write_app):
    root = write_app({"host.json": "{}", "function_app.py": HEAD})
    before = tree(root)
    status, _, message = limited(file_size_limit(len(HEAD) + 50), "fn", cwd=root)
    assert status == 71 and "cannot add to " in message
    assert tree(root) == before


@pytest.mark.parametrize("arguments", [["--model", "v1"], []])
def test_folder_that_is_not_writable(tmp_path, arguments):
    root = tmp_path / "app"
    root.mkdir()
    root.chmod(0o555)
    for target in (root, root / "deeper"):
        status, output, message = limited(obey_modes, "Fn", "--dir", target, *arguments,
                                          cwd=tmp_path)
        assert (status, output) == (71, "")
        assert re.fullmatch(r"pymemtop: cannot .*/app/.*: Permission denied\n", message), message
        assert os.listdir(root) == []


# ---- wrong usage

@pytest.mark.parametrize("name", ["", "1st", "a b", "a.b", "../up", "a/b", "host", "Host", "é",
                                  "_private", "a" * 129])
@pytest.mark.parametrize("model", ["v1", "v2"])
def test_bad_names(tmp_path, name, model):
    assert "is no name for a function" in refused("--model", model, "--", name, status=2,
                                                  cwd=tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["two-words", "class", "None"])
def test_names_that_are_bad_in_python(tmp_path, name):
    assert "is no name for a function of the v2 model" in refused(name, status=2, cwd=tmp_path)
    assert os.listdir(tmp_path) == []
    new(name, "--model", "v1", cwd=tmp_path)


@pytest.mark.parametrize("name", ["app", "func", "logging"])
def test_names_that_hide_others(tmp_path, name):
    assert "would hide" in refused(name, status=2, cwd=tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("arguments, words", [
    ([], "needs a name"),
    (["One", "Two"], "'Two' is a second one"),
    (["Fn", "--model", "v3"], "--model takes v1 or v2, not 'v3'"),
    (["Fn", "--model", ""], "--model takes v1 or v2"),
    (["Fn", "--trigger", "cron"], "--trigger takes http, timer, queue or blob, not 'cron'"),
    (["Fn", "--authlevel", "user"], "--authlevel takes anonymous, function or admin"),
    (["Fn", "--trigger", "timer", "--authlevel", "admin"], "--authlevel goes with --trigger http"),
    (["Fn", "--dir", ""], "--dir takes a folder"),
    (["Fn", "--dir"], "--dir needs a value"),
    (["Fn", "--force"], "unknown option --force"),
    (["Fn", "-x"], "unknown option -x"),
])
def test_wrong_usage(tmp_path, arguments, words):
    assert words in refused(*arguments, status=2, cwd=tmp_path)
    assert os.listdir(tmp_path) == []


def test_help_names_the_options():
    output, message = new("--help")
    assert message == "" and output == run("--help").stdout
    for words in ("pymemtop new NAME", "--model", "--trigger", "--authlevel", "--async", "--dir"):
        assert words in output


def test_folder_is_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    assert "file is not a folder" in refused("Fn", "--dir", tmp_path / "file")
    assert "Not a directory" in refused("Fn", "--dir", tmp_path / "file" / "deeper")
    assert "No such file or directory" in refused("Fn", "--dir", tmp_path / "none" / "deeper")


def test_app_of_another_language(write_app):
    settings = {"IsEncrypted": False, "Values": {"FUNCTIONS_WORKER_RUNTIME": "node"}}
    root = write_app({"local.settings.json": json.dumps(settings)})
    assert "its FUNCTIONS_WORKER_RUNTIME is node" in refused("Fn", cwd=root)


def test_app_with_a_broken_host_json(write_app):
    root = write_app({"host.json": "{"})
    assert "host.json:1" in refused("Fn", cwd=root)
    assert set(tree(root)) == {"host.json"}


# ---- it runs

@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("options", [[], ["--async"]], ids=["sync", "async"])
@pytest.mark.parametrize("model, path, head", [
    ("v1", "Greet", "def main(req: func.HttpRequest)"),
    ("v2", "function_app.py", "def Greet(req: func.HttpRequest)"),
])
def test_http_function_runs(tmp_path, start, model, path, head, options):
    new("Greet", "--model", model, *options, cwd=tmp_path)
    result = batch(path, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert head in result.stdout
    server = start(tmp_path)
    assert server.get("Greet?name=Ada") == (200, b"Hello, Ada!")
    assert server.get("Greet", data=b'{"name": "Ada"}') == (200, b"Hello, Ada!")
    for data in (None, b"[]", b"{}", b"not JSON"):
        status, body = server.get("Greet", data=data)
        assert status == 200 and body.startswith(b"Hello! Say who you are")


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("trigger, payload, line", [
    ("timer", "", 'logging.info("the timer has fired")'),
    ("queue", "some words", 'logging.info("message %s says: %s", message.id, text)'),
    ("blob", "some words", 'logging.info("blob %s has %d bytes", blob.name, len(content))'),
])
@pytest.mark.parametrize("model", ["v1", "v2"])
def test_other_functions_run(tmp_path, model, trigger, payload, line):
    """By the very command that `new` prints, with what a real trigger would bring."""
    new("other", "--model", model, cwd=tmp_path)
    output, _ = new("fn", "--trigger", trigger, cwd=tmp_path)
    words = output.splitlines()[-1].split()
    assert words[:3] == ["Run", "it:", "pymemtop"]
    result = batch(*words[3:], "--data", payload, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert line in result.stdout and "other(" not in result.stdout
