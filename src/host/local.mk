# host: the command line, the app, HTTP, the worker's supervision, and the commands. Depends on all
# layers but worker. Everything but main.c is an archive, so that tests can link it.
noinst_LIBRARIES += libhost.a
libhost_a_CPPFLAGS = $(AM_CPPFLAGS) -DPKGLIBEXECDIR='"$(pkglibexecdir)"'
libhost_a_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(MHD_CFLAGS) $(JANSSON_CFLAGS) $(NCURSESW_CFLAGS) $(PCRE2_CFLAGS)
libhost_a_SOURCES = \
	src/host/admin.c src/host/admin.h \
	src/host/app.c src/host/app.h \
	src/host/asking.c src/host/asking.h \
	src/host/auth.c src/host/auth.h \
	src/host/batch.c src/host/batch.h \
	src/host/body.c src/host/body.h \
	src/host/bytecode.c src/host/bytecode.h \
	src/host/calls.c src/host/calls.h \
	src/host/census_json.c src/host/census_json.h \
	src/host/cgroup.c src/host/cgroup.h \
	src/host/client.c src/host/client.h \
	src/host/collector.c src/host/collector.h \
	src/host/configuration.c src/host/configuration.h \
	src/host/connections.c src/host/connections.h \
	src/host/console.c src/host/console.h \
	src/host/cors.c src/host/cors.h \
	src/host/constraint.c src/host/constraint.h \
	src/host/date_text.c src/host/date_text.h \
	src/host/diff.c src/host/diff.h \
	src/host/drain.c src/host/drain.h \
	src/host/drain_heap.c src/host/drain_parts.h \
	src/host/environment.c src/host/environment.h \
	src/host/fingerprint.c src/host/fingerprint.h \
	src/host/front.c src/host/front.h \
	src/host/function.c src/host/function.h \
	src/host/host.c src/host/host.h src/host/host_parts.h \
	src/host/holders_json.c src/host/holders_json.h \
	src/host/host_collect.c \
	src/host/host_holders.c \
	src/host/host_reload.c \
	src/host/host_stop.c \
	src/host/host_worker.c \
	src/host/http_check.c src/host/http_check.h \
	src/host/http_server.c src/host/http_server.h \
	src/host/import.c src/host/import.h \
	src/host/import_screen.c src/host/import_screen.h \
	src/host/inquirer.c src/host/inquirer.h \
	src/host/inquiry.c src/host/inquiry.h \
	src/host/invoke.c src/host/invoke.h \
	src/host/json_file.c src/host/json_file.h \
	src/host/kql.c src/host/kql.h \
	src/host/limit.c src/host/limit.h \
	src/host/linger.c src/host/linger.h \
	src/host/link.c src/host/link.h \
	src/host/listener.c src/host/listener.h \
	src/host/live.c src/host/live.h \
	src/host/load.c src/host/load.h \
	src/host/local_settings.c src/host/local_settings.h \
	src/host/log_levels.c src/host/log_levels.h \
	src/host/ncrontab.c src/host/ncrontab.h \
	src/host/new.c src/host/new.h \
	src/host/new_text.c src/host/new_text.h \
	src/host/notes.c src/host/notes.h \
	src/host/number.c src/host/number.h \
	src/host/options.c src/host/options.h \
	src/host/orphans.c src/host/orphans.h \
	src/host/package_scan.c src/host/package_scan.h \
	src/host/path.c src/host/path.h \
	src/host/player.c src/host/player.h \
	src/host/player_match.c src/host/player_match.h \
	src/host/program.c src/host/program.h \
	src/host/python_source.c src/host/python_source.h \
	src/host/record_keys.c src/host/record_keys.h \
	src/host/recorder.c src/host/recorder.h \
	src/host/recording_file.c src/host/recording_file.h \
	src/host/replay_command.c src/host/replay_command.h \
	src/host/report_file.c src/host/report_file.h \
	src/host/report_format.c src/host/report_format.h \
	src/host/report_options.c src/host/report_options.h \
	src/host/requests.c src/host/requests.h \
	src/host/retry.c src/host/retry.h \
	src/host/routes.c src/host/routes.h \
	src/host/run.c src/host/run.h \
	src/host/run_input.c src/host/run_input.h \
	src/host/run_options.c src/host/run_options.h \
	src/host/run_report.c src/host/run_report.h \
	src/host/runs.c src/host/runs.h \
	src/host/schedule.c src/host/schedule.h \
	src/host/screen.c src/host/screen.h \
	src/host/series_file.c src/host/series_file.h \
	src/host/series_list.c src/host/series_list.h \
	src/host/series_peak.c src/host/series_peak.h \
	src/host/series_plot.c src/host/series_plot.h \
	src/host/settings.c src/host/settings.h \
	src/host/shared.h \
	src/host/start.c src/host/start.h \
	src/host/stepper.c src/host/stepper.h \
	src/host/stepper_account.c src/host/stepper_account.h \
	src/host/stepping.c src/host/stepping.h \
	src/host/supervisor.c src/host/supervisor.h \
	src/host/template.c src/host/template.h \
	src/host/temporary.c src/host/temporary.h \
	src/host/text_pipe.c src/host/text_pipe.h \
	src/host/time_span.c src/host/time_span.h \
	src/host/timers.c src/host/timers.h \
	src/host/url_path.c src/host/url_path.h \
	src/host/watch.c src/host/watch.h \
	src/host/workers.c src/host/workers.h \
	src/host/write_set.c src/host/write_set.h

HOST_LIBS = libhost.a libtui.a libreport.a libstore.a libmodel.a libwire.a libbase.a \
	$(UV_LIBS) $(MHD_LIBS) $(JANSSON_LIBS) $(NCURSESW_LIBS) $(PCRE2_LIBS) \
	$(YAJL_LIBS) $(CSV_LIBS) $(SQLITE_LIBS) -lpthread -lm

bin_PROGRAMS += pymemtop
pymemtop_SOURCES = src/host/main.c
pymemtop_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS)
pymemtop_LDADD = $(HOST_LIBS)

dist_man_MANS += src/host/pymemtop.1

HOST_TEST_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(MHD_CFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
HOST_TEST_LIBS = $(HOST_LIBS) $(CMOCKA_LIBS)

if HAVE_CMOCKA
HOST_TESTS = \
	tests/unit/test_host_app \
	tests/unit/test_host_asking \
	tests/unit/test_host_auth \
	tests/unit/test_host_body \
	tests/unit/test_host_calls \
	tests/unit/test_host_collector \
	tests/unit/test_host_configuration \
	tests/unit/test_host_cors \
	tests/unit/test_host_constraint \
	tests/unit/test_host_drain \
	tests/unit/test_host_drain_heap \
	tests/unit/test_host_environment \
	tests/unit/test_host_http \
	tests/unit/test_host_inquiry \
	tests/unit/test_host_log_levels \
	tests/unit/test_host_ncrontab \
	tests/unit/test_host_limit \
	tests/unit/test_host_options \
	tests/unit/test_host_python_source \
	tests/unit/test_host_retry \
	tests/unit/test_host_routes \
	tests/unit/test_host_settings \
	tests/unit/test_host_stepper \
	tests/unit/test_host_streams \
	tests/unit/test_host_supervisor \
	tests/unit/test_host_time_span \
	tests/unit/test_host_timers \
	tests/unit/test_host_watch
check_PROGRAMS += $(HOST_TESTS)
TESTS += $(HOST_TESTS)
tests_unit_test_host_app_SOURCES = tests/unit/test_host_app.c tests/unit/host_fixture.h
tests_unit_test_host_app_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_app_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_body_SOURCES = tests/unit/test_host_body.c tests/unit/host_fixture.h
tests_unit_test_host_body_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_body_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_calls_SOURCES = tests/unit/test_host_calls.c tests/unit/host_fixture.h
tests_unit_test_host_calls_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_calls_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_constraint_SOURCES = tests/unit/test_host_constraint.c tests/unit/host_fixture.h
tests_unit_test_host_constraint_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_constraint_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_drain_SOURCES = \
	tests/unit/test_host_drain.c tests/unit/drain_fixture.h tests/unit/host_fixture.h
tests_unit_test_host_drain_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_drain_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_drain_heap_SOURCES = \
	tests/unit/test_host_drain_heap.c tests/unit/drain_fixture.h tests/unit/host_fixture.h
tests_unit_test_host_drain_heap_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_drain_heap_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_environment_SOURCES = tests/unit/test_host_environment.c tests/unit/host_fixture.h
tests_unit_test_host_environment_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_environment_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_http_SOURCES = tests/unit/test_host_http.c tests/unit/host_fixture.h
tests_unit_test_host_http_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_http_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_ncrontab_SOURCES = tests/unit/test_host_ncrontab.c tests/unit/host_fixture.h
tests_unit_test_host_ncrontab_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_ncrontab_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_inquiry_SOURCES = tests/unit/test_host_inquiry.c
tests_unit_test_host_inquiry_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_inquiry_LDADD = $(HOST_TEST_LIBS)

tests_unit_test_host_limit_SOURCES = tests/unit/test_host_limit.c tests/unit/host_fixture.h
tests_unit_test_host_limit_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_limit_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_options_SOURCES = tests/unit/test_host_options.c tests/unit/host_fixture.h
tests_unit_test_host_options_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_options_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_python_source_SOURCES = tests/unit/test_host_python_source.c tests/unit/host_fixture.h
tests_unit_test_host_python_source_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_python_source_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_retry_SOURCES = tests/unit/test_host_retry.c tests/unit/host_fixture.h
tests_unit_test_host_retry_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_retry_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_routes_SOURCES = tests/unit/test_host_routes.c tests/unit/host_fixture.h
tests_unit_test_host_routes_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_routes_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_settings_SOURCES = tests/unit/test_host_settings.c tests/unit/host_fixture.h
tests_unit_test_host_settings_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_settings_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_stepper_SOURCES = \
	tests/unit/test_host_stepper.c tests/unit/drain_fixture.h tests/unit/host_fixture.h
tests_unit_test_host_stepper_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_stepper_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_streams_SOURCES = tests/unit/test_host_streams.c tests/unit/host_fixture.h
tests_unit_test_host_streams_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_streams_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_timers_SOURCES = tests/unit/test_host_timers.c tests/unit/host_fixture.h
tests_unit_test_host_timers_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_timers_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_watch_SOURCES = tests/unit/test_host_watch.c tests/unit/host_fixture.h
tests_unit_test_host_watch_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_watch_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_collector_SOURCES = tests/unit/test_host_collector.c
tests_unit_test_host_collector_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_collector_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_configuration_SOURCES = tests/unit/test_host_configuration.c tests/unit/host_fixture.h
tests_unit_test_host_configuration_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_configuration_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_log_levels_SOURCES = tests/unit/test_host_log_levels.c tests/unit/host_fixture.h
tests_unit_test_host_log_levels_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_log_levels_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_supervisor_SOURCES = \
	tests/unit/test_host_supervisor.c tests/unit/host_fixture.h
tests_unit_test_host_supervisor_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_supervisor_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_time_span_SOURCES = tests/unit/test_host_time_span.c tests/unit/host_fixture.h
tests_unit_test_host_time_span_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_time_span_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_cors_SOURCES = tests/unit/test_host_cors.c tests/unit/host_fixture.h
tests_unit_test_host_cors_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_cors_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_asking_SOURCES = tests/unit/test_host_asking.c
tests_unit_test_host_asking_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_asking_LDADD = $(HOST_TEST_LIBS)
tests_unit_test_host_auth_SOURCES = tests/unit/test_host_auth.c tests/unit/host_fixture.h
tests_unit_test_host_auth_CFLAGS = $(HOST_TEST_CFLAGS)
tests_unit_test_host_auth_LDADD = $(HOST_TEST_LIBS)
endif

# Routes and paths are parsed from outside text; see src/wire/local.mk for what this is without an engine.
check_PROGRAMS += tests/fuzz/fuzz_ncrontab tests/fuzz/fuzz_routes
TESTS += tests/fuzz/fuzz_ncrontab tests/fuzz/fuzz_routes
tests_fuzz_fuzz_ncrontab_SOURCES = tests/fuzz/fuzz_ncrontab.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_ncrontab_LDADD = $(HOST_LIBS)
tests_fuzz_fuzz_routes_SOURCES = tests/fuzz/fuzz_routes.c tests/fuzz/fuzz_main.h
tests_fuzz_fuzz_routes_LDADD = $(HOST_LIBS)

# Run by tests/e2e/test_replay.py, with an app.
check_PROGRAMS += tests/replay/live_equal
tests_replay_live_equal_SOURCES = tests/replay/live_equal.c
tests_replay_live_equal_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS) $(MHD_CFLAGS) $(JANSSON_CFLAGS)
tests_replay_live_equal_LDADD = $(HOST_LIBS)

# How long keys of a replay take; run by tests/bench/replay_bench.py.
check_PROGRAMS += tests/bench/replay_keys
tests_bench_replay_keys_SOURCES = tests/bench/replay_keys.c
tests_bench_replay_keys_CFLAGS = $(AM_CFLAGS) $(UV_CFLAGS)
tests_bench_replay_keys_LDADD = $(HOST_LIBS)
