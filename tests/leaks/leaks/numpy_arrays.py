"""Arrays in a list: their data is not Python's."""
# requests: 12
# needs: numpy
import azure.functions as func
import numpy

FRAMES = []


def main(req: func.HttpRequest) -> func.HttpResponse:
    frame = numpy.ones(40_000)  # LEAK native
    FRAMES.append(frame)
    return func.HttpResponse(str(frame.sum()))
