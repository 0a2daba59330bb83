"""What is put into thread-local storage stays as long as the pool's threads do."""
# requests: 12
import threading

import azure.functions as func

LOCAL = threading.local()


def main(req: func.HttpRequest) -> func.HttpResponse:
    if not hasattr(LOCAL, "queries"):
        LOCAL.queries = []
    LOCAL.queries.append("SELECT * FROM orders WHERE id IN (" + ", ".join(["?"] * 900) + ")")  # LEAK
    return func.HttpResponse(str(len(LOCAL.queries)))
