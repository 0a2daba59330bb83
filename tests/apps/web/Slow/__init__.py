"""Takes 64 MiB, then waits for the file `go` in the app's root, then gives them back."""
import os
import time

import azure.functions as func


def hold():
    block = bytearray(64 << 20)
    while not os.path.exists("go"):
        time.sleep(0.02)
    del block


def main(req: func.HttpRequest) -> func.HttpResponse:
    hold()
    return func.HttpResponse("held")
