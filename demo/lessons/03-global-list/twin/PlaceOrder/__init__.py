"""Takes an order, and counts it for the summary of the day."""
import collections

import azure.functions as func

summary = collections.Counter()


def main(req: func.HttpRequest) -> func.HttpResponse:
    order = {
        "customer": req.params.get("customer", "Ada"),
        "lines": [{"product": number, "count": 1} for number in range(50)],
    }
    summary["orders"] += 1
    summary["lines"] += len(order["lines"])
    return func.HttpResponse(f"order {summary['orders']}\n")
