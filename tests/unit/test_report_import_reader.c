/* report/import_reader and the readers behind it: the records that each kind of log has, however
 * its bytes come. */
#include "config.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "report/import_csv.h"
#include "report/import_json.h"
#include "report/import_reader.h"

static const char letters[LOG_FIELDS + 1] = "tmLMIOCFvonNiarsgd";

/* What came, as text: "1:m=hello i=7" and "!2:..." a line each. */
struct seen {
    struct buf text;
};

static void on_record(void *context, const struct log_record *record)
{
    struct seen *seen = context;
    buf_printf(&seen->text, "%llu%s:", (unsigned long long)record->place,
               record->is_table     ? "T"
               : record->is_console ? "C"
                                    : "");
    for (size_t i = 0; i < LOG_FIELDS; i++)
        if (record->fields[i].len && i != FIELD_DIMENSIONS)
            buf_printf(&seen->text, " %c=%.*s", letters[i], (int)record->fields[i].len,
                       record->fields[i].at);
    buf_printf(&seen->text, "\n");
}

static void on_problem(void *context, uint64_t place, const char *what, struct span example)
{
    struct seen *seen = context;
    (void)example;
    buf_printf(&seen->text, "!%llu: %.40s\n", (unsigned long long)place, what);
}

static void read_in(const char *bytes, size_t len, size_t piece, enum import_kind kind,
                    const char *expected)
{
    struct seen seen;
    const struct log_sink sink = {&seen, on_record, on_problem};
    buf_init(&seen.text, 1 << 20);
    struct import_reader *reader = import_reader_new(&sink);
    for (size_t at = 0; at < len; at += piece)
        if (!import_reader_feed(reader, bytes + at, len - at < piece ? len - at : piece))
            break;
    import_reader_end(reader);
    assert_int_equal(import_reader_kind(reader), kind);
    assert_string_equal(buf_text(&seen.text), expected);
    import_reader_free(reader);
    buf_fini(&seen.text);
}

/* Whole, byte by byte, and in pieces. */
static void check(const char *text, enum import_kind kind, const char *expected)
{
    const size_t pieces[] = {1 << 20, 1, 7};
    for (size_t i = 0; i < 3; i++)
        read_in(text, strlen(text), pieces[i], kind, expected);
}

static void test_csv(void **state)
{
    (void)state;
    check("\xEF\xBB\xBFtimestamp [UTC],message,other,operation_Id\r\n"
          "now,\"  a, \"\"b\"\"\nc  \",x,7\r\n"
          "then,  d  ,,\r\n",
          IMPORT_CSV, "2: t=now m=  a, \"b\"\nc   o=7\n4: t=then m=  d  \n");
    check("\"TimeGenerated\";\"Message\"\n1;a,b\n", IMPORT_CSV, "2: t=1 m=a,b\n");
    check("timestamp\tLineNumber\tTotalMem_MiB\tIncreMem_MiB\tOccurences\tContents\n"
          "1\t\t\t22\t\t 46.6 MiB\n",
          IMPORT_CSV, "2T: t=1 I=22 C= 46.6 MiB\n");
    /* As Excel writes and wants it: the first line says the delimiter, whatever the header says. */
    check("\xEF\xBB\xBFsep=;\r\nmessage;timestamp,x\r\na,b;1\r\n", IMPORT_CSV, "3: m=a,b\n");
    check("SEP=\t\nmessage\ttimestamp\na\t1\n", IMPORT_CSV, "3: t=1 m=a\n");
    check("sep=;", IMPORT_CSV, "");
    check("sep=x\nmessage\n", IMPORT_CONSOLE, "1C: m=sep=x\n2C: m=message\n");
    /* More fields than columns, and fewer. */
    check("message,x\na,b,c\nd\n", IMPORT_CSV, "2: m=a\n3: m=d\n");
}

static void test_csv_without_end(void **state)
{
    struct seen seen;
    const struct log_sink sink = {&seen, on_record, on_problem};
    char *chunk = calloc(1 << 20, 1);
    (void)state;
    buf_init(&seen.text, 1 << 20);
    memset(chunk, 'x', 1 << 20);
    struct import_csv *csv = import_csv_new(&sink, ',', 1);
    assert_true(import_csv_feed(csv, "message\na\n\"", 11));
    bool goes_on = true;
    for (int i = 0; i < 20 && goes_on; i++)
        goes_on = import_csv_feed(csv, chunk, 1 << 20);
    assert_false(goes_on);
    import_csv_end(csv);
    import_csv_free(csv);
    assert_string_equal(buf_text(&seen.text),
                        "2: m=a\n!3: a field of more than 16 MiB: is a quotat\n");
    buf_fini(&seen.text);
    free(chunk);
}

static void test_json_tables(void **state)
{
    (void)state;
    check(
        "{\"tables\": [{\"name\": \"PrimaryResult\",\n"
        " \"columns\": [{\"name\": \"timestamp\", \"type\": \"datetime\"}, {\"name\": \"x\"},\n"
        "  {\"name\": \"message\"}, {\"name\": \"customDimensions\"}, {\"name\": \"itemCount\"}],\n"
        " \"rows\": [[\"now\", [1, {\"message\": \"no\"}], \"a\\nb\", "
        "\"{\\\"InvocationId\\\": \\\"i1\\\"}\", 3],\n"
        "  [\"then\", null, \"c\", {\"InvocationId\": \"i2\", \"message\": \"no\"}, null, 7]]},\n"
        "  {\"columns\": [{\"name\": \"message\"}], \"rows\": [[\"d\"]]}]}",
        IMPORT_JSON, "1: t=now m=a\nb v=i1 s=3\n2: t=then m=c v=i2\n3: m=d\n");
}

static void test_json_errors(void **state)
{
    (void)state;
    check("{\"tables\": [{\"columns\": [{\"name\": \"message\"}], \"rows\": [[\"a\"]]}],"
          " \"error\": {\"code\": \"PartialError\", \"message\": \"some errors\", \"details\":"
          " [{\"code\": \"x\", \"message\": \"too large\"}]}}",
          IMPORT_JSON,
          "1: m=a\n!2: the answer is not whole, or none; Azure \n"
          "!2: the answer is not whole, or none; Azure \n");
    check("{\"error\": {\"message\": \"no such column\", \"code\": \"BadArgumentError\"}}",
          IMPORT_JSON, "!1: the answer is not whole, or none; Azure \n1:\n");
    check("{\"message\": \"a\", \"error\": {\"message\": \"b\"}}\n{}\n", IMPORT_NDJSON,
          "1: m=a\n2:\n");
}

static void test_json_lists(void **state)
{
    (void)state;
    check("[{\"TimeGenerated\": \"now\", \"Message\": \"a\", \"Properties\": {\"time\": \"no\", "
          "\"HostInstanceId\": \"h\"}}, {\"OperationId\": \"o\"}]",
          IMPORT_JSON, "1: t=now m=a i=h\n2: o=o\n");
    check("{\"records\": [{\"message\": \"a\"}], \"nextLink\": null}", IMPORT_JSON, "1: m=a\n");
    /* Continuous export, and what the SDK sends. */
    check("{\"message\": [{\"raw\": \"a\"}], \"context\": {\"data\": {\"eventTime\": \"now\"}, "
          "\"operation\": {\"id\": \"o\", \"name\": \"F\"}, \"custom\": {\"dimensions\": "
          "[{\"InvocationId\": \"i\"}]}, \"cloud\": {\"roleInstance\": \"r\"}}}",
          IMPORT_JSON, "1: t=now m=a v=i o=o N=F i=r\n");
    check("{\"time\": \"now\", \"tags\": {\"ai.operation.id\": \"o\"}, \"data\": {\"baseData\": "
          "{\"message\": \"a\", \"properties\": {\"InvocationId\": \"i\"}}}}",
          IMPORT_JSON, "1: t=now m=a v=i o=o\n");
}

static void test_json_broken(void **state)
{
    (void)state;
    check("[{\"message\": \"a\"}, {\"message\" \"b\"}, {\"message\": \"c\"}]", IMPORT_JSON,
          "1: m=a\n!2: not JSON: parse error: object key and va\n");
    check("[{\"message\": \"a\"}, {", IMPORT_JSON,
          "1: m=a\n!2: not JSON: parse error: premature EOF\n");
    check("{\"message\": \"a\"} {\"message\": \"b\"}", IMPORT_JSON, "1: m=a\n2: m=b\n");
}

static void test_ndjson(void **state)
{
    (void)state;
    check("{\"message\": \"a\"}\n\n{\"message\": \"b\" \"c\"}\n{\"message\": \"d\", \"x\": "
          "{}}\r\n{\"message\": \"e\"}",
          IMPORT_NDJSON, "1: m=a\n!3: not JSON: parse error: after key and val\n4: m=d\n5: m=e\n");
}

static void test_console(void **state)
{
    (void)state;
    check("Functions:\n[2024-05-01T12:34:56.789Z] a: b\n[x] c\n\n  d", IMPORT_CONSOLE,
          "1C: m=Functions:\n2C: t=2024-05-01T12:34:56.789Z m=a: b\n3C: m=[x] c\n4C:\n5C: m=  d\n");
}

static void test_long_lines(void **state)
{
    size_t len = IMPORT_LINE_BYTES + 100;
    char *text = calloc(len + 16, 1);
    (void)state;
    memset(text, 'x', len);
    memcpy(text, "Host\n", 5);
    memcpy(text + len - 3, "\na\n", 3);
    const char *expected = "1C: m=Host\n!2: a line of more than 1 MiB\n3C: m=a\n";
    read_in(text, len, len, IMPORT_CONSOLE, expected);
    read_in(text, len, 4096, IMPORT_CONSOLE, expected);
    free(text);
}

/* Text of the basic plane as UTF-16, with or without a mark. */
static void check_utf16(const char *text, bool is_big, const char *expected)
{
    const size_t pieces[] = {1 << 20, 1, 7};
    char wide[512];
    size_t len = 0;
    while (*text) {
        uint32_t code;
        text += text_decode(text, strlen(text), &code);
        wide[len + is_big] = (char)code;
        wide[len + !is_big] = (char)(code >> 8);
        len += 2;
    }
    for (size_t i = 0; i < 3; i++)
        read_in(wide, len, pieces[i], IMPORT_CONSOLE, expected);
}

static void test_utf16(void **state)
{
    static const char expected[] = "1C: t=2024-05-01T12:34:56.789Z m=x = \"gr\xC3\xB6\xC3\x9F"
                                   "e \xE6\x97\xA5\"\r\n2C:\n3C: m=z\n";
    static const char text[] = "[2024-05-01T12:34:56.789Z] x = \"gr\xC3\xB6\xC3\x9F"
                               "e \xE6\x97\xA5\"\r\n\nz";
    char marked[sizeof text + 3] = "\xEF\xBB\xBF";
    (void)state;
    strcat(marked, text);
    for (int is_big = 0; is_big < 2; is_big++) {
        check_utf16(text, is_big, expected);
        check_utf16(marked, is_big, expected);
    }
    /* A pair, halves of pairs, and half of a unit. */
    read_in("\xFF\xFE\x3D\xD8\x00\xDE\x00\xDE\x3D\xD8x\0\x3D\xD8\x3D\xD8y\0z", 19, 3,
            IMPORT_CONSOLE,
            "1C: m=\xF0\x9F\x98\x80\xEF\xBF\xBD\xEF\xBF\xBDx\xEF\xBF\xBD\xEF\xBF\xBDy\n");
}

/* What stands before the text in a log stream, and what colours it. */
static void test_times_of_text(void **state)
{
    (void)state;
    check("2024-05-01T12:34:56Z   [Information]   a\n2024-05-01 12:34:56.789 b\n"
          "2024-05-01 12:34:56 CEST c\n2024 is not a time\n[2024 neither, nor is this\n",
          IMPORT_CONSOLE,
          "1C: t=2024-05-01T12:34:56Z m=  [Information]   a\n2C: t=2024-05-01 12:34:56.789 m=b\n"
          "3C: t=2024-05-01 12:34:56 m=CEST c\n4C: m=2024 is not a time\n"
          "5C: m=[2024 neither, nor is this\n");
    check("\x1B[90m[2024-05-01T12:34:56.789Z]\x1B[0m \x1B[38;5;2mb\x1B[m\x1B\n\x1B[",
          IMPORT_CONSOLE, "1C: t=2024-05-01T12:34:56.789Z m=b\x1B\n2C:\n");
}

static void test_others(void **state)
{
    (void)state;
    check("", IMPORT_UNKNOWN, "");
    check(" \r\n ", IMPORT_UNKNOWN, "");
    check("\x1F\x8B\x08 x", IMPORT_PACKED, "!1: it is compressed; unpack it, as in: gunz\n");
    check("PK\x03\x04", IMPORT_PACKED, "!1: it is compressed; unpack it, as in: gunz\n");
    check("PK\x03\x04 [Content_Types].xml", IMPORT_PACKED,
          "!1: it is a workbook; save it as CSV\n");
    check("SQLite format 3", IMPORT_PACKED, "!1: it is a recording; look at it with: pyme\n");
    assert_string_equal(import_place_name(IMPORT_JSON), "record");
    assert_string_equal(import_place_name(IMPORT_CSV), "line");
}

/* A diagnostic setting's line: the words of the object around say nothing of the function. */
static void test_function_app_logs(void **state)
{
    (void)state;
    check("{\"time\": \"now\", \"operationName\": \"Microsoft.Web/sites/functions/log\",\n"
          " \"category\": \"FunctionAppLogs\", \"properties\": {\"roleInstance\": \"r\",\n"
          " \"message\": \"a\", \"category\": \"Function.F.User\", \"functionName\": \"F\",\n"
          " \"functionInvocationId\": \"v\", \"hostInstanceId\": \"h\"}}",
          IMPORT_JSON,
          "1: t=now m=a v=v n=F N=Microsoft.Web/sites/functions/log i=r g=Function.F.User\n");
}

/* Ids of the record stand in it, not in what the app has logged. */
static void test_ids(void **state)
{
    (void)state;
    check("{\"itemId\": \"a\", \"RequestId\": \"r\", \"message\": \"x\"}\n"
          "{\"properties\": {\"itemId\": \"a\", \"RequestId\": \"r\", \"message\": \"x\"}}\n",
          IMPORT_NDJSON, "1: m=x a=a r=r\n2: m=x\n");
    check("{\"tables\": [{\"columns\": [{\"name\": \"message\"}, {\"name\": \"_ItemId\"},\n"
          "{\"name\": \"customDimensions\"}], \"rows\": [[\"x\", \"a\", {\"itemId\": \"b\"}],"
          "[\"y\", null, {\"itemId\": \"b\", \"RequestId\": \"r\"}]]}]}",
          IMPORT_JSON, "1: m=x a=a\n2: m=y\n");
}

static void test_fields(void **state)
{
    (void)state;
    assert_int_equal(log_field_of(span_of("MESSAGE")), FIELD_MESSAGE);
    assert_int_equal(log_field_of(span_of("timestamp [Local Time]")), FIELD_TIME);
    assert_int_equal(log_field_of(span_of("Occurences")), FIELD_OCCURRENCES);
    assert_int_equal(log_field_of(span_of("ItemId")), FIELD_ITEM);
    assert_int_equal(log_field_of(span_of("RequestId")), FIELD_REQUEST);
    assert_int_equal(log_field_of(span_of("messages")), LOG_FIELDS);
    assert_int_equal(log_field_of(span_of("")), LOG_FIELDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_without_end),
        cmocka_unit_test(test_json_tables),
        cmocka_unit_test(test_json_errors),
        cmocka_unit_test(test_json_lists),
        cmocka_unit_test(test_json_broken),
        cmocka_unit_test(test_ndjson),
        cmocka_unit_test(test_console),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_times_of_text),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_function_app_logs),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
