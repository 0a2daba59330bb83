"""Each request adds a closure to a list of callbacks, with all that it closes over."""
# requests: 12
import azure.functions as func

on_shutdown = []


def main(req: func.HttpRequest) -> func.HttpResponse:  # LEAK on 3.11
    workspace = bytearray(5000)  # LEAK

    def clean_up():  # LEAK
        workspace.clear()

    on_shutdown.append(clean_up)
    return func.HttpResponse(str(len(workspace)))
