"""Leaves the process with a status of its own."""
import os

import azure.functions as func


def leave():
    os._exit(7)


def main(req: func.HttpRequest) -> func.HttpResponse:
    leave()
    return func.HttpResponse("never")
