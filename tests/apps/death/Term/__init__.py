"""Is ended as a machine's administrator does it, and goes on until it is."""
import os
import signal
import threading


def main(req) -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    never = threading.Event()
    never.wait()
    return "never"
