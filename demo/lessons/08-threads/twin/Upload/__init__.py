"""Uploads the parts of a file in two threads, while the request goes on."""
import concurrent.futures
import threading

import azure.functions as func

stored = {}
uploaders = concurrent.futures.ThreadPoolExecutor(max_workers=2)


def upload(number: int, part: bytes) -> None:
    buffer = bytearray(16_000)
    buffer[:len(part)] = part
    stored[number] = len(part)


def main(req: func.HttpRequest) -> func.HttpResponse:
    waiting = [uploaders.submit(upload, number, b"x" * 1000) for number in range(4)]
    concurrent.futures.wait(waiting)
    return func.HttpResponse(f"{threading.active_count()} threads\n")
