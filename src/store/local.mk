# store: recordings, in SQLite. Depends on model and base.
noinst_LIBRARIES += libstore.a
libstore_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
libstore_a_SOURCES = \
	src/store/between.c src/store/between.h \
	src/store/change.c src/store/change.h src/store/change_parts.h src/store/change_read.c \
	src/store/curve.c src/store/curve.h \
	src/store/fields.c src/store/fields.h \
	src/store/finder.c src/store/finder.h \
	src/store/holders_read.c src/store/holders_read.h \
	src/store/json.c src/store/json.h \
	src/store/moments.c src/store/moments.h \
	src/store/record.c src/store/record.h \
	src/store/recording.c src/store/recording.h src/store/recording_parts.h \
	src/store/recording_copy.c \
	src/store/recording_events.c src/store/recording_holders.c src/store/recording_totals.c \
	src/store/recording_open.h src/store/recording_read.c \
	src/store/replay.c src/store/replay.h \
	src/store/rows.c src/store/rows.h \
	src/store/schema.c src/store/schema.h \
	src/store/scribe.c src/store/scribe.h \
	src/store/thin.c src/store/thin.h

if HAVE_CMOCKA
store_tests = tests/unit/test_store_between tests/unit/test_store_finder \
	tests/unit/test_store_holders tests/unit/test_store_moments \
	tests/unit/test_store_recording tests/unit/test_store_replay tests/unit/test_store_rows
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
tests_unit_test_store_between_SOURCES = tests/unit/test_store_between.c \
	tests/unit/folder_fixture.h tests/unit/model_fixture.h
tests_unit_test_store_between_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_store_between_LDADD = libstore.a libtui.a libmodel.a libbase.a \
	$(CMOCKA_LIBS) $(SQLITE_LIBS) -lpthread
tests_unit_test_store_finder_SOURCES = tests/unit/test_store_finder.c tests/unit/model_fixture.h
tests_unit_test_store_finder_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_store_finder_LDADD = libstore.a libmodel.a libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS)
tests_unit_test_store_holders_SOURCES = tests/unit/test_store_holders.c tests/unit/folder_fixture.h
tests_unit_test_store_holders_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_store_holders_LDADD = libstore.a libmodel.a libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS) \
	-lpthread
tests_unit_test_store_moments_SOURCES = tests/unit/test_store_moments.c
tests_unit_test_store_moments_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_store_moments_LDADD = libstore.a libmodel.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_store_recording_SOURCES = tests/unit/test_store_recording.c \
	tests/unit/folder_fixture.h
tests_unit_test_store_recording_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_store_recording_LDADD = libstore.a libmodel.a libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS) -lpthread
tests_unit_test_store_replay_SOURCES = tests/unit/test_store_replay.c tests/unit/folder_fixture.h \
	tests/unit/model_fixture.h
tests_unit_test_store_replay_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_store_replay_LDADD = libstore.a libtui.a libmodel.a libbase.a \
	$(CMOCKA_LIBS) $(SQLITE_LIBS) -lpthread
tests_unit_test_store_rows_SOURCES = tests/unit/test_store_rows.c
tests_unit_test_store_rows_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_store_rows_LDADD = libstore.a libmodel.a libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS)
endif

# Changes are read from any file; see src/wire/local.mk for what this is without an engine.
check_PROGRAMS += tests/fuzz/fuzz_change
TESTS += tests/fuzz/fuzz_change
tests_fuzz_fuzz_change_SOURCES = tests/fuzz/fuzz_change.c tests/fuzz/fuzz_main.h \
	tests/unit/model_fixture.h
tests_fuzz_fuzz_change_LDADD = libstore.a libmodel.a libbase.a
