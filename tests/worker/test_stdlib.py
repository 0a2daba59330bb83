"""The standard library's own tests, their code profiled, have the same outcome as without the tracer,
in every worker whose Python has them.

PYMEMTOP_STDLIB=all runs all the modules that were looked at, which takes many minutes.
"""

import os
import subprocess

import pytest
from conftest import worker_programs

DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stdlib_driver.py")
QUICK = ("test_coroutines", "test_asyncgen", "test_sys_settrace", "test_sys_setprofile",
         "test_code", "test_monitoring")
ALL = QUICK + (
    "test_generators", "test_contextlib", "test_contextlib_async", "test_exceptions",
    "test_traceback", "test_gc", "test_weakref", "test_inspect", "test_sys", "test_descr",
    "test_yield_from", "test_with", "test_scope", "test_class", "test_decorators", "test_threading",
    "test_asyncio.test_tasks", "test_asyncio.test_futures", "test_asyncio.test_locks",
    "test_asyncio.test_queues", "test_asyncio.test_base_events", "test_asyncio.test_events",
    "test_asyncio.test_pep492", "test_asyncio.test_runners", "test_asyncio.test_streams",
    "test_asyncio.test_subprocess", "test_asyncio.test_taskgroups", "test_asyncio.test_timeouts")
MODULES = ALL if os.environ.get("PYMEMTOP_STDLIB") == "all" else QUICK
# What the interpreter itself loses of one tool's events where another one, any, has those of lines:
# of instructions that were asked for before it, and of what ends the loop over a generator.
LOST = ("TestInstallIncrementally", "TestLineAndInstructionEvents", "test_implicit_stop_iteration")


def run(program, module, folder, *options):
    environment = {**os.environ, "STDLIB_TEST": "test." + module, "STDLIB_FOLDER": str(folder),
                   "STDLIB_SKIP": " ".join(LOST), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([program, *options, "--include", "*/test/test_*", "--run", DRIVER],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, env=environment, cwd=folder)
    text = done.stdout.decode(errors="replace")
    return done.returncode, text, sorted(line for line in text.splitlines()
                                         if line.startswith("RESULT "))


def has(program, module, folder):
    script = folder / "has.py"
    script.write_text("import test.support\nimport importlib.util\n"
                      "assert importlib.util.find_spec('test.{}')\n".format(module))
    return subprocess.run([program, "--no-trace", "--run", str(script)], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=300).returncode == 0


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("program", worker_programs(), ids=os.path.basename)
def test_same_outcomes(program, module, tmp_path):
    if not has(program, module, tmp_path):
        pytest.skip("this Python has no test." + module)
    status, text, plain = run(program, module, tmp_path, "--no-trace")
    assert (status, len(plain) > 5) == (0, True), text
    status, text, traced = run(program, module, tmp_path)
    assert (status, traced) == (0, plain), text
