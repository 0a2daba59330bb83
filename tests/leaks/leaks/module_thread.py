"""A thread that the module started works off a queue, and keeps all that it has done."""
# requests: 16
import queue
import threading

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
JOBS = queue.Queue()
DONE = []


def work():
    while True:
        job = JOBS.get()
        DONE.append(bytes(4000))  # LEAK
        job.set()


threading.Thread(target=work, daemon=True).start()


@app.route(route="job")
def job(req: func.HttpRequest) -> func.HttpResponse:
    done = threading.Event()
    JOBS.put(done)
    done.wait()
    return func.HttpResponse("done")
