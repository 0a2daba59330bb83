"""Keeps 64 MiB of every request."""
import azure.functions as func

KEPT = []


def keep():
    block = bytearray(64 << 20)
    KEPT.append(block)
    return len(block)


def main(req: func.HttpRequest) -> func.HttpResponse:
    size = keep()
    return func.HttpResponse(str(size))
