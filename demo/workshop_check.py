"""Runs lessons of the workshop, and holds pymemtop's verdict against what their pages say.

usage: workshop_check.py [--python ENVIRONMENT] PYMEMTOP LESSON...

A page begins with its claims, between two lines `---`:

    app: pages.py:12          the lines of the app that leak (PATH:LINE, with spaces between), or none
    twin: none                the same of the twin
    beside: function_app.py:9 lines that may be named with them: a little of what is kept was taken there,
                              on some Pythons
    requests: 12              how many it takes to see
    request: GET /api/price   what is sent, where that is not the first function's own

All lines of `app` and of `twin` must be found in them, and no other lines but those of `beside`. A line
is printed for each app. The exit status is 1 where one is not as its page says.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys

LIMIT_S = 120
NAMES = {"app", "twin", "beside", "requests", "request"}


def claims_of(folder):
    """The head of a lesson's page. ValueError says what is wrong with it."""
    with open(os.path.join(folder, "page.md"), encoding="utf-8") as file:
        head, text = file.read().split("---\n", 2)[1:]
    claims = dict(line.split(": ", 1) for line in head.splitlines())
    wrong = set(claims) - NAMES or {"app", "twin", "requests"} - set(claims)
    if wrong or not text.startswith("\n# "):
        raise ValueError("the head of the page is wrong: {}".format(", ".join(wrong) or "no title"))
    return claims


def lines_of(claims, name):
    said = claims.get(name, "none")
    return set() if said == "none" else set(said.split())


def found_in(pymemtop, app, claims, environment):
    """The lines that pymemtop finds."""
    command = [pymemtop, "--batch", "--format", "json", "-n", claims["requests"]]
    if "request" in claims:
        command += ["--request", claims["request"]]
    result = subprocess.run(command + [app], env=environment, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT_S,
                            encoding="utf-8")
    if result.returncode:
        raise ValueError("pymemtop ended with {}: {}".format(
            result.returncode, result.stderr.strip().rpartition("\n")[2]))
    return {"{}:{}".format(os.path.relpath(leak["path"], app), leak["line"])
            for leak in json.loads(result.stdout)["leaks"]}


def fault_of(pymemtop, folder, which, environment):
    """What is not as the page says of the app or of the twin; "" where all is."""
    try:
        claims = claims_of(folder)
        app = os.path.realpath(os.path.join(folder, which))
        found = found_in(pymemtop, app, claims, environment)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return str(error)
    expected = lines_of(claims, which)
    allowed = expected | lines_of(claims, "beside") if expected else set()
    faults = ["{} is not found".format(line) for line in sorted(expected - found)]
    faults += ["{} is found".format(line) for line in sorted(found - allowed)]
    return ", ".join(faults)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--python")
    parser.add_argument("pymemtop")
    parser.add_argument("lessons", nargs="+")
    options = parser.parse_args()
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
    if options.python:
        environment["VIRTUAL_ENV"] = options.python
    apps = [(folder, which) for folder in options.lessons for which in ("app", "twin")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = list(pool.map(lambda app: fault_of(options.pymemtop, *app, environment), apps))
    for (folder, which), fault in zip(apps, faults):
        name = os.path.join(os.path.basename(folder), which)
        print("FAIL: {}: {}".format(name, fault) if fault else "PASS: " + name)
    return int(any(faults))


if __name__ == "__main__":
    sys.exit(main())
