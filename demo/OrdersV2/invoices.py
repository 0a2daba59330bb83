"""The blueprint for invoices: each message about an order that was placed makes one."""
import json
import logging

import azure.functions as func

import orders

VAT_PERCENT = 21

bp = func.Blueprint()


def make_invoice(order: orders.Order) -> dict:
    net_cents = order.total_cents
    vat_cents = round(net_cents * VAT_PERCENT / 100)
    return {"order": order.number, "customer": order.customer, "net_cents": net_cents,
            "vat_cents": vat_cents, "gross_cents": net_cents + vat_cents}


@bp.queue_trigger(arg_name="message", queue_name="placed-orders", connection="AzureWebJobsStorage")
@bp.queue_output(arg_name="invoice", queue_name="invoices", connection="AzureWebJobsStorage")
def write_invoice(message: func.QueueMessage, invoice: func.Out[str]) -> None:
    """Takes {"order": 1001}."""
    order = orders.find(message.get_json()["order"])
    invoice.set(json.dumps(make_invoice(order)))
    logging.info("invoice for order %d of %s", order.number, order.customer)
