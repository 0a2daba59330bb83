"""Code that was made ready for memory_profiler, as Microsoft's how-to tells to do it."""
import asyncio
import logging

import azure.functions as func
import memory_profiler

root_logger = logging.getLogger()
root_logger.handlers[0].setFormatter(logging.Formatter("%(name)s: %(message)s"))
profiler_logstream = memory_profiler.LogFile("memory_profiler_logs", True)


async def main(req: func.HttpRequest) -> func.HttpResponse:
    logging.info("measuring")
    length = await measured(8)
    return func.HttpResponse(f"{length} blocks", status_code=200)


@memory_profiler.profile(stream=profiler_logstream)
async def measured(count: int) -> int:
    blocks = []
    for _ in range(count):
        await asyncio.sleep(0)
        blocks.append(bytearray(8 << 20))
    return len(blocks)
