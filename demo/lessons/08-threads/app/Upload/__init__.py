"""Uploads the parts of a file in a thread, while the request goes on."""
import queue
import threading

import azure.functions as func

stored = {}


def upload(parts: queue.Queue) -> None:
    buffer = bytearray(16_000)
    while True:
        number, part = parts.get()
        buffer[:len(part)] = part
        stored[number] = len(part)
        parts.task_done()


def main(req: func.HttpRequest) -> func.HttpResponse:
    parts = queue.Queue()
    thread = threading.Thread(target=upload, args=(parts,), daemon=True)
    thread.start()
    for number in range(4):
        parts.put((number, b"x" * 1000))
    parts.join()
    return func.HttpResponse(f"{threading.active_count()} threads\n")
