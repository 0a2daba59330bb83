# wire: what host and worker agree on. Depends on base.
noinst_LIBRARIES += libwire.a
libwire_a_SOURCES = \
	src/wire/control.c src/wire/control.h \
	src/wire/frame.c src/wire/frame.h \
	src/wire/question.c src/wire/question.h \
	src/wire/ring.c src/wire/ring.h \
	src/wire/segment.c src/wire/segment.h

if HAVE_CMOCKA
wire_tests = \
	tests/unit/test_wire_frame \
	tests/unit/test_wire_ring \
	tests/unit/test_wire_segment
check_PROGRAMS += $(wire_tests)
TESTS += $(wire_tests)
tests_unit_test_wire_frame_SOURCES = tests/unit/test_wire_frame.c
tests_unit_test_wire_frame_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wire_frame_LDADD = libwire.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_wire_ring_SOURCES = tests/unit/test_wire_ring.c
tests_unit_test_wire_ring_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wire_ring_LDADD = libwire.a libbase.a $(CMOCKA_LIBS) -lpthread
tests_unit_test_wire_segment_SOURCES = tests/unit/test_wire_segment.c
tests_unit_test_wire_segment_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_wire_segment_LDADD = libwire.a libbase.a $(CMOCKA_LIBS)
endif

# A parser of outside bytes has a fuzz entry; without an engine it is a smoke run of fixed inputs.
check_PROGRAMS += tests/fuzz/fuzz_frame
TESTS += tests/fuzz/fuzz_frame
tests_fuzz_fuzz_frame_SOURCES = tests/fuzz/fuzz_frame.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_frame_LDADD = libwire.a libbase.a
