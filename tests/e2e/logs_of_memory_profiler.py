"""What memory_profiler logs of a module's functions, and what it has measured.

logs_of_memory_profiler.py FOLDER MODULE PRECISION ALL: for each of the module's functions, in the
order of their first lines, one table through its own LogFile and a logging handler with the format
of Microsoft's page; ALL is 1 for all rows, 0 for those with an increment. Prints JSON: `messages`,
and `measured`: {line: [increment, mem, occurrences, source]} in MiB, summed over the functions.
"""

import asyncio
import importlib
import inspect
import json
import linecache
import logging
import sys

import memory_profiler


class Handler(logging.Handler):
    def __init__(self):
        super().__init__()
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        self.messages = []

    def emit(self, record):
        self.messages.append(self.format(record))


async def wait_for(awaitable):
    return await awaitable


def main(folder, name, precision, everything):
    handler = Handler()
    logger = logging.getLogger("memory_profiler_logs")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    sys.path.insert(0, folder)
    module = importlib.import_module(name)
    measured = {}
    functions = [value for value in vars(module).values() if inspect.isfunction(value)]
    for function in sorted(functions, key=lambda value: value.__code__.co_firstlineno):
        profiler = memory_profiler.LineProfiler()
        result = profiler(function)()
        if inspect.iscoroutinefunction(function):
            asyncio.run(wait_for(result))
        stream = memory_profiler.LogFile("memory_profiler_logs", not int(everything))
        memory_profiler.show_results(profiler, stream=stream, precision=int(precision))
        for path, lines in profiler.code_map.items():
            for line, figures in lines:
                if figures:
                    source = linecache.getline(path, line)
                    measured[line] = [*figures[:3], source.rstrip("\n")]
    print(json.dumps({"messages": handler.messages, "measured": measured}))


main(*sys.argv[1:])
