# report: the model as text for files and pipes. Depends on model and base.
noinst_LIBRARIES += libreport.a
libreport_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libreport_a_SOURCES = \
	src/report/json.c src/report/json.h \
	src/report/log_row.c src/report/log_row.h \
	src/report/table.c src/report/table.h

if HAVE_CMOCKA
report_tests = \
	tests/unit/test_report_json \
	tests/unit/test_report_log_row \
	tests/unit/test_report_table
check_PROGRAMS += $(report_tests)
TESTS += $(report_tests)
tests_unit_test_report_json_SOURCES = tests/unit/test_report_json.c
tests_unit_test_report_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_report_json_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS) $(JANSSON_LIBS)
tests_unit_test_report_log_row_SOURCES = tests/unit/test_report_log_row.c
tests_unit_test_report_log_row_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_log_row_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_report_table_SOURCES = tests/unit/test_report_table.c
tests_unit_test_report_table_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_table_LDADD = libreport.a libmodel.a libbase.a $(CMOCKA_LIBS)
endif
