"""The first request keeps a block of ?keep=BYTES, the second one of twice as many, and so on, or with
?same=yes all the same; the fourth drops that of the first."""
import gc

import azure.functions as func

gc.disable()  # it would free other code's objects, on whatever line is being executed
KEPT = []


def main(req: func.HttpRequest) -> func.HttpResponse:
    size = int(req.params["keep"])
    if req.params.get("same") != "yes":
        size *= len(KEPT) + 1
    block = bytearray(size)
    other = bytearray(200_000)
    KEPT.append(block)
    if len(KEPT) == 4 and req.params.get("same") != "yes":
        KEPT[0] = None
    return func.HttpResponse(str(len(other)))
