"""A library in C that is asked for memory, which nobody frees."""
# requests: 12
import ctypes

import azure.functions as func

LIBRARY = ctypes.CDLL(None)
LIBRARY.malloc.restype = ctypes.c_void_p
LIBRARY.malloc.argtypes = [ctypes.c_size_t]


def main(req: func.HttpRequest) -> func.HttpResponse:
    place = LIBRARY.malloc(20_000)  # LEAK native
    return func.HttpResponse("given" if place else "refused")
