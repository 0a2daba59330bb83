"""Says something in every way that there is."""
import logging
import os
import sys

import azure.functions as func

EARLY = logging.getLogger().handlers[0]


def main(req: func.HttpRequest) -> func.HttpResponse:
    print("word by print")
    print("two lines", "by print", sep="\n")
    print("word on stderr", file=sys.stderr)
    os.write(1, b"word by write\n")
    logging.info("word by logging")
    logging.getLogger("other").warning("warning by logging")
    logging.error("error by logging")
    print("escape \x1b[31m\x1b]0;title\x07 sequence")
    os.write(1, b"not \xff utf-8\n")
    return func.HttpResponse("said")
