"""Each of the first requests imports a module that none has needed before."""
# requests: 14
import importlib
import itertools

import azure.functions as func

NAMES = itertools.cycle(["colorsys", "wave", "plistlib", "netrc", "cmd"])


def main(req: func.HttpRequest) -> func.HttpResponse:
    module = importlib.import_module(next(NAMES))
    return func.HttpResponse(module.__name__)
