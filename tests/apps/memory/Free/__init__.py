"""Takes 64 MiB and gives them back."""
import azure.functions as func


def take_and_free():
    block = bytearray(64 << 20)
    size = len(block)
    del block
    return size


def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(take_and_free()))
