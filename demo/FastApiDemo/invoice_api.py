"""The invoices of a shop as a FastAPI application, which knows nothing of Azure Functions."""
import itertools

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

VAT_PERCENT = 21


class Draft(BaseModel):
    customer: str = Field(min_length=1)
    net_cents: int = Field(ge=0)


class Invoice(Draft):
    number: int
    gross_cents: int


api = FastAPI(title="Invoices")
invoices: dict[int, Invoice] = {}
numbers = itertools.count(1)


@api.get("/")
async def count() -> dict[str, int]:
    return {"invoices": len(invoices)}


@api.post("/invoices", status_code=201)
async def create(draft: Draft) -> Invoice:
    gross_cents = draft.net_cents + round(draft.net_cents * VAT_PERCENT / 100)
    invoice = Invoice(number=next(numbers), gross_cents=gross_cents, **draft.model_dump())
    invoices[invoice.number] = invoice
    return invoice


@api.get("/invoices/{number}")
async def read(number: int) -> Invoice:
    if number not in invoices:
        raise HTTPException(404, f"there is no invoice {number}")
    return invoices[number]
