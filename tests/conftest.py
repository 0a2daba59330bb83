"""For all suites: what was skipped is said by name, and why; and the marker `python`, of tests of what
may differ between Pythons, which tests/run runs for each that is present (`host` says that one does
not, where the others of its file do)."""


def pytest_configure(config):
    config.addinivalue_line("markers", "python: depends on the version of Python that runs the app")
    config.addinivalue_line("markers", "host: does not, in a file of tests that do")


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line("SKIP: {} ({})".format(
            report.nodeid, str(reason).replace("Skipped: ", "", 1)))
