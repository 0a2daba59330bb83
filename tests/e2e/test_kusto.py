"""The queries of `pymemtop kql`, checked by Microsoft's own parser and executed over rows that the
real memory_profiler has logged. Needs what tests/kusto/run installs, and says where: PYMEMTOP_KUSTO."""

import json
import os
import re
import subprocess

import pytest

from programs import run
from test_import import PROJECTED, Log, imported, shifted, table, write_traces_json

FOLDER = os.environ.get("PYMEMTOP_KUSTO", "")
PARTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kusto")
OPTIONS = [(), ("--workspace",), ("--as-published",)]
PUBLISHED = ["timestamp", "LineNumber", "TotalMem_MiB", "IncreMem_MiB", "Occurrences", "Contents",
             "RequestId"]

pytestmark = pytest.mark.skipif(not FOLDER, reason="needs a folder of tests/kusto/run")


def ask(command, text):
    environment = dict(os.environ, NODE_PATH=os.path.join(FOLDER, "node_modules"))
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def checked(query):
    return ask(["node", os.path.join(PARTS, "check.js")], query)


def executed(**asked):
    return ask([os.path.join(FOLDER, "venv", "bin", "python"), os.path.join(PARTS, "execute.py")],
               json.dumps(asked))


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_microsofts_checker_finds_no_fault(options):
    result = checked(run("kql", *options).stdout)
    assert result["diagnostics"] == []
    assert [name for name, _ in result["columns"]] == PROJECTED.get(options, PUBLISHED)
    types = dict(result["columns"])
    if options != ("--as-published",):
        assert (types["TotalMem_MiB"], types["IncreMem_MiB"], types["Occurrences"]) == \
            ("real", "real", "long")
    assert types["LineNumber"] == types["Contents"] == types["RequestId"] == "string"


def test_the_checker_finds_faults():
    """A column that is not there, a function that is not, a type that does not fit, and syntax."""
    query = run("kql").stdout
    for right, wrong in (("itemCount", "itemCounts"), ("todouble(", "todoubles("),
                         ("| order by", "| orderby"), ("tolong(Row[3])", "tolong(Row[3]) + bag_keys(1)")):
        assert right in query
        assert checked(query.replace(right, wrong, 1))["diagnostics"], wrong


def rows_of(log, options):
    """The rows of the table, with what no query of memory_profiler's rows is to find among them."""
    workspace = "--workspace" in options
    names = ["TimeGenerated", "Message", "Properties", "OperationId", "OperationName",
             "AppRoleInstance", "ItemCount"] if workspace else \
        ["timestamp", "message", "customDimensions", "operation_Id", "operation_Name",
         "cloud_RoleInstance", "itemCount", "itemId"]
    types = ["TIMESTAMP", "VARCHAR", "JSON", "VARCHAR", "VARCHAR", "VARCHAR", "INTEGER", "VARCHAR"]
    others = ["Executed 'Functions.Shop'", "other: 22 46.6 MiB 1.5 MiB 10   x"]
    messages = [*log.messages, *others]
    rows = [["2024-05-01 12:34:56.{:06d}".format(at), message, '{"InvocationId": "i-1"}', "op", "Shop",
             "instance-1", 1, "item-%d" % at][:len(names)] for at, message in enumerate(messages)]
    return dict(table="AppTraces" if workspace else "traces", rows=rows,
                columns=dict(zip(names, types)))


def told(report):
    """Of each line what a report has that does not come from the name of an imported file."""
    return [(line["line"], line["source"], line["occurrences"], line["peak_bytes"],
             line["increment_bytes"]) for line in report["files"][0]["lines"]]


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("options", OPTIONS[:2], ids=" ".join)
@pytest.mark.parametrize("precision", [0, 1, 2, 3, 4])
def test_executed_over_real_rows(tmp_path, precision, options):
    """What the query itself gives is imported as the traces themselves are, without a row lost."""
    log = Log(tmp_path, precision)
    names, rows = executed(query=run("kql", *options).stdout, **rows_of(log, options))
    assert names == PROJECTED[options]
    (tmp_path / "rows.json").write_text(json.dumps(table(names, rows)))
    write_traces_json(log, tmp_path / "traces.json")
    report = imported(tmp_path / "rows.json")
    log.check(report)
    assert told(report) == told(imported(tmp_path / "traces.json"))
    assert [(one["id"], one["function"]) for one in report["invocations"]] == [("i-1", "Shop")]


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("precision", [1, 4])
def test_the_published_query_executed(tmp_path, precision):
    """It puts figures in the wrong columns, as test_import.py has it do; import reads what it gives.
    Kusto has no null among strings, as DuckDB has where a side of a union lacks a column: what is
    compared with the empty string is asked for in other words."""
    log = Log(tmp_path, precision)
    query = run("kql", "--as-published").stdout
    assert 'FileName != ""' in query
    names, rows = executed(query=query.replace('FileName != ""', "isnotempty(FileName)"),
                           **rows_of(log, ()))
    assert names == PUBLISHED
    rows = [[value or "" for value in row] for row in rows]
    split = [shifted(message) for message in log.messages]
    parsed = [row[1:6] for row in rows if row[5]]
    assert len(parsed) >= len(log.measured) and all(row in split for row in parsed)
    (tmp_path / "page.json").write_text(json.dumps(table(names, rows)))
    log.check(imported(tmp_path / "page.json"))


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize("options", OPTIONS[:2], ids=" ".join)
@pytest.mark.parametrize("precision", [0, 1, 2, 3, 4])
def test_patterns_by_re2(tmp_path, precision, options):
    query = run("kql", *options).stdout
    log = Log(tmp_path, precision)
    patterns = [re.search(r"extract_all\(@'(.*?)', [mM]essage\)", query).group(1),
                re.search(r"FileName = extract\(@'(.*?)',", query).group(1)]
    # as logged, and as Application Insights has them
    for messages in (log.messages, log.raw):
        rows, names = executed(patterns=patterns, messages=messages)
        found = {int(row[0]): (row[1], row[2], row[3], row[4] or "") for row in rows if row}
        assert found.keys() == log.measured.keys()
        for line, (increment, mem, occurrences, source) in log.measured.items():
            assert found[line][3].rstrip() == source.rstrip()[:len(found[line][3].rstrip())]
            assert int(found[line][2]) == occurrences
            assert found[line][:2] == tuple("{:.{}f}".format(figure, precision)
                                            for figure in (mem, increment))
        assert [name[0] for name in names if name] == [str(log.path)] * 2
