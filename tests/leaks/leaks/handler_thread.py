"""Each request starts a thread that ends, and leaves its report behind."""
# requests: 12
import threading

import azure.functions as func

REPORTS = {}


def write_report(number):
    lines = bytes(4000)  # LEAK
    REPORTS[number] = lines


def main(req: func.HttpRequest) -> func.HttpResponse:
    thread = threading.Thread(target=write_report, args=(len(REPORTS),))
    thread.start()
    thread.join()
    return func.HttpResponse("written")
