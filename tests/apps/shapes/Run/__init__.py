"""Runs every shape of code in shapes.py, and in shapes_310.py where Python has its syntax."""
import sys

import azure.functions as func

import shapes

if sys.version_info >= (3, 10):
    import shapes_310
else:
    shapes_310 = None


def main(req: func.HttpRequest) -> func.HttpResponse:
    shapes.run()
    if shapes_310:
        shapes_310.run()
    return func.HttpResponse("done")
