"""Takes an order, and remembers it for the summary of the day."""
import azure.functions as func

orders = []


def main(req: func.HttpRequest) -> func.HttpResponse:
    order = {
        "customer": req.params.get("customer", "Ada"),
        "lines": [{"product": number, "count": 1} for number in range(50)],
    }
    orders.append(order)
    return func.HttpResponse(f"order {len(orders)}\n")
