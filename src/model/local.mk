# model: what is known about the app, its invocations and its lines. Pure. Depends on base.
noinst_LIBRARIES += libmodel.a
libmodel_a_SOURCES = \
	src/model/breakpoint.c src/model/breakpoint.h \
	src/model/compare.c src/model/compare.h \
	src/model/file.c src/model/file.h \
	src/model/heap.c src/model/heap.h \
	src/model/holders.c src/model/holders.h \
	src/model/imported.c src/model/imported.h \
	src/model/invocation.c src/model/invocation.h \
	src/model/kept.c src/model/kept.h \
	src/model/leak.c src/model/leak.h \
	src/model/line.h \
	src/model/live_census.c src/model/live_census.h \
	src/model/match.c src/model/match.h \
	src/model/model.c src/model/model.h \
	src/model/output.c src/model/output.h \
	src/model/packages.c src/model/packages.h \
	src/model/samples.c src/model/samples.h \
	src/model/series.c src/model/series.h \
	src/model/stop.c src/model/stop.h \
	src/model/timeline.c src/model/timeline.h

if HAVE_CMOCKA
model_tests = \
	tests/unit/test_model_breakpoint \
	tests/unit/test_model_file \
	tests/unit/test_model_heap \
	tests/unit/test_model_invocation \
	tests/unit/test_model_holders \
	tests/unit/test_model_kept \
	tests/unit/test_model_leak \
	tests/unit/test_model_live_census \
	tests/unit/test_model_match \
	tests/unit/test_model_model \
	tests/unit/test_model_output \
	tests/unit/test_model_samples \
	tests/unit/test_model_series \
	tests/unit/test_model_stop \
	tests/unit/test_model_timeline
check_PROGRAMS += $(model_tests)
TESTS += $(model_tests)
tests_unit_test_model_file_SOURCES = tests/unit/test_model_file.c
tests_unit_test_model_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_file_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_invocation_SOURCES = tests/unit/test_model_invocation.c
tests_unit_test_model_invocation_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_invocation_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_heap_SOURCES = tests/unit/test_model_heap.c
tests_unit_test_model_heap_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_heap_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_leak_SOURCES = tests/unit/test_model_leak.c
tests_unit_test_model_leak_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_leak_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_holders_SOURCES = tests/unit/test_model_holders.c
tests_unit_test_model_holders_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_holders_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_live_census_SOURCES = tests/unit/test_model_live_census.c
tests_unit_test_model_live_census_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_live_census_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_kept_SOURCES = tests/unit/test_model_kept.c
tests_unit_test_model_kept_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_kept_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_match_SOURCES = tests/unit/test_model_match.c
tests_unit_test_model_match_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_match_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_model_SOURCES = tests/unit/test_model_model.c
tests_unit_test_model_model_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_model_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_output_SOURCES = tests/unit/test_model_output.c
tests_unit_test_model_output_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_output_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_samples_SOURCES = tests/unit/test_model_samples.c
tests_unit_test_model_samples_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_samples_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_series_SOURCES = tests/unit/test_model_series.c
tests_unit_test_model_series_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_series_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS) -lm
tests_unit_test_model_timeline_SOURCES = tests/unit/test_model_timeline.c
tests_unit_test_model_timeline_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_timeline_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_breakpoint_SOURCES = tests/unit/test_model_breakpoint.c
tests_unit_test_model_breakpoint_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_breakpoint_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_model_stop_SOURCES = tests/unit/test_model_stop.c
tests_unit_test_model_stop_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_model_stop_LDADD = libmodel.a libbase.a $(CMOCKA_LIBS)
endif
