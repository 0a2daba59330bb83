"""The worker traces whatever clock its time gate has, and with none."""

import subprocess

import pytest
from conftest import worker_program

SCRIPT = """
import sys
block = [bytes(1000) for _ in range(1000)]
print(len(block), sys.gettrace())
"""


@pytest.mark.parametrize("clock", ["tsc", "clock", "none"])
def test_script_runs(tmp_path, clock):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run([worker_program(), "--run", str(script), "--rss-clock", clock],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "1000 None\n"), done.stderr
