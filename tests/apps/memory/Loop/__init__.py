"""A loop of known length that grows and shrinks."""
import azure.functions as func


def breathe():
    for _ in range(3):
        block = bytearray(48 << 20)
        del block


def main(req: func.HttpRequest) -> func.HttpResponse:
    breathe()
    return func.HttpResponse("breathed")
