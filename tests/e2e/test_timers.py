"""Functions that a timer triggers: by their schedule in a host that serves, never in a batch run."""

import json
import re

import pytest
from programs import batch

pytestmark = pytest.mark.usefixtures("packages")

FIRED = r"Executing 'Functions\.{}' \(Reason='Timer fired at \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{7}}[+-]\d\d:\d\d', Id="


def function_json(schedule, **more):
    return json.dumps({"bindings": [{"type": "timerTrigger", "direction": "in", "name": "timer",
                                     "schedule": schedule, **more}]})


SOURCE = """import azure.functions as func
def main(timer: func.TimerRequest) -> None:
    print("ran, past due:", timer.past_due, sorted(timer.schedule_status))
"""


@pytest.fixture
def app(write_app):
    def write(schedule, files=None, **more):
        return write_app({"host.json": "{}", "Tick/function.json": function_json(schedule, **more),
                          "Tick/__init__.py": SOURCE, **(files or {})})
    return write


def test_every_second(app, start):
    server = start(app("* * * * * *"))
    server.wait_line(FIRED.format("Tick"))
    server.wait_line(r"ran, past due: False \[\]$")  # one so frequent is not monitored
    again = len(server.console)
    server.wait_line(FIRED.format("Tick"), again)
    assert server.stop() == 0


def test_a_time_span_and_run_on_startup(app, start):
    server = start(app("00:00:01", runOnStartup=True))
    server.wait_line(r"Trigger Details: UnscheduledInvocationReason: RunOnStartup$")
    server.wait_line(r"ran, past due: False")
    server.wait_line(FIRED.format("Tick"))
    server.wait_line(FIRED.format("Tick"), len(server.console))


def test_a_monitored_timer_knows_what_comes_next(app, start):
    server = start(app("0 0 0 1 1 *", runOnStartup=True))
    server.wait_line(r"ran, past due: False \['Last', 'LastUpdated', 'Next'\]$")


def test_schedule_from_a_setting(app, start):
    settings = json.dumps({"IsEncrypted": False, "Values": {"WHEN": "*/1 * * * * *"}})
    server = start(app("%WHEN%", {"local.settings.json": settings}))
    server.wait_line(FIRED.format("Tick"))


@pytest.mark.parametrize("schedule, words", [
    ("%NOT_SET%", "does not resolve to a value"),
    ("61 * * * * *", "61"),
    ("every day", "every day"),
    ("", ""),
])
def test_schedule_that_cannot_be_read(app, start, schedule, words):
    """The function is not run by itself, but can be run."""
    server = start(app(schedule))
    said = server.wait_line(r"The listener for function 'Functions\.Tick' was unable to start: (.*)$")
    assert words in said.group(1)
    assert server.request("/admin/functions/Tick", data=b'{"input": ""}')[0] == 202
    server.wait_line(r"ran, past due: False")


def test_next_occurrences_are_told(app, start):
    server = start(app("0 30 9 1 1 *"), "--verbose", env={"TZ": "UTC"})
    told = server.wait_line(r"The next 5 occurrences of the 'Tick' schedule "
                            r"\(Cron: '0 30 9 1 1 \*'\) will be:\n(?:.* 01/01/\d{4} 09:30:00Z\n){5}")
    years = [int(year) for year in re.findall(r"01/01/(\d{4})", told.group())]
    assert years == list(range(years[0], years[0] + 5))


def test_invocations_do_not_overlap(app, start):
    app = app("* * * * * *", {"Tick/__init__.py": SOURCE + """    import os, time
    while not os.path.exists("go"):
        time.sleep(0.01)
""", "Fast/function.json": function_json("* * * * * *"), "Fast/__init__.py": SOURCE})
    server = start(app)
    server.wait_line(FIRED.format("Tick"))
    for _ in range(3):  # three seconds go by
        server.wait_line(FIRED.format("Fast"), len(server.console))
    assert len(re.findall(FIRED.format("Tick"), server.console)) == 1
    (app / "go").touch()
    server.wait_line(r"Executed 'Functions\.Tick' \(Succeeded")
    server.wait_line(FIRED.format("Tick"), len(server.console))


def test_schedule_that_is_saved_anew(app, start):
    root = app("0 0 0 1 1 *")
    server = start(root)
    (root / "Tick" / "function.json").write_text(function_json("* * * * * *"))
    server.wait_line(FIRED.format("Tick"))
    (root / "Tick" / "function.json").write_text(function_json("0 0 0 1 1 *"))
    server.wait_line(r"changed: the app is loaded again$\n(.*\n)*.*changed: the app is loaded again$")
    assert server.request("/admin/functions/Tick", data=b'{"input": ""}')[0] == 202
    server.wait_line(r"Reason='This function was programmatically called")


def test_timer_goes_on_when_the_worker_dies(app, start):
    root = app("* * * * * *", {"Tick/__init__.py": SOURCE + """    import os
    if not os.path.exists("died"):
        open("died", "w").close()
        os._exit(7)
"""})
    server = start(root)
    server.wait_line("worker exited with exit code 7")
    server.wait_line(r"Executed 'Functions\.Tick' \(Succeeded", len(server.console))


def test_batch_runs_it_once_and_by_hand(app):
    result = batch(app("* * * * * *"), "--verbose")
    assert result.returncode == 0
    assert result.stderr.count("Executing 'Functions.Tick'") == 1
    assert "Timer fired" not in result.stderr


def test_timer_that_comes_faster_than_it_can_fail(app, start):
    server = start(app("00:00:00.0000001", {"Tick/__init__.py": "import nothing_of_that_name\n"}))
    server.wait_line(FIRED.format("Tick"))
    assert server.request("/admin/host/ping")[0] == 200
    assert server.stop() == 0
