"""A finalizer on what lives as long as the process keeps its arguments for as long."""
# requests: 12
import weakref

import azure.functions as func


class Client:
    pass


CLIENT = Client()


def main(req: func.HttpRequest) -> func.HttpResponse:
    buffer = bytearray(5000)  # LEAK
    weakref.finalize(CLIENT, buffer.clear)  # LEAK
    return func.HttpResponse(str(len(buffer)))
