# worker: the interpreter that runs the app, and the tracer. Depends on wire and base, on libuv, and
# alone on Python. One program for each Python version that configure found; a version has its
# events_*.c.
WORKER_CFLAGS = $(AM_CFLAGS) $(PYTHON_CFLAGS) $(UV_CFLAGS)
WORKER_LIBS = libwire.a libbase.a $(PYTHON_LIBS) $(UV_LIBS) -lpthread -lm

noinst_LIBRARIES += libworker.a
nodist_libworker_a_SOURCES = $(GLUE_GENERATED)
libworker_a_CFLAGS = $(WORKER_CFLAGS)
libworker_a_SOURCES = \
	src/worker/activity.c src/worker/activity.h \
	src/worker/arena.c src/worker/arena.h \
	src/worker/arguments.c src/worker/arguments.h \
	src/worker/code.c src/worker/code.h \
	src/worker/embedded.c src/worker/embedded.h \
	src/worker/events.h src/worker/events_settrace.c src/worker/frame.h \
	src/worker/filter.c src/worker/filter.h \
	src/worker/gate.c src/worker/gate.h \
	src/worker/interp.c src/worker/interp.h \
	src/worker/ledger.c src/worker/ledger.h \
	src/worker/link.c src/worker/link.h \
	src/worker/loop_step.c src/worker/loop_step.h \
	src/worker/module.c src/worker/module.h \
	src/worker/publish.c src/worker/publish.h \
	src/worker/rss.c src/worker/rss.h \
	src/worker/self_check.c src/worker/self_check.h \
	src/worker/thread.c src/worker/thread.h \
	src/worker/tracer.c src/worker/tracer.h \
	src/worker/uvselector.c src/worker/uvselector.h \
	src/worker/witness.c src/worker/witness.h

pkglibexec_PROGRAMS += pymemtop-worker-3.11
pymemtop_worker_3_11_CFLAGS = $(WORKER_CFLAGS)
pymemtop_worker_3_11_SOURCES = src/worker/main.c
pymemtop_worker_3_11_LDADD = libworker.a $(WORKER_LIBS)

if HAVE_CMOCKA
WORKER_TESTS = tests/unit/test_worker_filter tests/unit/test_worker_gate \
	tests/unit/test_worker_publish tests/unit/test_worker_witness
check_PROGRAMS += $(WORKER_TESTS)
TESTS += $(WORKER_TESTS)
tests_unit_test_worker_filter_SOURCES = tests/unit/test_worker_filter.c
tests_unit_test_worker_filter_CFLAGS = $(WORKER_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_filter_LDADD = libworker.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_worker_gate_SOURCES = tests/unit/test_worker_gate.c
tests_unit_test_worker_gate_CFLAGS = $(WORKER_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_gate_LDADD = libworker.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_worker_publish_SOURCES = tests/unit/test_worker_publish.c
tests_unit_test_worker_publish_CFLAGS = $(WORKER_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_publish_LDADD = libworker.a libwire.a libbase.a $(CMOCKA_LIBS)
tests_unit_test_worker_witness_SOURCES = tests/unit/test_worker_witness.c
tests_unit_test_worker_witness_CFLAGS = $(WORKER_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_witness_LDADD = libworker.a libbase.a $(CMOCKA_LIBS) -lpthread
endif

include src/worker/python/local.mk
