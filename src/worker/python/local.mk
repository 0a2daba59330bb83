# The worker's Python, built in. src/worker/local.mk includes this file and adds $(GLUE_GENERATED) to
# the nodist sources of its archive.
GLUE_MODULES = \
	src/worker/python/_pymemtop_glue/__init__.py \
	src/worker/python/_pymemtop_glue/alive.py \
	src/worker/python/_pymemtop_glue/app_v1.py \
	src/worker/python/_pymemtop_glue/app_v2.py \
	src/worker/python/_pymemtop_glue/bindings.py \
	src/worker/python/_pymemtop_glue/breaking.py \
	src/worker/python/_pymemtop_glue/context.py \
	src/worker/python/_pymemtop_glue/converters.py \
	src/worker/python/_pymemtop_glue/decorating.py \
	src/worker/python/_pymemtop_glue/failures.py \
	src/worker/python/_pymemtop_glue/forks.py \
	src/worker/python/_pymemtop_glue/function.py \
	src/worker/python/_pymemtop_glue/host.py \
	src/worker/python/_pymemtop_glue/http.py \
	src/worker/python/_pymemtop_glue/invocation.py \
	src/worker/python/_pymemtop_glue/leftovers.py \
	src/worker/python/_pymemtop_glue/logs.py \
	src/worker/python/_pymemtop_glue/loop.py \
	src/worker/python/_pymemtop_glue/main.py \
	src/worker/python/_pymemtop_glue/payload.py \
	src/worker/python/_pymemtop_glue/script.py \
	src/worker/python/_pymemtop_glue/stopping.py \
	src/worker/python/_pymemtop_glue/profiler.py \
	src/worker/python/_pymemtop_glue/reports.py \
	src/worker/python/_pymemtop_glue/tables.py \
	src/worker/python/_pymemtop_glue/threads.py \
	src/worker/python/_pymemtop_glue/timestamps.py \
	src/worker/python/_pymemtop_glue/unwrap.py \
	src/worker/python/_pymemtop_glue/usage.py \
	src/worker/python/_pymemtop_glue/wire.py \
	src/worker/python/_pymemtop_glue/wrapping.py \
	src/worker/python/memory_profiler.py
GLUE_GENERATED = src/worker/python/embedded_sources.c

BUILT_SOURCES += $(GLUE_GENERATED)
CLEANFILES += $(GLUE_GENERATED)
EXTRA_DIST += src/worker/python/embed.py $(GLUE_MODULES)

# The names stand once in GLUE_MODULES; where the files are, srcdir says, since a build may be
# anywhere. A module that is added or removed is seen by this file, in which it is named.
src/worker/python/embedded_sources.c: src/worker/python/embed.py src/worker/python/local.mk \
	  $(GLUE_MODULES)
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cd $(srcdir) && \
	  $(PYTHON) -I src/worker/python/embed.py $(abs_builddir)/$@ src/worker/python $(GLUE_MODULES)
