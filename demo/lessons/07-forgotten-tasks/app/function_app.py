"""Places an order, and waits in the background for the payment, to send the mail."""
import asyncio

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
waiting = set()


async def send_mail_when_paid(paid: asyncio.Event) -> None:
    mail = "Thank you for your order.\n" * 300
    await paid.wait()
    print(mail)


@app.route(route="order", methods=["GET"])
async def order(req: func.HttpRequest) -> func.HttpResponse:
    paid = asyncio.Event()
    task = asyncio.create_task(send_mail_when_paid(paid))
    waiting.add(task)
    task.add_done_callback(waiting.discard)
    await asyncio.sleep(0.002)  # the order is stored
    return func.HttpResponse(f"{len(waiting)} orders wait for their payment\n")
