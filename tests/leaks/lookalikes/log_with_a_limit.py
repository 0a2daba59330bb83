"""A string that grows, and is cut where it is too long."""
# requests: 16
import azure.functions as func

log = ""


def main(req: func.HttpRequest) -> func.HttpResponse:
    global log
    log += f"{req.method} {req.url}\n" * 60
    log = log[-8000:]
    return func.HttpResponse(str(len(log)))
