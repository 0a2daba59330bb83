# store: recordings, in SQLite. Depends on model and base.
noinst_LIBRARIES += libstore.a
libstore_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS)
libstore_a_SOURCES = src/store/recording.c src/store/recording.h

if HAVE_CMOCKA
store_tests = tests/unit/test_store_recording
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
tests_unit_test_store_recording_SOURCES = tests/unit/test_store_recording.c
tests_unit_test_store_recording_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)
tests_unit_test_store_recording_LDADD = libstore.a libmodel.a libbase.a $(CMOCKA_LIBS) $(SQLITE_LIBS)
endif
