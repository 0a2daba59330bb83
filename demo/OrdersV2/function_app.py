"""A shop's orders in the v2 programming model.

GET /api/orders/1001 shows an order and has its parcel label drawn; a message in the queue
placed-orders makes an invoice (invoices.py); a timer tells how many labels are kept.

It has a leak, which pymemtop shows on the line that makes it.
"""
import dataclasses
import json
import logging
import time

import azure.functions as func

import invoices
import labels
import orders

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
app.register_functions(invoices.bp)

# Meant as a cache. No request finds what another one left: the time is a part of the key.
drawn_labels = {}


def keep_label(order: orders.Order) -> bytes:
    key = (order.number, time.time())
    if key not in drawn_labels:
        drawn_labels[key] = labels.draw(order)
    return drawn_labels[key]


@app.route(route="orders/{number=1001}", methods=["GET"])
def get_order(req: func.HttpRequest) -> func.HttpResponse:
    number = req.route_params["number"]
    if not number.isdecimal():
        return func.HttpResponse(f"there is no order {number}\n", status_code=404)
    order = orders.find(int(number))
    label = keep_label(order)
    answer = {**dataclasses.asdict(order), "total_cents": order.total_cents,
              "label_bytes": len(label)}
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")


@app.timer_trigger(
    arg_name="timer", schedule="0 */5 * * * *", run_on_startup=False, use_monitor=False)
def log_labels(timer: func.TimerRequest) -> None:
    size_bytes = sum(len(label) for label in drawn_labels.values())
    logging.info("%d labels are kept, %d bytes", len(drawn_labels), size_bytes)
