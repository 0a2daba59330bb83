"""Reads address 0."""
import ctypes

import azure.functions as func


def fault():
    return ctypes.string_at(0)


def main(req: func.HttpRequest) -> func.HttpResponse:
    fault()
    return func.HttpResponse("never")
