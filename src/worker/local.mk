# worker: the interpreter that runs the app, and the tracer. Depends on wire and base, on libuv, and
# alone on Python. An archive, a program and a test for each Python that configure found; what they
# differ in is the Python, and where its events come from.
WORKER_SETTRACE = src/worker/events_settrace.c
WORKER_MONITORING = src/worker/events_monitoring.c
WORKER_SOURCES = \
	src/worker/activity.c src/worker/activity.h \
	src/worker/alive.c src/worker/alive.h \
	src/worker/arena.c src/worker/arena.h \
	src/worker/arguments.c src/worker/arguments.h \
	src/worker/await_chain.c src/worker/await_chain.h \
	src/worker/blocks.c src/worker/blocks.h \
	src/worker/breaker.c src/worker/breaker.h \
	src/worker/breakpoints.c src/worker/breakpoints.h \
	src/worker/code.c src/worker/code.h \
	src/worker/compat.h \
	src/worker/embedded.c src/worker/embedded.h \
	src/worker/events.h \
	src/worker/filter.c src/worker/filter.h \
	src/worker/frame.h \
	src/worker/gate.c src/worker/gate.h \
	src/worker/grow_lock.c src/worker/grow_lock.h \
	src/worker/guard.c src/worker/guard.h \
	src/worker/heap.c src/worker/heap.h \
	src/worker/holders.c src/worker/holders.h \
	src/worker/holders_census.c src/worker/holders_census.h \
	src/worker/holders_census_tell.c \
	src/worker/holders_child.c src/worker/holders_expand.c \
	src/worker/holders_freed.c src/worker/holders_heap.c \
	src/worker/holders_inside.c src/worker/holders_item.c \
	src/worker/holders_link.c src/worker/holders_link.h \
	src/worker/holders_marks.c src/worker/holders_meet.c \
	src/worker/holders_meet.h src/worker/holders_name.c \
	src/worker/holders_part.c src/worker/holders_parts.h \
	src/worker/holders_python.c src/worker/holders_python.h \
	src/worker/holders_room.c src/worker/holders_rows.c \
	src/worker/holders_tell.c src/worker/holders_value.c \
	src/worker/holders_walk.c \
	src/worker/inspect.c src/worker/inspect.h \
	src/worker/interp.c src/worker/interp.h \
	src/worker/kept.c src/worker/kept.h \
	src/worker/ledger.c src/worker/ledger.h \
	src/worker/link.c src/worker/link.h \
	src/worker/locals.c src/worker/locals.h \
	src/worker/loop_step.c src/worker/loop_step.h \
	src/worker/meters.c src/worker/meters.h \
	src/worker/module.c src/worker/module.h \
	src/worker/mappings.c src/worker/mappings.h \
	src/worker/native.c src/worker/native.h \
	src/worker/own.c src/worker/own.h \
	src/worker/pool_figures.c src/worker/pool_figures.h \
	src/worker/pools.c src/worker/pools.h \
	src/worker/publish.c src/worker/publish.h \
	src/worker/python_heap.c src/worker/python_heap.h \
	src/worker/qualname.c src/worker/qualname.h \
	src/worker/questions.c src/worker/questions.h \
	src/worker/recorder.c src/worker/recorder.h \
	src/worker/recorder_parts.h src/worker/recorder_type.c \
	src/worker/rss.c src/worker/rss.h \
	src/worker/self_check.c src/worker/self_check.h \
	src/worker/stop.c src/worker/stop.h \
	src/worker/tags.c src/worker/tags.h \
	src/worker/thread.c src/worker/thread.h \
	src/worker/tracer.c src/worker/tracer.h \
	src/worker/uvselector.c src/worker/uvselector.h \
	src/worker/witness.c src/worker/witness.h
WORKER_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS)
WORKER_LIBS = libwire.a libbase.a $(UV_LIBS) -lpthread -lm
CODE_TESTS =

if PYTHON_3_9
noinst_LIBRARIES += libworker-3.9.a
libworker_3_9_a_SOURCES = $(WORKER_SOURCES) $(WORKER_SETTRACE)
nodist_libworker_3_9_a_SOURCES = $(GLUE_GENERATED)
libworker_3_9_a_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_9_CPPFLAGS)
pkglibexec_PROGRAMS += pymemtop-worker-3.9
pymemtop_worker_3_9_SOURCES = src/worker/main.c
pymemtop_worker_3_9_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_9_CPPFLAGS)
pymemtop_worker_3_9_LDADD = libworker-3.9.a $(WORKER_LIBS) $(PYTHON_3_9_LIBS)
CODE_TESTS += tests/unit/test_worker_code-3.9
tests_unit_test_worker_code_3_9_SOURCES = tests/unit/test_worker_code.c
tests_unit_test_worker_code_3_9_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_9_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_code_3_9_LDADD = $(pymemtop_worker_3_9_LDADD) $(CMOCKA_LIBS)
endif

if PYTHON_3_10
noinst_LIBRARIES += libworker-3.10.a
libworker_3_10_a_SOURCES = $(WORKER_SOURCES) $(WORKER_SETTRACE)
nodist_libworker_3_10_a_SOURCES = $(GLUE_GENERATED)
libworker_3_10_a_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_10_CPPFLAGS)
pkglibexec_PROGRAMS += pymemtop-worker-3.10
pymemtop_worker_3_10_SOURCES = src/worker/main.c
pymemtop_worker_3_10_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_10_CPPFLAGS)
pymemtop_worker_3_10_LDADD = libworker-3.10.a $(WORKER_LIBS) $(PYTHON_3_10_LIBS)
CODE_TESTS += tests/unit/test_worker_code-3.10
tests_unit_test_worker_code_3_10_SOURCES = tests/unit/test_worker_code.c
tests_unit_test_worker_code_3_10_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_10_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_code_3_10_LDADD = $(pymemtop_worker_3_10_LDADD) $(CMOCKA_LIBS)
endif

if PYTHON_3_11
noinst_LIBRARIES += libworker-3.11.a
libworker_3_11_a_SOURCES = $(WORKER_SOURCES) $(WORKER_SETTRACE)
nodist_libworker_3_11_a_SOURCES = $(GLUE_GENERATED)
libworker_3_11_a_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_11_CPPFLAGS)
pkglibexec_PROGRAMS += pymemtop-worker-3.11
pymemtop_worker_3_11_SOURCES = src/worker/main.c
pymemtop_worker_3_11_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_11_CPPFLAGS)
pymemtop_worker_3_11_LDADD = libworker-3.11.a $(WORKER_LIBS) $(PYTHON_3_11_LIBS)
CODE_TESTS += tests/unit/test_worker_code-3.11
tests_unit_test_worker_code_3_11_SOURCES = tests/unit/test_worker_code.c
tests_unit_test_worker_code_3_11_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_11_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_code_3_11_LDADD = $(pymemtop_worker_3_11_LDADD) $(CMOCKA_LIBS)
endif

if PYTHON_3_12
noinst_LIBRARIES += libworker-3.12.a
libworker_3_12_a_SOURCES = $(WORKER_SOURCES) $(WORKER_MONITORING)
nodist_libworker_3_12_a_SOURCES = $(GLUE_GENERATED)
libworker_3_12_a_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_12_CPPFLAGS)
pkglibexec_PROGRAMS += pymemtop-worker-3.12
pymemtop_worker_3_12_SOURCES = src/worker/main.c
pymemtop_worker_3_12_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_12_CPPFLAGS)
pymemtop_worker_3_12_LDADD = libworker-3.12.a $(WORKER_LIBS) $(PYTHON_3_12_LIBS)
CODE_TESTS += tests/unit/test_worker_code-3.12
tests_unit_test_worker_code_3_12_SOURCES = tests/unit/test_worker_code.c
tests_unit_test_worker_code_3_12_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_12_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_code_3_12_LDADD = $(pymemtop_worker_3_12_LDADD) $(CMOCKA_LIBS)
endif

if PYTHON_3_13
noinst_LIBRARIES += libworker-3.13.a
libworker_3_13_a_SOURCES = $(WORKER_SOURCES) $(WORKER_MONITORING)
nodist_libworker_3_13_a_SOURCES = $(GLUE_GENERATED)
libworker_3_13_a_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_13_CPPFLAGS)
pkglibexec_PROGRAMS += pymemtop-worker-3.13
pymemtop_worker_3_13_SOURCES = src/worker/main.c
pymemtop_worker_3_13_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_13_CPPFLAGS)
pymemtop_worker_3_13_LDADD = libworker-3.13.a $(WORKER_LIBS) $(PYTHON_3_13_LIBS)
CODE_TESTS += tests/unit/test_worker_code-3.13
tests_unit_test_worker_code_3_13_SOURCES = tests/unit/test_worker_code.c
tests_unit_test_worker_code_3_13_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_3_13_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_worker_code_3_13_LDADD = $(pymemtop_worker_3_13_LDADD) $(CMOCKA_LIBS)
endif

# The tests of what does not depend on the Python link one of the archives, and the Python that other
# parts of it call.
if HAVE_CMOCKA
check_PROGRAMS += $(CODE_TESTS)
TESTS += $(CODE_TESTS)
WORKER_TESTS = \
	tests/unit/test_worker_filter \
	tests/unit/test_worker_gate \
	tests/unit/test_worker_heap \
	tests/unit/test_worker_kept \
	tests/unit/test_worker_meters \
	tests/unit/test_worker_own \
	tests/unit/test_worker_pools \
	tests/unit/test_worker_publish \
	tests/unit/test_worker_recorder \
	tests/unit/test_worker_rss \
	tests/unit/test_worker_stress \
	tests/unit/test_worker_tags \
	tests/unit/test_worker_witness
WORKER_TEST_CPPFLAGS = $(WORKER_CPPFLAGS) $(PYTHON_CPPFLAGS) $(CMOCKA_CFLAGS)
WORKER_TEST_LIBS = libworker-$(PYTHON_VERSION).a libwire.a libbase.a $(CMOCKA_LIBS) $(PYTHON_LIBS) \
	-lpthread
check_PROGRAMS += $(WORKER_TESTS)
TESTS += $(WORKER_TESTS)
tests_unit_test_worker_filter_SOURCES = tests/unit/test_worker_filter.c
tests_unit_test_worker_filter_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_filter_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_gate_SOURCES = tests/unit/test_worker_gate.c
tests_unit_test_worker_gate_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_gate_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_heap_SOURCES = tests/unit/test_worker_heap.c
tests_unit_test_worker_heap_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_heap_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_publish_SOURCES = tests/unit/test_worker_publish.c
tests_unit_test_worker_publish_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_publish_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_rss_SOURCES = tests/unit/test_worker_rss.c
tests_unit_test_worker_rss_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_rss_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_stress_SOURCES = tests/unit/test_worker_stress.c
tests_unit_test_worker_stress_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_stress_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_kept_SOURCES = tests/unit/test_worker_kept.c
tests_unit_test_worker_kept_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_kept_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_meters_SOURCES = tests/unit/test_worker_meters.c tests/unit/recorder_fixture.h
tests_unit_test_worker_meters_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_meters_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_own_SOURCES = tests/unit/test_worker_own.c tests/unit/recorder_fixture.h
tests_unit_test_worker_own_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_own_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_pools_SOURCES = tests/unit/test_worker_pools.c
tests_unit_test_worker_pools_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_pools_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_recorder_SOURCES = tests/unit/test_worker_recorder.c tests/unit/recorder_fixture.h
tests_unit_test_worker_recorder_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_recorder_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_tags_SOURCES = tests/unit/test_worker_tags.c
tests_unit_test_worker_tags_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_tags_LDADD = $(WORKER_TEST_LIBS)
tests_unit_test_worker_witness_SOURCES = tests/unit/test_worker_witness.c
tests_unit_test_worker_witness_CPPFLAGS = $(WORKER_TEST_CPPFLAGS)
tests_unit_test_worker_witness_LDADD = $(WORKER_TEST_LIBS)
endif

include src/worker/python/local.mk
