"""Executes a Kusto query: translated for DuckDB, whose regular expressions are RE2's, as Kusto's are.

Standard input: JSON with `query`, `table`, `columns` (name to SQL type) and `rows`; with `patterns`
and `messages` in their place, the groups that RE2 itself finds with each pattern in each message.
Prints JSON: [names of columns, rows], or for each pattern a list of groups or null.
"""

import json
import sys

import duckdb_kql
import re2


def execute(asked):
    connection = duckdb_kql.connect()
    columns = ", ".join('"{}" {}'.format(*column) for column in asked["columns"].items())
    connection.execute("CREATE TABLE {} ({})".format(asked["table"], columns))
    places = ", ".join("?" * len(asked["columns"]))
    for row in asked["rows"]:
        connection.execute("INSERT INTO {} VALUES ({})".format(asked["table"], places), row)
    found = duckdb_kql.kql(connection, asked["query"])
    return [found.columns, found.fetchall()]


def groups(pattern, message):
    found = re2.search(pattern, message)
    return None if found is None else found.groups()


def main():
    asked = json.load(sys.stdin)
    if "patterns" in asked:
        result = [[groups(pattern, message) for message in asked["messages"]]
                  for pattern in asked["patterns"]]
    else:
        result = execute(asked)
    json.dump(result, sys.stdout, default=str)


main()
