"""Parents know their children and the other way round: the collector takes them."""
# requests: 12
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)


class Node:
    def __init__(self, parent=None):
        self.parent = parent
        self.children = []
        self.text = bytes(4000)
        if parent:
            parent.children.append(self)


@app.route(route="tree")
def tree(req: func.HttpRequest) -> func.HttpResponse:
    root = Node()
    for _ in range(5):
        Node(root)
    return func.HttpResponse(str(len(root.children)))
