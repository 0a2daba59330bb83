/*
 * The fields of the model's structs that a recording keeps: all that can be seen, and what was
 * recorded of it is never read as another field, since a field's place in its table is its number
 * in the file. New fields go to the end.
 */
#ifndef STORE_FIELDS_H
#define STORE_FIELDS_H

#include "store/record.h"

extern const struct record record_model;          /* struct model, without its parts */
extern const struct record record_model_function; /* struct model_function */
extern const struct record record_file;           /* struct file, without text and lines */
extern const struct record record_file_function;  /* struct file_function */
extern const struct record record_file_line;      /* struct file_line: total and trend */
extern const struct record record_invocation;     /* struct invocation, without its lines */
extern const struct record record_line_stats;     /* struct line_stats */
extern const struct record record_function_count; /* struct function_count */
extern const struct record record_kept_place;     /* struct kept_invocation */
extern const struct record record_leak;           /* struct leak */
extern const struct record record_stop;           /* struct stop, without its arrays */
extern const struct record record_stop_frame;     /* struct stop_frame */
extern const struct record record_stop_local;     /* struct stop_local */
extern const struct record record_stop_other;     /* struct stop_other */
extern const struct record record_breakpoint;     /* struct breakpoint */

#endif
