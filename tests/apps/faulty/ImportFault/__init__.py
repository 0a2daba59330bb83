import azure.functions as func

LIMIT = int("sixty-four")


def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("never")
