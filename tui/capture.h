/*
 * Standard error while the screen is up: what libraries print there would stand in the middle of
 * the display, and be gone with it. It is kept in memory and printed once the screen is given back.
 */
#ifndef TUI_CAPTURE_H
#define TUI_CAPTURE_H

/* Begin to keep what is written to descriptor 2, where that is a terminal. */
void capture_start(void);
/* Give descriptor 2 back and print what was kept. Safe in a signal handler. Without capture_start
 * nothing happens. */
void capture_stop(void);

#endif
