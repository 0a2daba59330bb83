# report: the model as text for files and pipes. Depends on model and base.
noinst_LIBRARIES += libreport.a
libreport_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(YAJL_CFLAGS)
libreport_a_SOURCES = \
	src/report/amount.c src/report/amount.h \
	src/report/axis.c src/report/axis.h \
	src/report/compare_check.c src/report/compare_check.h \
	src/report/compare_json.c src/report/compare_text.c src/report/compare_report.h \
	src/report/checks.h \
	src/report/csv.c src/report/csv.h \
	src/report/evidence.c src/report/evidence.h \
	src/report/folded.c src/report/folded.h \
	src/report/hot_lines.c src/report/hot_lines.h \
	src/report/html.c src/report/html.h src/report/html_parts.h \
	src/report/html_curve.c \
	src/report/html_leaks.c \
	src/report/html_source.c \
	src/report/html_style.c \
	src/report/html_tables.c \
	src/report/fail_on.c src/report/fail_on.h \
	src/report/run_check.c src/report/run_check.h \
	src/report/import.c src/report/import.h src/report/import_parts.h \
	src/report/import_build.h \
	src/report/import_csv.c src/report/import_csv.h \
	src/report/import_json.c src/report/import_json.h \
	src/report/import_files.c \
	src/report/import_model.c \
	src/report/import_reader.c src/report/import_reader.h \
	src/report/import_rows.c \
	src/report/import_seen.c src/report/import_seen.h \
	src/report/import_utf16.c src/report/import_utf16.h \
	src/report/import_versions.c \
	src/report/imported_text.c src/report/imported_text.h \
	src/report/json.c src/report/json.h \
	src/report/json_leaks.c src/report/json_leaks.h \
	src/report/junit.c src/report/junit.h \
	src/report/leak_text.c src/report/leak_text.h \
	src/report/json_value.c src/report/json_value.h \
	src/report/kql.c src/report/kql.h \
	src/report/kusto.c src/report/kusto.h \
	src/report/markdown.c src/report/markdown.h \
	src/report/log_record.c src/report/log_record.h \
	src/report/log_row.c src/report/log_row.h \
	src/report/log_time.c src/report/log_time.h \
	src/report/markup.c src/report/markup.h \
	src/report/mprofile.c src/report/mprofile.h \
	src/report/plain.c src/report/plain.h \
	src/report/plot.c src/report/plot.h src/report/plot_parts.h \
	src/report/plot_html.c \
	src/report/plot_part.c \
	src/report/plot_place.c \
	src/report/plot_style.c \
	src/report/speedscope.c src/report/speedscope.h \
	src/report/table.c src/report/table.h \
	src/report/told.c src/report/told.h

IMPORT_TEST_LIBS = libreport.a libmodel.a libbase.a $(JANSSON_LIBS) $(YAJL_LIBS) $(CSV_LIBS) -lm

if HAVE_CMOCKA
report_tests = \
	tests/unit/test_report_axis \
	tests/unit/test_report_compare \
	tests/unit/test_report_evidence \
	tests/unit/test_report_fail_on \
	tests/unit/test_report_formats \
	tests/unit/test_report_import \
	tests/unit/test_report_import_reader \
	tests/unit/test_report_json \
	tests/unit/test_report_leak_text \
	tests/unit/test_report_log_row \
	tests/unit/test_report_log_time \
	tests/unit/test_report_markup \
	tests/unit/test_report_mprofile \
	tests/unit/test_report_plot \
	tests/unit/test_report_table
check_PROGRAMS += $(report_tests)
TESTS += $(report_tests)
tests_unit_test_report_compare_SOURCES = tests/unit/test_report_compare.c
tests_unit_test_report_compare_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_report_compare_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) $(JANSSON_LIBS) -lm
tests_unit_test_report_fail_on_SOURCES = tests/unit/test_report_fail_on.c
tests_unit_test_report_fail_on_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_fail_on_LDADD = libreport.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_report_formats_SOURCES = tests/unit/test_report_formats.c
tests_unit_test_report_formats_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_formats_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) -lm
tests_unit_test_report_import_SOURCES = tests/unit/test_report_import.c
tests_unit_test_report_import_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_import_LDADD = $(IMPORT_TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_report_import_reader_SOURCES = tests/unit/test_report_import_reader.c
tests_unit_test_report_import_reader_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_import_reader_LDADD = $(IMPORT_TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_report_log_time_SOURCES = tests/unit/test_report_log_time.c
tests_unit_test_report_log_time_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_log_time_LDADD = $(IMPORT_TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_report_evidence_SOURCES = tests/unit/test_report_evidence.c
tests_unit_test_report_evidence_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_evidence_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) -lm
tests_unit_test_report_leak_text_SOURCES = tests/unit/test_report_leak_text.c
tests_unit_test_report_leak_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_leak_text_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) -lm
tests_unit_test_report_json_SOURCES = tests/unit/test_report_json.c
tests_unit_test_report_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_report_json_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) $(JANSSON_LIBS) -lm
tests_unit_test_report_log_row_SOURCES = tests/unit/test_report_log_row.c
tests_unit_test_report_log_row_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_log_row_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_report_table_SOURCES = tests/unit/test_report_table.c
tests_unit_test_report_table_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_table_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_report_axis_SOURCES = tests/unit/test_report_axis.c
tests_unit_test_report_axis_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_axis_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) -lm
tests_unit_test_report_markup_SOURCES = tests/unit/test_report_markup.c
tests_unit_test_report_markup_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_markup_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) -lm
tests_unit_test_report_mprofile_SOURCES = tests/unit/test_report_mprofile.c
tests_unit_test_report_mprofile_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_mprofile_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) -lm
tests_unit_test_report_plot_SOURCES = tests/unit/test_report_plot.c
tests_unit_test_report_plot_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_plot_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) -lm
endif

# Logs come from outside; see src/wire/local.mk for what this is without an engine.
import_fuzz = \
	tests/fuzz/fuzz_import_any \
	tests/fuzz/fuzz_import_console \
	tests/fuzz/fuzz_import_csv \
	tests/fuzz/fuzz_import_json \
	tests/fuzz/fuzz_import_ndjson \
	tests/fuzz/fuzz_log_row
check_PROGRAMS += $(import_fuzz)
TESTS += $(import_fuzz)
tests_fuzz_fuzz_import_any_SOURCES = tests/fuzz/fuzz_import.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_import_any_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_KIND=IMPORT_UNKNOWN
tests_fuzz_fuzz_import_any_LDADD = $(IMPORT_TEST_LIBS)
tests_fuzz_fuzz_import_console_SOURCES = tests/fuzz/fuzz_import.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_import_console_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_KIND=IMPORT_CONSOLE
tests_fuzz_fuzz_import_console_LDADD = $(IMPORT_TEST_LIBS)
tests_fuzz_fuzz_import_csv_SOURCES = tests/fuzz/fuzz_import.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_import_csv_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_KIND=IMPORT_CSV
tests_fuzz_fuzz_import_csv_LDADD = $(IMPORT_TEST_LIBS)
tests_fuzz_fuzz_import_json_SOURCES = tests/fuzz/fuzz_import.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_import_json_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_KIND=IMPORT_JSON
tests_fuzz_fuzz_import_json_LDADD = $(IMPORT_TEST_LIBS)
tests_fuzz_fuzz_import_ndjson_SOURCES = tests/fuzz/fuzz_import.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_import_ndjson_CPPFLAGS = $(AM_CPPFLAGS) -DFUZZ_KIND=IMPORT_NDJSON
tests_fuzz_fuzz_import_ndjson_LDADD = $(IMPORT_TEST_LIBS)
tests_fuzz_fuzz_log_row_SOURCES = tests/fuzz/fuzz_log_row.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_log_row_LDADD = $(IMPORT_TEST_LIBS)
# mprofile_*.dat come from outside; see src/wire/local.mk for what this is without an engine.
check_PROGRAMS += tests/fuzz/fuzz_mprofile
TESTS += tests/fuzz/fuzz_mprofile
tests_fuzz_fuzz_mprofile_SOURCES = tests/fuzz/fuzz_mprofile.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_mprofile_LDADD = libreport.a libmodel.a libbase.a -lm

# Conditions are read from any text.
check_PROGRAMS += tests/fuzz/fuzz_fail_on
TESTS += tests/fuzz/fuzz_fail_on
tests_fuzz_fuzz_fail_on_SOURCES = tests/fuzz/fuzz_fail_on.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_fail_on_LDADD = libreport.a libbase.a
