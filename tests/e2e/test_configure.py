"""configure's answers to arguments that it cannot do anything with."""

import os
import subprocess

import pytest

CONFIGURE = os.path.join(os.path.dirname(__file__), "..", "..", "configure")


@pytest.mark.parametrize("argument, words", [
    ("--with-sanitizer", "--with-sanitizer needs a list, as --with-sanitizer=address,undefined"),
    ("--with-sanitizer=adress", "has no --with-sanitizer=adress, or its library is not installed"),
    ("--with-python=/no/such/python", "--with-python: no interpreter /no/such/python was found"),
    ("--without-python", "pymemtop cannot be built without a Python to embed"),
])
def test_arguments(tmp_path, argument, words):
    result = subprocess.run([os.path.abspath(CONFIGURE), argument], cwd=tmp_path,
                            capture_output=True, text=True)
    assert result.returncode == 1
    errors = [line for line in result.stderr.splitlines() if line.startswith("configure: error: ")]
    assert len(errors) == 1 and errors[0].endswith(words), result.stderr
