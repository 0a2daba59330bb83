"""How long keys of a replay take: recordings of a real worker, of 10,000 events and as large as the
default of --record-limit (or the MIB that are given), and of each what replay_keys says. A key that
finds the screen within one slice of a search has it with the next frame; nothing waits for longer ones.

usage: replay_bench.py BUILD VENV [MIB]
"""
import os
import subprocess
import sys
import tempfile

from servers import write_app

LINES = 180
HANDLER = """import azure.functions as func

KEPT = []


def work(n):
    total = 0
{}
    KEPT.append(bytearray(1000))
    return total


def main(req: func.HttpRequest) -> func.HttpResponse:
    if len(KEPT) > 10000:
        KEPT.clear()
    return func.HttpResponse(str(work(7)))
""".format("\n".join("    total += len(str(n + {0}) * {0})".format(n) for n in range(1, LINES + 1)))
EVENTS = (("10,000 events", 10_000), ("as large as it may be", 10_000_000))


def main():
    build, venv = os.path.abspath(sys.argv[1]), sys.argv[2]
    limit = int(sys.argv[3]) if len(sys.argv) > 3 else 1024
    env = dict(os.environ, PYMEMTOP_LIBEXEC=build)
    with tempfile.TemporaryDirectory() as folder:
        app = os.path.join(folder, "app")
        os.mkdir(app)
        write_app(app, HANDLER)
        for name, events in EVENTS:
            path = os.path.join(folder, "x.pymemtop")
            recorder = subprocess.Popen(
                [os.path.join(build, "tests", "replay", "live_equal"), path, str(events), "none",
                 "GET /api/Fast", "--", "--port", "0", "--record-limit", "{}M".format(limit),
                 "--python", venv, app], env=env, stdout=subprocess.DEVNULL)
            # Once what is oldest was thinned, the file has no more to tell.
            while recorder.poll() is None:
                try:
                    recorder.wait(5)
                except subprocess.TimeoutExpired:
                    if os.path.getsize(path) > 0.86 * (limit << 20):
                        recorder.kill()
                        recorder.wait()
            print(name)
            subprocess.run([os.path.join(build, "tests", "bench", "replay_keys"), path], check=True)


if __name__ == "__main__":
    main()
