# base: errors, checked sizes, buffers, clock, outside text. Depends on libc alone.
noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	src/base/attributes.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/error.c src/base/error.h \
	src/base/intern.c src/base/intern.h \
	src/base/mem.c src/base/mem.h \
	src/base/packages.c src/base/packages.h \
	src/base/process.c src/base/process.h \
	src/base/size.c src/base/size.h \
	src/base/span.h \
	src/base/text.c src/base/text.h

if HAVE_CMOCKA
base_tests = \
	tests/unit/test_base_buf \
	tests/unit/test_base_clock \
	tests/unit/test_base_error \
	tests/unit/test_base_intern \
	tests/unit/test_base_mem \
	tests/unit/test_base_packages \
	tests/unit/test_base_process \
	tests/unit/test_base_size \
	tests/unit/test_base_text
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)
tests_unit_test_base_buf_SOURCES = tests/unit/test_base_buf.c
tests_unit_test_base_buf_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_buf_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base_clock_SOURCES = tests/unit/test_base_clock.c
tests_unit_test_base_clock_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_clock_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base_error_SOURCES = tests/unit/test_base_error.c
tests_unit_test_base_error_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_error_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base_intern_SOURCES = tests/unit/test_base_intern.c
tests_unit_test_base_intern_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_intern_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base_mem_SOURCES = tests/unit/test_base_mem.c
tests_unit_test_base_mem_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_mem_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base_packages_SOURCES = tests/unit/test_base_packages.c
tests_unit_test_base_packages_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_packages_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base_process_SOURCES = tests/unit/test_base_process.c
tests_unit_test_base_process_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_process_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base_size_SOURCES = tests/unit/test_base_size.c
tests_unit_test_base_size_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_size_LDADD = libbase.a $(CMOCKA_LIBS)
tests_unit_test_base_text_SOURCES = tests/unit/test_base_text.c
tests_unit_test_base_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_text_LDADD = libbase.a $(CMOCKA_LIBS)
endif
