"""Run a module's run() under the real memory_profiler, all of its functions profiled, and print
{line: occurrences} as JSON. Run by the Python whose counts are wanted, not by pytest.

usage: occurrences_of_memory_profiler.py FOLDER MODULE
"""
import importlib
import inspect
import json
import sys

import memory_profiler


def functions_of(namespace, module):
    for value in list(vars(namespace).values()):
        value = inspect.unwrap(value) if callable(value) else value
        if inspect.isclass(value) and value.__module__ == module.__name__:
            yield from functions_of(value, module)
        elif inspect.isfunction(value) and value.__code__.co_filename == module.__file__:
            yield value


def main(folder, name):
    sys.path.insert(0, folder)
    module = importlib.import_module(name)
    profiler = memory_profiler.LineProfiler()
    for function in functions_of(module, module):
        profiler.add_function(function)
        if function.__closure__:  # what a decorator of the module has made
            for cell in function.__closure__:
                if inspect.isfunction(cell.cell_contents):
                    profiler.add_function(cell.cell_contents)
    with profiler:
        module.run()
    counts = {}
    for lines in profiler.code_map.values():
        for line, measured in lines.items():
            counts[line] = measured[2]
    json.dump(counts, sys.stdout)


main(*sys.argv[1:])
