"""Imports rows, and has what was logged of them in the answer."""
import logging

import azure.functions as func

from .lines import Lines

logger = logging.getLogger("import")
logger.setLevel(logging.INFO)
logger.propagate = False


def main(req: func.HttpRequest) -> func.HttpResponse:
    handler = Lines()
    logger.addHandler(handler)
    for row in range(20):
        logger.info("row %d of the file is imported", row)
    return func.HttpResponse("".join(handler.lines))
