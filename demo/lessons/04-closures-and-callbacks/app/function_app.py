"""Reserves what is in an order; the steps are told by events."""
import azure.functions as func

import events

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


def reserve(items: int) -> int:
    shelf = [f"item {number}" for number in range(items)]
    reserved = []

    def on_event(event: str):
        if event == "reserve" and not reserved:
            reserved.extend(shelf)

    events.subscribe(on_event)
    events.publish("reserve")
    return len(reserved)


@app.route(route="reserve", methods=["GET"])
async def reserve_order(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(f"{reserve(100)} items\n")
