"""The same with a function that is not async, and with the decorator bare."""
import logging

import azure.functions as func
import memory_profiler
from memory_profiler import profile

root_logger = logging.getLogger()
root_logger.handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
profiler_logstream = memory_profiler.LogFile("memory_profiler_logs", True)


def main(req: func.HttpRequest) -> func.HttpResponse:
    logging.info("measuring")
    return func.HttpResponse(f"{measured(8)} blocks and {bare()} more")


@memory_profiler.profile(stream=profiler_logstream)
def measured(count: int) -> int:
    """How many blocks were made."""
    blocks = [bytearray(8 << 20) for _ in range(count)]
    return len(blocks)


@profile
def bare() -> int:
    block = bytearray(32 << 20)
    return len(block) >> 20
