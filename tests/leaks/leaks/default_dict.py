"""Looking into a defaultdict makes an entry for each visitor who was never here before."""
# requests: 12
import collections
import uuid

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
VISITS = collections.defaultdict(lambda: [0] * 300)  # LEAK


@app.route(route="visit")
def visit(req: func.HttpRequest) -> func.HttpResponse:
    visitor = req.headers.get("X-Visitor") or str(uuid.uuid4())  # LEAK
    return func.HttpResponse(str(sum(VISITS[visitor])))
