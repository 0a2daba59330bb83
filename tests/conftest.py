"""For all suites: what was skipped is said by name, and why."""


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line("SKIP: {} ({})".format(
            report.nodeid, str(reason).replace("Skipped: ", "", 1)))
