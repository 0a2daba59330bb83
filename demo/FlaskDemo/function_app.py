"""A shop's stock as a Flask application in a function app: every request goes to it."""
import azure.functions as func
from flask import Flask, abort, request

stock = {"lamp": 12, "desk": 3, "chair": 20}
web = Flask(__name__)


@web.get("/")
def show_stock():
    return stock


@web.post("/stock/<product>")
def add_stock(product: str):
    if product not in stock:
        abort(404, f"there is no {product}")
    stock[product] += request.form.get("count", default=1, type=int)
    return {product: stock[product]}


app = func.WsgiFunctionApp(app=web.wsgi_app, http_auth_level=func.AuthLevel.ANONYMOUS)
