"""Runs work.py beside the tool that the request names."""
import azure.functions as func

import beside


def main(req: func.HttpRequest) -> func.HttpResponse:
    answer = beside.run(req.params["tool"])
    return func.HttpResponse(answer)
