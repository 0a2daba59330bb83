"""The first request leaves a thread behind, which takes 24 MiB while the second one runs."""
import threading

import azure.functions as func

LEFT, KEPT = [], []


def late():
    LEFT[0].wait()
    KEPT.append(bytearray(24 << 20))
    LEFT[1].set()


def main(req: func.HttpRequest) -> func.HttpResponse:
    if LEFT:
        LEFT[0].set()
        LEFT[1].wait()
        return func.HttpResponse("second")
    LEFT.extend([threading.Event(), threading.Event()])
    threading.Thread(target=late).start()
    return func.HttpResponse("first")
