"""Is ended as a machine's administrator does it, and goes on until it is."""
import os
import signal
import threading


def main(req) -> str:
    never = threading.Event()
    pid = os.getpid()
    os.kill(pid, signal.SIGTERM); never.wait()  # one line, wherever the end finds it
    return "never"
