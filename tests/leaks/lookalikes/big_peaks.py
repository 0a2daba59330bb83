"""Each request takes 48 MiB for a moment."""
# requests: 12
import azure.functions as func


def main(req: func.HttpRequest) -> func.HttpResponse:
    image = bytearray(b"\1") * (48 << 20)
    size = len(image)
    return func.HttpResponse(str(size))
