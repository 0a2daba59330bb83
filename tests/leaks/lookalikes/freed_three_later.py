"""Work goes through three stages, one a request, and is gone after the last."""
# requests: 14
import azure.functions as func

stages = [None, None, None]


def main(req: func.HttpRequest) -> func.HttpResponse:
    global stages
    work = bytearray(7000)
    stages = [work, *stages[:-1]]
    return func.HttpResponse(str(sum(one is not None for one in stages)))
