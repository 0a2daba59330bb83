"""For all suites: what was skipped is said by name, and why; and the markers of tests of what may
differ between Pythons. tests/run runs those of `python` for each that is present, and those of `glue`
for the default one, the oldest and the newest: what comes into the library and what goes from it, is
there in one of these or not in the other. (`host` says that a test is neither, where the others of
its file are.)"""


def pytest_configure(config):
    config.addinivalue_line("markers", "python: depends on the version of Python that runs the app")
    config.addinivalue_line("markers", "glue: depends on the library of Python, of which the ends will do")
    config.addinivalue_line("markers", "host: does neither, in a file of tests that do")


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        terminalreporter.write_line("SKIP: {} ({})".format(
            report.nodeid, str(reason).replace("Skipped: ", "", 1)))
