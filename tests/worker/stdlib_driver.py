"""Runs a module of the standard library's own tests in the worker; test_stdlib.py starts it. Prints
a line for each test and subtest: its outcome and name.

STDLIB_TEST      the module, as test.test_generators
STDLIB_SKIP      names of tests to leave out, with spaces between
"""

import os
import re
import sys
import tempfile
import unittest


class Result(unittest.TestResult):
    def say(self, outcome, test):
        # Addresses in the names of subtests change from process to process.
        print("RESULT", outcome, re.sub(r"(0x|id=')[0-9a-f]+", "", test.id()), flush=True)

    def addSuccess(self, test):
        self.say("ok", test)

    def addSkip(self, test, reason):
        self.say("skipped", test)

    def addExpectedFailure(self, test, error):
        self.say("expected failure", test)

    def addUnexpectedSuccess(self, test):
        self.say("unexpected success", test)

    def addFailure(self, test, error):
        self.say("failed", test)
        print(self._exc_info_to_string(error, test))

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        if error:
            self.addFailure(subtest, error)


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def hide_tool():
    """test_monitoring expects that it is the only one there; pymemtop's tool is in sight."""
    monitoring = sys.monitoring
    ours = [number for number in range(6) if monitoring.get_tool(number) == "pymemtop"]
    mask = sum(1 << number for number in ours)
    get_events, all_events = monitoring.get_events, monitoring._all_events
    monitoring.get_events = lambda tool: 0 if tool in ours else get_events(tool)
    monitoring._all_events = lambda: {name: tools & ~mask for name, tools in all_events().items()
                                      if tools & ~mask}


def main():
    os.chdir(tempfile.mkdtemp(dir=os.environ["STDLIB_FOLDER"]))
    if hasattr(sys, "monitoring"):
        hide_tool()
    left_out = os.environ["STDLIB_SKIP"].split()
    suite = unittest.defaultTestLoader.loadTestsFromName(os.environ["STDLIB_TEST"])
    chosen = unittest.TestSuite(test for test in tests_of(suite)
                                if not any(name in test.id() for name in left_out))
    chosen.run(Result())


main()
