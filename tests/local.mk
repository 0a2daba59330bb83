# Checks over the tree, run by make check. The unit tests stand in their layers' fragments.
# They are the same for every compiler: `make check TREE_CHECKS=` leaves them out.
TREE_CHECKS = tests/check_layers tests/check_layers_fail tests/check_headers tests/check_format \
	tests/check_tidy tests/check_banned
TESTS += $(TREE_CHECKS)

# What the checks have to know of the build. srcdir is set by automake's test driver.
AM_TESTS_ENVIRONMENT = \
	CC='$(CC)'; export CC; \
	CHECK_FLAGS='-I$(abs_builddir) -I$(abs_top_srcdir)/src -I$(abs_top_srcdir) $(WARN_CFLAGS) \
	  $(UV_CFLAGS) $(MHD_CFLAGS) $(JANSSON_CFLAGS) $(NCURSESW_CFLAGS) $(PCRE2_CFLAGS) $(YAJL_CFLAGS) \
	  $(SQLITE_CFLAGS) \
	  -DPKGLIBEXECDIR=__FILE__ -DPYTHON_VERSION=__FILE__ -DPYTHON_PREFIX=__FILE__ \
	  -DPYTHON_EXECUTABLE=__FILE__'; export CHECK_FLAGS; \
	PYTHON_CFLAGS='$(PYTHON_CFLAGS)'; export PYTHON_CFLAGS; \
	PYTHON_SETTRACE_CFLAGS='$(PYTHON_SETTRACE_CFLAGS)'; export PYTHON_SETTRACE_CFLAGS; \
	PYTHON_MONITORING_CFLAGS='$(PYTHON_MONITORING_CFLAGS)'; export PYTHON_MONITORING_CFLAGS; \
	CLANG_FORMAT='$(CLANG_FORMAT)'; export CLANG_FORMAT; \
	CLANG_TIDY='$(CLANG_TIDY)'; export CLANG_TIDY;

EXTRA_DIST += tests/check_layers tests/check_layers_fail tests/check_headers tests/check_format \
	tests/check_tidy tests/check_banned tests/conftest.py tests/requirements.txt tests/run
# Plays the host for tests/worker/test_stop.py.
check_PROGRAMS += tests/worker/stopper
tests_worker_stopper_SOURCES = tests/worker/stopper.c
tests_worker_stopper_LDADD = libwire.a libbase.a

EXTRA_DIST += tests/apps tests/bench tests/e2e tests/kusto tests/leaks tests/mprofile tests/packages tests/worker

# The worker's allocators and its tables of blocks, under valgrind's memcheck, on every Python: what the
# heap's scripts do, of which there is less here, since threads take turns and each step takes some
# fifty times as long; a minute or two for a Python. valgrind's malloc takes the place of the C
# library's and not of the worker's own, which calls it.
VALGRIND = valgrind
VALGRIND_FLAGS = -q --error-exitcode=99 --fair-sched=yes --num-callers=25 \
	--soname-synonyms=somalloc=nouserintercepts --suppressions=$(srcdir)/tests/valgrind.supp
check-valgrind: $(pkglibexec_PROGRAMS)
	@for worker in $(pkglibexec_PROGRAMS); do \
	  for script in heap native; do \
	    echo "$$worker $$script.py"; \
	    PYMEMTOP_TEST_STRESS=3 $(VALGRIND) $(VALGRIND_FLAGS) ./$$worker \
	      --run $(srcdir)/tests/worker/scripts/$$script.py || exit; \
	  done; \
	done
.PHONY: check-valgrind

EXTRA_DIST += tests/valgrind.supp
