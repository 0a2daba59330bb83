#include "config.h"
#include "store/schema.h"

#include "store/recording.h"
#include "store/recording_open.h"

/* The log comes last, so that the file itself says what it is from the first moment on. */
static const char schema[] =
    "PRAGMA page_size = 8192;"
    "BEGIN;"
    "PRAGMA application_id = 1887006068;"
    "PRAGMA user_version = 6;"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE samples (time_ns INTEGER NOT NULL, pid INTEGER NOT NULL,"
    "  rss_bytes INTEGER NOT NULL);"
    "CREATE TABLE functions (name TEXT NOT NULL, begin_ns INTEGER NOT NULL,"
    "  begin_bytes INTEGER NOT NULL, end_ns INTEGER NOT NULL, end_bytes INTEGER NOT NULL,"
    "  level INTEGER NOT NULL);"
    "CREATE TABLE events (event INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, change BLOB);"
    "CREATE TABLE keyframes (event INTEGER PRIMARY KEY, first_lines INTEGER,"
    "  last_lines INTEGER, state BLOB NOT NULL);"
    "CREATE TABLE ended_lines (number INTEGER PRIMARY KEY, lines BLOB NOT NULL);"
    "CREATE TABLE event_samples (event INTEGER PRIMARY KEY, count INTEGER NOT NULL,"
    "  time_ns INTEGER NOT NULL, rss_bytes INTEGER NOT NULL, samples TEXT NOT NULL);"
    "CREATE TABLE files (file INTEGER PRIMARY KEY, path TEXT NOT NULL, display TEXT NOT NULL,"
    "  version INTEGER NOT NULL, text TEXT);"
    "CREATE TABLE output_lines (number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL,"
    "  invocation INTEGER, source INTEGER NOT NULL, level INTEGER NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE line_totals (file INTEGER NOT NULL, line INTEGER NOT NULL, source TEXT,"
    "  mem_usage_bytes INTEGER NOT NULL DEFAULT 0, peak_bytes INTEGER NOT NULL DEFAULT 0,"
    "  increment_bytes INTEGER NOT NULL DEFAULT 0,"
    "  self_increment_bytes INTEGER NOT NULL DEFAULT 0, occurrences INTEGER NOT NULL DEFAULT 0,"
    "  net_python_bytes INTEGER NOT NULL DEFAULT 0, net_native_bytes INTEGER NOT NULL DEFAULT 0,"
    "  allocated_bytes INTEGER NOT NULL DEFAULT 0, freed_bytes INTEGER NOT NULL DEFAULT 0,"
    "  retained_python_bytes INTEGER NOT NULL DEFAULT 0,"
    "  retained_native_bytes INTEGER NOT NULL DEFAULT 0, high_bytes INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (file, line)) WITHOUT ROWID;"
    "CREATE TABLE invocation_totals (serial INTEGER PRIMARY KEY, number INTEGER NOT NULL,"
    "  id TEXT NOT NULL, function TEXT NOT NULL, request TEXT NOT NULL, error TEXT,"
    "  outcome TEXT NOT NULL, status INTEGER NOT NULL, start_ns INTEGER NOT NULL,"
    "  duration_ns INTEGER NOT NULL, rss_start_bytes INTEGER NOT NULL,"
    "  rss_end_bytes INTEGER NOT NULL, rss_peak_bytes INTEGER NOT NULL,"
    "  rss_lines_bytes INTEGER NOT NULL, rss_shared_bytes INTEGER NOT NULL,"
    "  heap_start_bytes INTEGER NOT NULL, heap_end_bytes INTEGER NOT NULL,"
    "  heap_lines_bytes INTEGER NOT NULL, heap_elsewhere_bytes INTEGER NOT NULL,"
    "  left_bytes INTEGER NOT NULL, retained_bytes INTEGER NOT NULL, lines TEXT NOT NULL);"
    "CREATE TABLE invocation_sums (function TEXT NOT NULL, outcome TEXT NOT NULL,"
    "  invocations INTEGER NOT NULL, duration_ns INTEGER NOT NULL,"
    "  rss_growth_bytes INTEGER NOT NULL, rss_peak_bytes INTEGER NOT NULL,"
    "  rss_lines_bytes INTEGER NOT NULL, rss_shared_bytes INTEGER NOT NULL,"
    "  heap_growth_bytes INTEGER NOT NULL, heap_lines_bytes INTEGER NOT NULL,"
    "  heap_elsewhere_bytes INTEGER NOT NULL, left_bytes INTEGER NOT NULL,"
    "  PRIMARY KEY (function, outcome)) WITHOUT ROWID;"
    "CREATE TABLE packages (name TEXT PRIMARY KEY, version TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE holders (number INTEGER PRIMARY KEY, event INTEGER NOT NULL);"
    "CREATE TABLE holders_lines (number INTEGER NOT NULL, file INTEGER NOT NULL,"
    "  line INTEGER NOT NULL, place INTEGER NOT NULL, is_answer INTEGER NOT NULL, problem TEXT,"
    "  count INTEGER NOT NULL, shallow_bytes INTEGER NOT NULL, retained_bytes INTEGER,"
    "  oldest_invocation INTEGER NOT NULL, newest_invocation INTEGER NOT NULL,"
    "  PRIMARY KEY (number, file, line)) WITHOUT ROWID;"
    "CREATE TABLE holders_types (number INTEGER NOT NULL, file INTEGER NOT NULL,"
    "  line INTEGER NOT NULL, place INTEGER NOT NULL, type TEXT NOT NULL,"
    "  count INTEGER NOT NULL, shallow_bytes INTEGER NOT NULL, retained_bytes INTEGER,"
    "  example TEXT, chain TEXT, PRIMARY KEY (number, file, line, place)) WITHOUT ROWID;"
    "CREATE TABLE holders_chains (number INTEGER NOT NULL, file INTEGER NOT NULL,"
    "  line INTEGER NOT NULL, place INTEGER NOT NULL, chain TEXT NOT NULL, note TEXT,"
    "  is_bounded INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL,"
    "  newest_invocation INTEGER NOT NULL,"
    "  PRIMARY KEY (number, file, line, place)) WITHOUT ROWID;"
    "CREATE TABLE markers (time_ns INTEGER NOT NULL, event INTEGER NOT NULL, serial INTEGER);"
    "CREATE VIEW lines AS SELECT display AS file, version, line, mem_usage_bytes, peak_bytes,"
    "  increment_bytes, self_increment_bytes, occurrences, net_python_bytes, net_native_bytes,"
    "  allocated_bytes, freed_bytes, retained_python_bytes + retained_native_bytes AS"
    "  retained_bytes, high_bytes, source, path FROM line_totals JOIN files USING (file);"
    "CREATE VIEW invocations AS SELECT number, id, function, request, outcome, status,"
    "  strftime('%Y-%m-%dT%H:%M:%fZ', start_ns / 1e9, 'unixepoch') AS started,"
    "  duration_ns / 1e6 AS duration_ms, rss_start_bytes, rss_end_bytes, rss_peak_bytes,"
    "  rss_end_bytes - rss_start_bytes AS rss_growth_bytes, rss_lines_bytes, rss_shared_bytes,"
    "  heap_end_bytes - heap_start_bytes AS heap_growth_bytes, heap_lines_bytes,"
    "  heap_elsewhere_bytes, left_bytes, retained_bytes, error, serial FROM invocation_totals;"
    "CREATE VIEW function_totals AS SELECT function, outcome, sum(invocations) AS invocations,"
    "  sum(duration_ns) / 1e6 AS duration_ms, sum(rss_growth_bytes) AS rss_growth_bytes,"
    "  max(rss_peak_bytes) AS rss_peak_bytes, sum(rss_lines_bytes) AS rss_lines_bytes,"
    "  sum(rss_shared_bytes) AS rss_shared_bytes, sum(heap_growth_bytes) AS heap_growth_bytes,"
    "  sum(heap_lines_bytes) AS heap_lines_bytes, sum(heap_elsewhere_bytes) AS"
    "  heap_elsewhere_bytes, sum(left_bytes) AS left_bytes FROM (SELECT * FROM invocation_sums"
    "  UNION ALL SELECT function, outcome, 1, duration_ns, rss_end_bytes - rss_start_bytes,"
    "  rss_peak_bytes, rss_lines_bytes, rss_shared_bytes, heap_end_bytes - heap_start_bytes,"
    "  heap_lines_bytes, heap_elsewhere_bytes, left_bytes FROM invocation_totals"
    "  WHERE number > 0) GROUP BY function, outcome;"
    "CREATE VIEW invocation_lines AS SELECT number, invocation_totals.id AS id, function,"
    "  display AS file, json_extract(cell.value, '$[1]') AS line,"
    "  json_extract(cell.value, '$[2]') AS mem_usage_bytes,"
    "  json_extract(cell.value, '$[3]') AS peak_bytes,"
    "  json_extract(cell.value, '$[4]') AS increment_bytes,"
    "  json_extract(cell.value, '$[5]') AS self_increment_bytes,"
    "  json_extract(cell.value, '$[6]') AS occurrences,"
    "  json_extract(cell.value, '$[7]') AS net_python_bytes,"
    "  json_extract(cell.value, '$[8]') AS net_native_bytes,"
    "  json_extract(cell.value, '$[9]') AS allocated_bytes,"
    "  json_extract(cell.value, '$[10]') AS freed_bytes,"
    "  json_extract(cell.value, '$[11]') AS high_bytes, source, files.path AS path, version,"
    "  start_ns, duration_ns, serial FROM invocation_totals,"
    "  json_each(invocation_totals.lines) AS cell"
    "  JOIN files ON files.file = json_extract(cell.value, '$[0]')"
    "  LEFT JOIN line_totals ON line_totals.file = files.file"
    "  AND line_totals.line = json_extract(cell.value, '$[1]');"
    "CREATE VIEW rss_changes AS SELECT event,"
    "  strftime('%Y-%m-%dT%H:%M:%fZ', one.time_ns / 1e9, 'unixepoch') AS time, one.rss_bytes,"
    "  one.increment_bytes, display AS file, version, one.line, number AS invocation, "
    "one.unchanged,"
    "  line_totals.source, files.path, one.time_ns, serial FROM (SELECT event,"
    "  event_samples.time_ns + sum(json_extract(value, '$[0]')) OVER so_far AS time_ns,"
    "  event_samples.rss_bytes + sum(CASE json_array_length(value) WHEN 6 THEN"
    "  json_extract(value, '$[1]') ELSE 0 END) OVER so_far AS rss_bytes,"
    "  json_extract(value, '$[1]') AS increment_bytes,"
    "  CASE json_extract(value, '$[3]') WHEN 0 THEN NULL ELSE json_extract(value, '$[2]') END"
    "  AS number_of_file, nullif(json_extract(value, '$[3]'), 0) AS line,"
    "  nullif(json_extract(value, '$[4]'), 0) AS serial,"
    "  json_extract(value, '$[5]') AS unchanged FROM event_samples, json_each(samples)"
    "  WINDOW so_far AS (PARTITION BY event ORDER BY key)) AS one"
    "  LEFT JOIN files ON files.file = number_of_file"
    "  LEFT JOIN line_totals ON line_totals.file = number_of_file"
    "  AND line_totals.line = one.line"
    "  LEFT JOIN invocation_totals USING (serial) WHERE one.unchanged IS NOT NULL;"
    "CREATE VIEW memory_profiler_logs AS SELECT"
    "  strftime('%Y-%m-%dT%H:%M:%fZ', (start_ns + duration_ns) / 1e9, 'unixepoch') AS timestamp,"
    "  line AS LineNumber, mem_usage_bytes / 1048576.0 AS TotalMem_MiB,"
    "  increment_bytes / 1048576.0 AS IncreMem_MiB, occurrences AS Occurrences,"
    "  source AS Contents, id AS InvocationId, file AS FileName, function AS operation_Name"
    "  FROM invocation_lines WHERE number > 0;"
    "CREATE VIEW leak_types AS SELECT display AS file, one.line, type, count, shallow_bytes,"
    "  retained_bytes, example, source, path, version FROM holders_types AS one"
    "  JOIN files USING (file) LEFT JOIN line_totals ON line_totals.file = one.file"
    "  AND line_totals.line = one.line WHERE number = (SELECT max(number) FROM holders)"
    "  ORDER BY number, one.file, one.line, place;"
    "CREATE VIEW leak_holders AS SELECT display AS file, one.line, chain, note, is_bounded,"
    "  count, bytes, newest_invocation, source, path, version FROM holders_chains AS one"
    "  JOIN files USING (file) LEFT JOIN line_totals ON line_totals.file = one.file"
    "  AND line_totals.line = one.line WHERE number = (SELECT max(number) FROM holders)"
    "  ORDER BY number, one.file, one.line, place;"
    "CREATE VIEW output AS SELECT number,"
    "  strftime('%Y-%m-%dT%H:%M:%fZ', time_ns / 1e9, 'unixepoch') AS time, invocation,"
    "  CASE source WHEN 0 THEN 'host' WHEN 1 THEN 'stdout' WHEN 2 THEN 'stderr' ELSE 'log' END"
    "  AS source, CASE level WHEN 0 THEN 'debug' WHEN 1 THEN 'info' WHEN 2 THEN 'warning'"
    "  WHEN 3 THEN 'error' ELSE 'critical' END AS level, text FROM output_lines;"
    "COMMIT;";

static const char configuration[] = "PRAGMA journal_mode = WAL;"
                                    "PRAGMA synchronous = NORMAL;"
                                    "PRAGMA wal_autocheckpoint = 1000;"
                                    "PRAGMA cache_spill = OFF;";

/* A row of what comes with each invocation. */
#define LINES_ROW      "(?, ?)"
#define INVOCATION_ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define OUTPUT_ROW     "(?, ?, ?, ?, ?, ?)"
#define MANY(row)      row "," row "," row "," row "," row "," row "," row "," row

_Static_assert(BATCH_ROWS == 8, "MANY has that many");

/* Where many are written at a time, FAIL spares SQLite to be able to take back some of them: after
 * a failure nothing more is written. */
const char *const schema_rows[ROWS] = {
    [ROW_SET_META] = "INSERT OR REPLACE INTO meta VALUES (?, ?)",
    [ROW_ADD_SAMPLE] = "INSERT INTO samples VALUES (?, ?, ?)",
    [ROW_ADD_CALL] = "INSERT INTO functions VALUES (?, ?, ?, ?, ?, ?)",
    [ROW_ADD_EVENT] = "INSERT INTO events VALUES (?, ?, ?)",
    [ROW_ADD_KEYFRAME] = "INSERT INTO keyframes VALUES (?, ?, ?, ?)",
    [ROW_ADD_LINES] = "INSERT INTO ended_lines VALUES " LINES_ROW,
    [ROW_ADD_LINES_MANY] = "INSERT OR FAIL INTO ended_lines VALUES " MANY(LINES_ROW),
    [ROW_ADD_MOMENTS] = "INSERT INTO event_samples VALUES (?, ?, ?, ?, ?)",
    [ROW_ADD_FILE] = "INSERT INTO files VALUES (?, ?, ?, ?, ?)",
    [ROW_ADD_LINE] = "INSERT INTO line_totals (file, line, source) VALUES (?, ?, ?)",
    [ROW_SET_LINE] =
        ("UPDATE line_totals SET mem_usage_bytes = ?, peak_bytes = ?, increment_bytes = ?,"
         " self_increment_bytes = ?, occurrences = ?, net_python_bytes = ?,"
         " net_native_bytes = ?, allocated_bytes = ?, freed_bytes = ?,"
         " retained_python_bytes = ?, retained_native_bytes = ?, high_bytes = ?"
         " WHERE file = ? AND line = ?"),
    [ROW_SET_INVOCATION] = "INSERT OR REPLACE INTO invocation_totals VALUES " INVOCATION_ROW,
    [ROW_SET_INVOCATION_MANY] =
        "INSERT OR REPLACE INTO invocation_totals VALUES " MANY(INVOCATION_ROW),
    [ROW_UPDATE_INVOCATION] =
        ("UPDATE invocation_totals SET error = ?, outcome = ?, status = ?, start_ns = ?,"
         " duration_ns = ?, rss_start_bytes = ?, rss_end_bytes = ?, rss_peak_bytes = ?,"
         " rss_lines_bytes = ?, rss_shared_bytes = ?, heap_start_bytes = ?, heap_end_bytes = ?,"
         " heap_lines_bytes = ?, heap_elsewhere_bytes = ?, left_bytes = ?, retained_bytes = ?"
         " WHERE serial = ?"),
    [ROW_ADD_MARKER] = "INSERT INTO markers VALUES (?, ?, ?)",
    [ROW_ADD_PACKAGE] = "INSERT OR REPLACE INTO packages VALUES (?, ?)",
    [ROW_ADD_HOLDERS] = "INSERT INTO holders VALUES (?, ?)",
    [ROW_ADD_HOLDERS_LINE] =
        "INSERT OR REPLACE INTO holders_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [ROW_ADD_HOLDERS_TYPE] =
        "INSERT OR REPLACE INTO holders_types VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [ROW_ADD_HOLDERS_CHAIN] =
        "INSERT OR REPLACE INTO holders_chains VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [ROW_ADD_OUTPUT] = "INSERT INTO output_lines VALUES " OUTPUT_ROW,
    [ROW_ADD_OUTPUT_MANY] = "INSERT OR FAIL INTO output_lines VALUES " MANY(OUTPUT_ROW),
};

_Static_assert(RECORDING_APPLICATION_ID == 1887006068 && RECORDING_VERSION == 6,
               "the schema says so");

int schema_create(sqlite3 *db)
{
    int result = sqlite3_exec(db, schema, NULL, NULL, NULL);
    return result ? result : schema_configure(db);
}

int schema_configure(sqlite3 *db)
{
    return sqlite3_exec(db, configuration, NULL, NULL, NULL);
}
