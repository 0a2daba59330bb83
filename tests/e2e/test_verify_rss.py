"""The time gate spares readings of the RSS and misses nothing: --verify-rss reads it at every line."""

import re

import pytest

from programs import APPS, FULL, SANITIZED, VERSION, Report, batch

pytestmark = pytest.mark.usefixtures("packages")
CHANGE = APPS + "/rss/Change"
SAID = (r"pymemtop: RSS read at (\d+) events, changed at (\d+), and (\d+) of these changes would have "
        r"been found later")


def verify(how, turns):
    """(report, events, changes, misses)"""
    report = Report(CHANGE, "--verify-rss", "--request",
                    "GET /api/Change?how={}&turns={}".format(how, turns))
    said = re.search(SAID, report.result.stderr)
    assert said, report.result.stderr
    return (report, *map(int, said.groups()))


def assert_sums(report):
    for one in report.invocations:
        assert one["rss_end_bytes"] - one["rss_start_bytes"] == sum(
            one["rss_{}_bytes".format(part)] for part in ("lines", "elsewhere", "shared"))


@pytest.mark.parametrize("how, turns, fewest_events, fewest_changes", [
    ("mixed", 200, 8000, 1500),
    ("grow", 20000, 60000, 500),
    ("count", 30000, 90000, 1),
])
def test_no_change_is_missed(how, turns, fewest_events, fewest_changes):
    report, events, changes, misses = verify(how, turns)
    assert events > fewest_events and changes >= fewest_changes
    assert misses == 0
    assert_sums(report)


@pytest.mark.parametrize("how, turns, fewest_events, fewest_changes", [
    ("one_by_one", 300, 100000, 1000),
    ("native", 100, 90000, 100),
    ("at_once", 300, 300000, 3000) if FULL else ("at_once", 100, 100000, 1000),
])
def test_threads_that_change_it(how, turns, fewest_events, fewest_changes):
    """At most one changed line of 10,000 is found late; none where one thread at a time works.

    It takes a minute. 3.9 and 3.10 have their events as 3.11 has, and 3.13 as 3.12 (worker/events.h);
    with sanitizers it is slower, and test_races.py has the same threads."""
    if how != "native" and (SANITIZED or (VERSION in ("3.9", "3.10", "3.13") and not FULL)):
        pytest.skip("its events are those of another Python, which is tested")
    report, events, changes, misses = verify(how, turns)
    assert events > fewest_events and changes >= fewest_changes
    assert misses <= (max(1, changes // 10000) if how == "at_once" else 0)
    assert_sums(report)


def test_nothing_is_said_without_the_option():
    result = batch("--request", "GET /api/Change?how=count&turns=10", CHANGE)
    assert result.returncode == 0 and "RSS read" not in result.stderr, result.stderr
