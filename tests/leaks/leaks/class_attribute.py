"""A list that was meant to be each object's own is the class's."""
# requests: 12
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


class Job:
    steps = []

    def run(self):
        self.steps.append({"output": bytes(3000)})  # LEAK
        return len(self.steps)


@app.route(route="job")
async def job(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(str(Job().run()))
