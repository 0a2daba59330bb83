# -*- coding: latin-1 -*-
import azure.functions as func


def greet():
    word = "Grüße"
    return word


def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(greet())
