import azure.functions as func

import no_such_package_anywhere


def main(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(no_such_package_anywhere.word)
