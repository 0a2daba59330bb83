import azure.functions as func


def divide(number):
    return 1 / number


def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(divide(0)))
