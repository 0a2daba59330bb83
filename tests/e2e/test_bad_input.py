"""Whatever is wrong with what pymemtop is given: one clear line, and the right exit status."""

import os
import re
import shutil
import socket

import pytest

import programs
from programs import HTTP_FUNCTION, Report, batch, error_line, run, wait_for

MAIN = """import azure.functions as func


def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("fine")
"""

def app_with(write_app, description, **more):
    return write_app({"host.json": '{"version": "2.0"}', "Fn/function.json": description,
                      "Fn/__init__.py": MAIN, **more})


def refused(path, *options, status=4, **more):
    """The message with which pymemtop refuses the path, by both of its headless commands."""
    result = batch(*options, path, **more)
    assert result.returncode == status, result
    message = error_line(result)
    again = run("start", *options, "-p", 0, path, **more)
    assert again.returncode == status
    assert again.stderr == "pymemtop: {}\n".format(message)
    return message


# ---- the command line

@pytest.mark.parametrize("arguments, words", [
    (["--no-such-option"], "--no-such-option"),
    (["--port", "x"], "--port"),
    (["--port", "70000"], "--port"),
    (["--batch", "-n", "0"], "--requests"),
    (["--batch", "-n", "many"], "--requests"),
    (["--batch", "--format", "xml"], "--format"),
    (["--batch", "--request", "GET x"], "--request"),
    (["--batch", "--header", "no colon"], "--header"),
    (["a", "b"], "b"),
])
def test_wrong_usage(arguments, words):
    result = run(*arguments)
    assert result.returncode == 2
    assert words in error_line(result)


# ---- the path

def test_no_such_path(tmp_path):
    message = refused(tmp_path / "none")
    assert str(tmp_path / "none") in message and "No such file or directory" in message


def test_path_outside_any_app(tmp_path):
    message = refused(tmp_path)
    assert re.search(r"is not in a function app: .*host\.json", message)


def test_folder_without_a_function(write_app):
    root = app_with(write_app, HTTP_FUNCTION, **{"shared/__init__.py": ""})
    assert "no function.json" in refused(root / "shared")


def test_app_without_functions(write_app):
    message = refused(write_app({"host.json": "{}"}))
    assert "no functions in" in message


def test_disabled_function(write_app):
    root = app_with(write_app, HTTP_FUNCTION.replace("{", '{"disabled": true,', 1))
    assert "disabled" in refused(root / "Fn")


# ---- function.json and host.json

@pytest.mark.parametrize("text, line, column", [
    ('{\n  "bindings": [,]\n}\n', 2, r"\d+"),
    ("not json\n", 1, r"\d+"),
    ('{\n  "bindings": []\n', 3, r"\d+"),
    ("", 1, r"\d+"),
])
def test_function_json_is_not_json(write_app, text, line, column):
    root = app_with(write_app, text)
    message = refused(root / "Fn")
    assert re.search(r"Fn/function\.json\b.*\bline {}\b.*\bcolumn {}\b|"
                     r"Fn/function\.json:{}:{}\b".format(line, column, line, column), message)


def test_host_json_is_not_json(write_app):
    root = app_with(write_app, HTTP_FUNCTION, **{"host.json": '{\n  "version": 2.0.0\n}\n'})
    message = refused(root / "Fn")
    assert re.search(r"host\.json.*(line 2.*column \d+|:2:\d+)", message)


@pytest.mark.parametrize("text, words", [
    ("{}", "At least one binding must be declared"),
    ('{"bindings": []}', "At least one binding must be declared"),
    ('{"bindings": {}}', "At least one binding must be declared"),
    ('{"bindings": [1]}', "binding 1 is not an object"),
    ('{"bindings": [{"type": "http", "name": "$return"}]}', "no trigger among the bindings"),
    ('{"bindings": [{"name": "req"}]}', "binding 1 has no type"),
    ('{"bindings": [{"type": "httpTrigger", "name": "1"}]}', "needs a name"),
    (HTTP_FUNCTION.replace("{", '{"scriptFile": "gone.py",', 1), "'gone.py' does not exist"),
    (HTTP_FUNCTION.replace("{", '{"scriptFile": 1,', 1), "scriptFile must be a string"),
])
def test_function_json_is_wrong(write_app, text, words):
    message = refused(app_with(write_app, text) / "Fn")
    assert "Fn/function.json: " in message and words in message


def test_function_json_cannot_act_on_the_terminal(write_app):
    root = app_with(write_app, HTTP_FUNCTION.replace("{", '{"scriptFile": "\\u001b[2J.py",', 1))
    assert "\x1b" not in refused(root / "Fn")


@pytest.mark.usefixtures("packages")
def test_one_broken_function_leaves_the_others(write_app, start):
    root = app_with(write_app, HTTP_FUNCTION, **{"Broken/function.json": "{",
                                                 "Broken/__init__.py": MAIN})
    server = start(root)
    assert server.get("Fn") == (200, b"fine")
    server.wait_line(r"Broken/function\.json")
    assert server.get("Broken")[0] in (404, 500)


# ---- the environment and the worker

def fake_environment(folder, version):
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to("/usr/bin/python3")
    (folder / "pyvenv.cfg").write_text("home = /usr/bin\nversion = {}\n".format(version))
    return folder


@pytest.mark.parametrize("how", ["VIRTUAL_ENV", "--python", ".venv"])
def test_environment_of_another_python_version(write_app, tmp_path, how):
    root = app_with(write_app, HTTP_FUNCTION)
    folder = fake_environment(root / ".venv" if how == ".venv" else tmp_path / "venv", "3.7.2")
    options = ["--python", folder] if how == "--python" else []
    message = refused(root / "Fn", *options,
                      env={"VIRTUAL_ENV": folder if how == "VIRTUAL_ENV" else None})
    assert re.search(r"has Python 3\.7, and this pymemtop was built for Python 3\.\d+(, 3\.\d+)*; ",
                     message)


def test_environment_that_is_none(write_app, tmp_path):
    root = app_with(write_app, HTTP_FUNCTION)
    assert "is no virtual environment" in refused(root, env={"VIRTUAL_ENV": tmp_path / "gone"})
    assert "--python: " in refused(root, "--python", tmp_path / "gone")


def test_worker_program_is_missing(write_app, tmp_path):
    root = app_with(write_app, HTTP_FUNCTION)
    empty = tmp_path / "libexec"
    empty.mkdir()
    message = refused(root / "Fn", env={"PYMEMTOP_LIBEXEC": empty, "VIRTUAL_ENV": None}, status=71)
    assert message.startswith("no worker program (pymemtop-worker-3.*) in {}; ".format(empty))


def test_worker_program_is_missing_beside_the_host(write_app, tmp_path):
    root = app_with(write_app, HTTP_FUNCTION)
    alone = tmp_path / "bin" / "pymemtop"
    alone.parent.mkdir()
    shutil.copy2(programs.PYMEMTOP, alone)
    result = batch(root / "Fn", program=str(alone), env={"VIRTUAL_ENV": None})
    if result.returncode == 0:
        pytest.skip("pymemtop is installed where this build would be")
    assert result.returncode == 71
    assert "no worker program" in error_line(result)


def test_worker_program_that_does_not_run(write_app, tmp_path):
    root = app_with(write_app, HTTP_FUNCTION)
    worker = tmp_path / "libexec" / os.path.basename(programs.workers()[0])
    worker.parent.mkdir()
    worker.write_text("#!/no/such/interpreter\n")
    worker.chmod(0o755)
    message = refused(root / "Fn", env={"PYMEMTOP_LIBEXEC": worker.parent, "VIRTUAL_ENV": None},
                      status=71)
    assert "cannot run the worker" in message


@pytest.mark.glue
def test_environment_without_azure_functions(write_app, tmp_path):
    root = app_with(write_app, HTTP_FUNCTION)
    version = os.path.basename(programs.workers()[0])[len("pymemtop-worker-"):]
    folder = fake_environment(tmp_path / "venv", version + ".0")
    result = batch(root / "Fn", env={"VIRTUAL_ENV": folder})
    assert result.returncode == 4
    (message,) = [line for line in result.stderr.splitlines() if line.startswith("pymemtop: ")]
    assert "azure" in message and "requirements.txt" in message


# ---- the port

@pytest.mark.parametrize("command", ["--batch", "start"])
def test_port_is_busy(write_app, command):
    root = app_with(write_app, HTTP_FUNCTION)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run(command, "-p", port, root)
    assert result.returncode == 71
    assert error_line(result) == (
        "Port {} is unavailable. Close the process using that port, or specify another port using "
        "--port [-p].".format(port))


def test_address_is_not_of_this_machine(write_app):
    result = run("--batch", "--address", "192.0.2.1", app_with(write_app, HTTP_FUNCTION))
    assert result.returncode == 2
    assert "192.0.2.1 is no address of this machine" in error_line(result)


# ---- the terminal

@pytest.mark.parametrize("term, words", [
    (None, "TERM is not set"),
    ("", "TERM is not set"),
    ("no-such-terminal", "TERM=no-such-terminal is unknown"),
    ("dumb", "TERM=dumb cannot place its cursor"),
])
def test_terminal_type(write_app, pty, term, words):
    terminal = pty(app_with(write_app, HTTP_FUNCTION), env={"TERM": term})
    assert terminal.wait_exit() == 2
    text = terminal.output.decode()
    assert text.startswith("pymemtop: ") and text.count("\n") == 1
    assert words in text and "\x1b" not in text
    assert terminal.settings == terminal.before


# ---- the user's code

@pytest.mark.glue
@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("function, words", [
    ("SyntaxFault", "SyntaxError: unmatched ')' (__init__.py, line 5)"),
    ("ImportFault", "ValueError: invalid literal for int() with base 10: 'sixty-four'"),
    ("MissingModule", "ModuleNotFoundError: No module named 'no_such_package_anywhere'"),
])
def test_code_that_cannot_be_loaded(copy_app, function, words):
    result = batch(copy_app("faulty") / function, "--functions", function)
    assert result.returncode == 4
    assert result.stdout == ""
    last = result.stderr.splitlines()[-1]
    assert last.startswith("pymemtop: {} could not be loaded: {}".format(function, words))
    if function == "MissingModule":
        assert "requirements.txt" in last
    assert '{}/__init__.py", line'.format(function) in result.stderr


@pytest.mark.glue
@pytest.mark.usefixtures("packages")
def test_host_lives_on_with_functions_that_cannot_be_loaded(copy_app, start):
    server = start(copy_app("faulty"))
    for function in ("SyntaxFault", "ImportFault", "MissingModule", "Good", "Raises", "Good"):
        status, body = server.get(function)
        if function == "Good":
            assert (status, body) == (200, b"good")
        else:
            assert status == 500
    server.wait_line(r'File ".*ImportFault/__init__\.py", line 3')
    server.wait_line(r"No module named 'no_such_package_anywhere'.*requirements\.txt")


@pytest.mark.glue
@pytest.mark.usefixtures("packages")
def test_entry_point_that_is_not_there(write_app):
    root = app_with(write_app, HTTP_FUNCTION.replace("{", '{"entryPoint": "handle",', 1))
    result = batch(root / "Fn")
    assert result.returncode == 4
    assert "handle" in result.stderr.splitlines()[-1]


@pytest.mark.glue
@pytest.mark.usefixtures("packages")
def test_source_that_is_not_utf_8(copy_app):
    app = copy_app("web")
    result = batch(app / "Latin", "--functions", "Latin")
    assert result.returncode == 0
    assert re.search(r'^ +6 .* 1       word = "Gr.+e"$', result.stdout, re.M)
    report = Report(app / "Latin", "--functions", "Latin")
    assert report.invocations[1]["status"] == 200


# Calls that came before the change run in the worker that was there, the second one when the first
# has come to its end.
ONE_THREAD = {"PYTHON_THREADPOOL_THREAD_COUNT": "1"}


def begin(server, function):
    """A call that the worker has, though its handler may not yet run."""
    call = server.begin(function)
    server.wait_line("Executing 'Functions.{}'".format(function))
    return call


@pytest.mark.glue
@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("change", ["edited", "deleted", "shorter", "folder"])
def test_source_that_changes_while_it_runs(copy_app, start, change):
    app = copy_app("web")
    source = app / "Slow" / "__init__.py"
    server = start(app, "--report", env=ONE_THREAD)
    first = begin(server, "Slow")
    second = server.begin("Slow")
    wait_for(lambda: server.console.count("Executing 'Functions.Slow'") == 2, "second call")
    if change == "edited":
        source.write_text("# a line more\n" * 50 + source.read_text())
    elif change == "shorter":
        source.write_text("")
    else:
        source.unlink()
        if change == "folder":
            source.mkdir()
    (app / "go").touch()
    assert first.result() == (200, b"held")
    assert second.result() == (200, b"held")
    assert server.stop() == 0
    assert "Filename: {}".format(source) in server.console


@pytest.mark.glue
@pytest.mark.usefixtures("packages")
def test_source_that_is_deleted_before_its_functions_run(copy_app, start):
    app = copy_app("web")
    shutil.copytree(app / "Slow", app / "Other")
    source = app / "Slow" / "__init__.py"
    server = start(app, "--report", env=ONE_THREAD)
    other, slow = begin(server, "Other"), begin(server, "Slow")
    source.unlink()
    (app / "go").touch()
    assert other.result() == slow.result() == (200, b"held")
    assert server.stop() == 0
    table = server.console.partition("Filename: {}".format(source))[2].partition("Filename: ")[0]
    assert "block = bytearray(64 << 20)" in table


@pytest.mark.usefixtures("packages")
def test_local_settings_that_are_not_json_are_left_out(write_app, start):
    root = app_with(write_app, HTTP_FUNCTION, **{"local.settings.json": "{ not json"})
    server = start(root)
    assert server.get("Fn") == (200, b"fine")
    server.wait_line(r"local\.settings\.json")


# ---- limits of the server

@pytest.mark.usefixtures("packages")
def test_requests_that_are_too_large(copy_app, start):
    server = start(copy_app("web"))
    line = b"POST /api/Echo HTTP/1.1\r\nHost: localhost\r\n"
    assert server.raw(line + b"X-Long: " + b"x" * (80 << 10) + b"\r\n\r\n") == 431
    assert server.raw(line + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 1000) for i in range(90))
                      + b"\r\n") == 431
    assert server.raw(line + b"Content-Length: %d\r\n\r\n" % ((210 << 20) + 1)) == 413
    assert server.raw(b"GET /" + b"x" * (80 << 10) + b" HTTP/1.1\r\nHost: a\r\n\r\n") == 414
    assert server.request("/api/Echo", b"after")[2] == b"after"
    assert server.process.poll() is None


@pytest.mark.usefixtures("packages")
def test_body_that_grows_too_large(copy_app, start):
    """A chunked body does not say beforehand how large it is."""
    server = start(copy_app("web"))
    chunk = b"%x\r\n" % (1 << 20) + b"x" * (1 << 20) + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=programs.LIMIT) as connection:
        connection.sendall(b"POST /api/Echo HTTP/1.1\r\nHost: localhost\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(220):
            connection.sendall(chunk)  # what is too much is read, and dropped
        connection.sendall(b"0\r\n\r\n")
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert server.request("/api/Echo", b"after")[2] == b"after"
