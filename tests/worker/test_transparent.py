"""A program finds out nothing about the tracer: transparent/everything.py prints the same with the
tracer as without, in every worker that was built."""

import os
import subprocess

import pytest
from conftest import worker_programs

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "transparent", "everything.py")


def output(program, *options):
    done = subprocess.run([program, *options, "--run", SCRIPT], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines(), done.stderr.splitlines()


@pytest.mark.parametrize("program", worker_programs(), ids=os.path.basename)
def test_everything(program):
    plain, traced = output(program, "--no-trace"), output(program)
    assert len(plain[0]) > 400
    assert traced == plain
