"""demo/setup.sh, which demo/run and tests/run share: what it says where a registry is out of reach, and
builds of a checkout that was moved."""

import os
import shutil
import subprocess

import pytest

SETUP = os.path.join(os.path.dirname(__file__), "..", "..", "demo", "setup.sh")
UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture
def top(tmp_path):
    """An empty checkout."""
    (tmp_path / "top").mkdir()
    return tmp_path / "top"


def run(top, commands, **environment):
    """Runs commands after sourcing setup.sh for the checkout `top`."""
    return subprocess.run(["bash", "-euc", 'top=$1; . "$2"; ' + commands, "setup", top, SETUP],
                          env={**os.environ, **environment}, capture_output=True, text=True)


def program(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n" + text)
    (folder / name).chmod(0o755)


def test_debian_packages_out_of_reach(top, tmp_path):
    tools = tmp_path / "tools"
    program(tools, "dpkg-query", '[ "$4" = present ] && echo "ii "\n')
    program(tools, "apt-get", 'echo "E: Unable to fetch some archives"; exit 100\n')
    program(tools, "sudo", 'exec "$@"\n')
    result = run(top, "need_packages present absent || exit 5",
                   PATH="{}:{}".format(tools, os.environ["PATH"]))
    assert result.returncode == 5
    assert result.stderr.splitlines() == [
        "setup: installing Debian packages: absent ",
        "E: Unable to fetch some archives",
        "setup: the package registry could not be reached, or refused; the log is .state/apt.log"]


def test_python_packages_out_of_reach(top, tmp_path):
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("azure-functions\n")
    result = run(top, 'need_venv "$top/.venv" {} || exit 5'.format(wanted),
                   PIP_INDEX_URL=UNREACHABLE, PIP_EXTRA_INDEX_URL="", PIP_FIND_LINKS="",
                   PIP_RETRIES="0", PIP_CONFIG_FILE=os.devnull, no_proxy="127.0.0.1")
    assert result.returncode == 5
    assert result.stderr.splitlines()[-1] == \
        "setup: the Python packages could not be installed: their registry could not be reached, " \
        "or does not have them; the log is .state/pip.log"
    assert not (top / ".venv").exists() # the next time begins anew


def test_checkout_that_was_moved_is_configured_again(top, tmp_path):
    program(top, "configure", 'here=$(dirname "$0")\n'
            'printf "all:\\n\\ttest -d %s\\n" "$here" >Makefile\n')
    (top / "configure.ac").touch()
    os.utime(top / "configure.ac", (0, 0))
    assert "configuring" in run(top, 'build "$top/build"').stderr
    assert "configuring" not in run(top, 'build "$top/build"').stderr
    moved = shutil.move(top, tmp_path / "moved")
    result = run(moved, 'build "$top/build"')
    assert result.returncode == 0, result.stderr
    assert "configuring" in result.stderr
