"""How bright a scanned page is. Of the scans so much is kept as is needed to see how they change."""
import collections

import azure.functions as func
import numpy

history = collections.deque(maxlen=4)


def main(req: func.HttpRequest) -> func.HttpResponse:
    uploaded = bytearray()
    uploaded.extend(b"\x80" * 20_000)
    scan = numpy.frombuffer(uploaded, dtype=numpy.uint8)
    light = scan.astype(numpy.float64) / 255
    history.append(light[:100].copy())
    return func.HttpResponse(f"{light.mean():.2f}, {len(history)} scans\n")
