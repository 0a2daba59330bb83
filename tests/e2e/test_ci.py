"""The files for CI services in demo/ci: what they run is what this repository has, pymemtop takes its
command lines, and they fail where a function leaks and nowhere else."""

import os
import subprocess
from xml.etree import ElementTree

import pytest

import programs
from programs import HTTP_FUNCTION

yaml = pytest.importorskip("yaml", reason="needs PyYAML")

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CI = os.path.join(TOP, "demo", "ci")
FILES = sorted(name for name in os.listdir(CI) if name.endswith(".yml"))
FINE = "def main(req) -> str:\n    return str(len(bytearray(1 << 20)))\n"
LEAK = "KEPT = []\n\n\ndef main(req) -> str:\n    KEPT.append(bytearray(1 << 20))\n    return ''\n"


def steps(name):
    """The shell text of each step, in the file's order."""
    with open(os.path.join(CI, name)) as file:
        content = yaml.safe_load(file)
    found = content["steps"] if "steps" in content else content["jobs"]["leaks"]["steps"]
    return [text for text in (step.get("run", step.get("script")) for step in found) if text]


def pymemtop_steps(name):
    return [text for text in steps(name) if text.startswith("pymemtop ")]


def test_there_is_one_for_each_service():
    assert FILES == ["azure-pipelines.yml", "github-actions.yml"]


@pytest.mark.parametrize("name", FILES)
def test_what_it_runs_is_there(name):
    """Shell that is right, and the script that builds."""
    for text in steps(name):
        subprocess.run(["bash", "-n"], input=text, check=True, text=True)
    assert sum('/pymemtop/demo/ci/install" ' in text for text in steps(name)) == 1
    assert os.access(os.path.join(CI, "install"), os.X_OK)
    assert len(pymemtop_steps(name)) == 1


def test_install_says_how_it_is_used():
    result = subprocess.run([os.path.join(CI, "install"), "a", "b"], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == \
        (2, "install: usage: demo/ci/install [PREFIX]\n")


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("source, status", [(FINE, 0), (LEAK, 3)], ids=["fine", "leak"])
def test_it_fails_where_a_function_leaks(write_app, name, source, status):
    root = write_app({"host.json": '{"version": "2.0"}', "HttpTrigger/function.json": HTTP_FUNCTION,
                      "HttpTrigger/__init__.py": source})
    environment = programs.environment()
    environment["PATH"] = programs.BUILD + ":" + environment["PATH"]
    for text in pymemtop_steps(name):
        result = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=root, env=environment,
                                stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert result.returncode == status, result.stderr
    failures = ElementTree.parse(root / "leaks.xml").getroot().findall(".//failure")
    assert bool(failures) == (status == 3)
