"""What `pymemtop import` takes for a million rows of a deployed app's logs: seconds, peak RSS and
rows a second, for each kind of log. The rows are those of 40 instances and 100,000 operations, mixed
as Application Insights mixes them.

usage: import_bench.py PYMEMTOP FOLDER [ROWS]
"""
import csv
import json
import os
import resource
import subprocess
import sys
import time

FILE = "memory_profiler_logs: Filename: /home/site/wwwroot/HttpTrigger{}/__init__.py"
ROW = "memory_profiler_logs: {:>6} {:>12} {:>12}  {:>10}   {}"
LINES = 9  # rows of a table, with figures
NAMES = ["timestamp", "message", "operation_Id", "operation_Name", "cloud_RoleInstance",
         "customDimensions", "itemCount", "itemId"]


def mib(value):
    return "{:5.1f} MiB".format(value)


def records(rows):
    """Values of NAMES for as many rows, of ten operations that overlap at a time."""
    made, number = 0, 0
    while made < rows:
        tables = []
        for operation in range(number, number + 10):
            which, start = operation % 7, 50 + operation % 1000 / 50
            messages = [FILE.format(which), ROW.format(3, mib(start), mib(start), 1, "@profile")]
            messages += [ROW.format(4 + line, mib(start + line), mib(1), line,
                                    "    value_{} = work({}, 'and some text')".format(line, which))
                         for line in range(1, LINES)]
            tables.append((operation, which, messages))
        for step in range(LINES + 1):
            for operation, which, messages in tables:
                now = number * 1000 + step * 10 + operation % 10
                stamp = "2024-05-{:02d}T{:02d}:{:02d}:{:02d}.{:06d}Z".format(
                    1 + now // 86400000000, now // 3600000000 % 24, now // 60000000 % 60,
                    now // 1000000 % 60, now % 1000000)
                identity = "{:032x}".format(operation * 0x9E3779B97F4A7C15 % (1 << 128))
                yield [stamp, messages[step], identity, "HttpTrigger{}".format(which),
                       "instance-{:02d}".format(operation % 40),
                       '{{"InvocationId":"{}","Category":"Function.HttpTrigger{}.User"}}'.format(
                           identity, which), 1, "{}-{}".format(identity, step)]
        made += 10 * LINES
        number += 10


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(NAMES)
        writer.writerows(records(rows))


def write_json(path, rows):
    with open(path, "w") as file:
        file.write('{"tables":[{"name":"PrimaryResult","columns":')
        json.dump([{"name": name, "type": "string"} for name in NAMES], file)
        file.write(',"rows":[')
        for at, record in enumerate(records(rows)):
            file.write(("," if at else "") + json.dumps(record))
        file.write("]}]}")


def write_ndjson(path, rows):
    with open(path, "w") as file:
        for record in records(rows):
            file.write(json.dumps(dict(zip(NAMES, record))) + "\n")


def write_console(path, rows):
    with open(path, "w") as file:
        for stamp, message, *_ in records(rows):
            file.write("[{}] {}\n".format(stamp, message))


def measure(pymemtop, path):
    """(seconds, MiB) of the import."""
    start = time.monotonic()
    process = subprocess.Popen([pymemtop, "import", "--batch", path], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, status
    return time.monotonic() - start, usage.ru_maxrss * resource.getpagesize() / 4096 / 1024


def main():
    pymemtop, folder = sys.argv[1:3]
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    print("pymemtop import, {:,} rows".format(rows))
    for name, write in (("CSV", write_csv), ("JSON", write_json), ("NDJSON", write_ndjson),
                        ("console", write_console)):
        path = os.path.join(folder, "import.log")
        write(path, rows)
        seconds, peak = measure(pymemtop, path)
        print("  {:8} {:6.0f} MiB read  {:6.2f} s  {:6.0f} MiB peak RSS  {:>9,.0f} rows/s".format(
            name, os.path.getsize(path) / (1 << 20), seconds, peak, rows / seconds))
        os.remove(path)


if __name__ == "__main__":
    main()
