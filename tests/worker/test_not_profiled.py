"""Decorated functions of files that are not profiled: installed packages, and what is excluded."""

import re
import subprocess

import pytest
from conftest import worker_program

LIBRARY = """
def grow(kept):
    kept.append(b"x" * (33 << 20))
    return [each for each in kept]
"""

SCRIPT = """
import sys
sys.path.insert(0, FOLDER)
import memory_profiler
import library

library.grow([])  # what has run before is measured from its next call on
for _ in range(2):
    CALL
"""
PROFILE = "memory_profiler.profile(library.grow)([])"
# which, unlike the decorator, says nothing of the function to a host that shows the script's
OBJECT = """profiler = memory_profiler.LineProfiler()
    profiler(library.grow)([])
    memory_profiler.show_results(profiler)"""


def run(tmp_path, *options, call=PROFILE):
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "library.py").write_text(LIBRARY)
    script = tmp_path / "script.py"
    script.write_text("FOLDER = {!r}\n".format(str(folder)) + SCRIPT.replace("CALL", call))
    return subprocess.run([worker_program(), *options, "--run", str(script)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("call", [PROFILE, OBJECT])
def test_an_installed_function_has_a_table(tmp_path, call):
    done = run(tmp_path, call=call)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert done.stdout.count("Filename: ") == 2
    rows = re.findall(r" ([0-9.]+) MiB +([0-9]+)   +(\S.*)", done.stdout)
    assert [row[2] for row in rows] == 2 * ["def grow(kept):", 'kept.append(b"x" * (33 << 20))',
                                            "return [each for each in kept]"], done.stdout
    assert rows[1][:2] == rows[4][:2] == ("33.0", "1"), rows


@pytest.mark.parametrize("glob", ["*/library.py", "*site-packages*"])
def test_one_that_is_excluded_has_a_word(tmp_path, glob):
    done = run(tmp_path, "--exclude", glob)
    assert done.returncode == 0 and "Filename" not in done.stdout, done.stdout
    assert done.stderr.count("UserWarning: grow has no table: ") == 1, done.stderr
    assert "is excluded from what is profiled" in done.stderr
