"""The smaller sample apps: decorators with a blueprint and other triggers, FastAPI, Flask."""

import glob
import json
import os
import shutil

import pytest

import programs
from programs import MIB, Report, batch

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LABEL_BYTES = 812 * 1218

pytestmark = pytest.mark.usefixtures("packages")


@pytest.fixture
def app(tmp_path, request):
    """A copy of the sample app that on() names. Skips where a package is missing."""
    name = request.param
    source = os.path.join(TOP, "demo", name)
    with open(os.path.join(source, "requirements.txt")) as file:
        for package in file.read().split():
            folder = package.replace("-", "/")
            if not glob.glob(os.path.join(programs.VENV, "lib/python3*/site-packages", folder)):
                pytest.skip("needs {}, which could not be installed".format(package))
    return shutil.copytree(source, tmp_path / name,
                           ignore=shutil.ignore_patterns(".venv", "__pycache__"))


def on(name):
    return pytest.mark.parametrize("app", [name], indirect=True, ids=[name])


@on("OrdersV2")
def test_orders(app, start):
    server = start(app)
    server.wait_line(r"^\tget_order: \[GET\] http://localhost:\d+/api/orders/\{number=1001\}$")
    server.wait_line(r"^\tlog_labels: timerTrigger$")
    server.wait_line(r"^\twrite_invoice: queueTrigger$")
    status, body = server.get("orders/7")
    order = json.loads(body)
    assert (status, order["number"], order["label_bytes"]) == (200, 7, LABEL_BYTES)
    assert len(order["items"]) == 3 and order["total_cents"] > 0
    assert json.loads(server.get("orders/7")[1]) == order
    assert server.get("orders/none") == (404, b"there is no order none\n")


@on("OrdersV2")
def test_leak_of_orders_is_on_its_line(app):
    report = Report(app, "-n", "10", "--functions", "get_order")
    leak = report.line("OrdersV2/function_app.py", "drawn_labels[key] = labels.draw(order)")
    assert leak["occurrences"] == 10
    assert abs(leak["increment_bytes"] - 10 * LABEL_BYTES) <= MIB + programs.TOLERANCE


@on("OrdersV2")
def test_queue_function_of_orders_writes_an_invoice(app):
    result = batch(app, "--verbose", "--functions", "write_invoice", "--data", '{"order": 7}')
    assert result.returncode == 0, result.stderr
    (line,) = [line for line in result.stderr.splitlines() if "Output 'invoice' (queue): " in line]
    invoice = json.loads(line.partition("(queue): ")[2])
    assert invoice["order"] == 7
    assert invoice["gross_cents"] == invoice["net_cents"] + invoice["vat_cents"]


@on("OrdersV2")
def test_timer_of_orders(app):
    result = batch(app, "--verbose", "--functions", "log_labels")
    assert result.returncode == 0, result.stderr
    assert "0 labels are kept, 0 bytes" in result.stderr


@on("FastApiDemo")
def test_fastapi(app, start):
    server = start(app)

    def ask(target, content=None):
        status, headers, body = server.request(
            target, data=content and json.dumps(content).encode(),
            headers={"Content-Type": "application/json"})
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(body)

    invoice = {"number": 1, "customer": "Ada", "net_cents": 1000, "gross_cents": 1210}
    assert ask("/") == (200, {"invoices": 0})
    assert ask("/invoices", {"customer": "Ada", "net_cents": 1000}) == (201, invoice)
    assert ask("/invoices/1") == (200, invoice)
    assert ask("/invoices/2") == (404, {"detail": "there is no invoice 2"})
    assert ask("/invoices", {"customer": "", "net_cents": 1})[0] == 422
    assert ask("/") == (200, {"invoices": 1})


@on("FastApiDemo")
def test_lines_of_fastapi_functions(app):
    report = Report(app, "-n", "3")
    line = report.line("FastApiDemo/invoice_api.py", 'return {"invoices": len(invoices)}')
    assert line["occurrences"] == 3


@on("FlaskDemo")
def test_flask(app, start):
    server = start(app)
    assert json.loads(server.request("/")[2]) == {"lamp": 12, "desk": 3, "chair": 20}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = server.request("/stock/desk", data=b"count=4", headers=form)
    assert (status, json.loads(body)) == (200, {"desk": 7})
    assert server.request("/stock/piano", data=b"count=1", headers=form)[0] == 404
    assert json.loads(server.request("/")[2])["desk"] == 7
