# tui: the model on a screen of cells; term.c alone knows curses. Depends on model and base.
noinst_LIBRARIES += libtui.a
libtui_a_SOURCES = \
	tui/act.c tui/act.h \
	tui/bars.c tui/bars.h \
	tui/capture.c tui/capture.h \
	tui/chain.c tui/chain.h \
	tui/command.c \
	tui/detail.c tui/detail.h \
	tui/detail_stop.c tui/detail_stop.h \
	tui/difference.c \
	tui/format.c tui/format.h \
	tui/glyph.c tui/glyph.h \
	tui/grid.c tui/grid.h \
	tui/highlight.c tui/highlight.h \
	tui/holder_keys.c \
	tui/holders_rows.c tui/holders_rows.h \
	tui/holders_words.c tui/holders_words.h \
	tui/keys.c tui/keys.h \
	tui/layout.c tui/layout.h \
	tui/leak_words.c tui/leak_words.h \
	tui/live_commands.c \
	tui/live_words.c tui/live_words.h \
	tui/list.c tui/list.h \
	tui/mouse.c \
	tui/pointer.c tui/pointer.h \
	tui/prompt.c \
	tui/replay.c tui/replay.h \
	tui/run.c \
	tui/save.c tui/save.h \
	tui/scene.c tui/scene.h \
	tui/scrubber.c tui/scrubber.h \
	tui/script.c tui/script.h \
	tui/snapshot.c tui/snapshot.h \
	tui/step.c \
	tui/style.c tui/style.h \
	tui/target.c \
	tui/term.c tui/term.h \
	tui/ui.c tui/ui.h \
	tui/versions.c tui/versions.h \
	tui/view.c tui/view.h \
	tui/view_evidence.c \
	tui/view_functions.c \
	tui/view_help.c \
	tui/view_holders.c \
	tui/view_hot.c \
	tui/view_invocations.c \
	tui/view_leaks.c \
	tui/view_live.c \
	tui/view_output.c \
	tui/view_pick.c \
	tui/view_source.c \
	tui/view_stop.c
libtui_a_CPPFLAGS = $(AM_CPPFLAGS) $(NCURSESW_CFLAGS)
TUI_LIBS = libtui.a libmodel.a libbase.a

if HAVE_CMOCKA
tui_tests = \
	tests/unit/test_tui_format \
	tests/unit/test_tui_grid \
	tests/unit/test_tui_highlight \
	tests/unit/test_tui_holders \
	tests/unit/test_tui_keys \
	tests/unit/test_tui_layout \
	tests/unit/test_tui_live \
	tests/unit/test_tui_pointer \
	tests/unit/test_tui_run \
	tests/unit/test_tui_replay \
	tests/unit/test_tui_script \
	tests/unit/test_tui_step \
	tests/unit/test_tui_ui
check_PROGRAMS += $(tui_tests)
TESTS += $(tui_tests)
tests_unit_test_tui_format_SOURCES = tests/unit/test_tui_format.c
tests_unit_test_tui_format_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_format_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_grid_SOURCES = tests/unit/test_tui_grid.c
tests_unit_test_tui_grid_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_grid_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_highlight_SOURCES = tests/unit/test_tui_highlight.c
tests_unit_test_tui_highlight_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_highlight_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_holders_SOURCES = tests/unit/test_tui_holders.c tests/unit/ui_fixture.h \
	tests/golden/fixture.c tests/golden/fixture.h tests/golden/fixture_holders.c
tests_unit_test_tui_holders_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_holders_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_keys_SOURCES = tests/unit/test_tui_keys.c
tests_unit_test_tui_keys_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_keys_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_layout_SOURCES = tests/unit/test_tui_layout.c
tests_unit_test_tui_layout_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_layout_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_live_SOURCES = tests/unit/test_tui_live.c tests/unit/ui_fixture.h \
	tests/golden/fixture.c tests/golden/fixture.h tests/golden/fixture_live.c
tests_unit_test_tui_live_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_live_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_pointer_SOURCES = tests/unit/test_tui_pointer.c
tests_unit_test_tui_pointer_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_pointer_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_run_SOURCES = tests/unit/test_tui_run.c \
	tests/golden/fixture.c tests/golden/fixture.h
tests_unit_test_tui_run_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_run_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_replay_SOURCES = tests/unit/test_tui_replay.c tests/unit/ui_fixture.h \
	tests/golden/fixture.c tests/golden/fixture.h
tests_unit_test_tui_replay_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_replay_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_script_SOURCES = tests/unit/test_tui_script.c \
	tests/golden/fixture.c tests/golden/fixture.h
tests_unit_test_tui_script_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_script_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_step_SOURCES = tests/unit/test_tui_step.c tests/unit/ui_fixture.h \
	tests/golden/fixture.c tests/golden/fixture.h
tests_unit_test_tui_step_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_step_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
tests_unit_test_tui_ui_SOURCES = tests/unit/test_tui_ui.c tests/unit/ui_fixture.h \
	tests/golden/fixture.c tests/golden/fixture.h
tests_unit_test_tui_ui_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tui_ui_LDADD = $(TUI_LIBS) $(CMOCKA_LIBS)
endif

# Key scripts are any file.
check_PROGRAMS += tests/fuzz/fuzz_script
TESTS += tests/fuzz/fuzz_script
tests_fuzz_fuzz_script_SOURCES = tests/fuzz/fuzz_script.c tests/fuzz/fuzz_main.h \
	tests/golden/fixture.c tests/golden/fixture.h
tests_fuzz_fuzz_script_LDADD = $(TUI_LIBS)

# The golden screens, made again by: make check TESTS=tests/golden/driver PYMEMTOP_GOLDEN_WRITE=1
check_PROGRAMS += tests/golden/driver
TESTS += tests/golden/driver
tests_golden_driver_SOURCES = tests/golden/driver.c \
	tests/golden/fixture.c tests/golden/fixture.h tests/golden/fixture_holders.c \
	tests/golden/fixture_imported.c tests/golden/fixture_live.c
tests_golden_driver_CFLAGS = $(AM_CFLAGS)
tests_golden_driver_LDADD = libreport.a $(TUI_LIBS) $(YAJL_LIBS) $(CSV_LIBS) -lm
EXTRA_DIST += tests/golden/screens
