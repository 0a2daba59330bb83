"""Answers with the body that it was sent, and with what it knows of the request in headers."""
import azure.functions as func


def main(req: func.HttpRequest) -> func.HttpResponse:
    headers = {
        "X-Method": req.method,
        "X-Query": req.params.get("q", ""),
        "X-Seen": req.headers.get("x-sent", ""),
        "X-Length": str(len(req.get_body())),
    }
    return func.HttpResponse(req.get_body(), status_code=int(req.params.get("status", "200")),
                             headers=headers, mimetype="application/octet-stream")
