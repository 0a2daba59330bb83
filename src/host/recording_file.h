/*
 * Recordings that a command is given to read. Whatever is wrong with such a file, it is the wrong
 * one: the error's status is EXIT_STATUS_USAGE.
 */
#ifndef HOST_RECORDING_FILE_H
#define HOST_RECORDING_FILE_H

#include "base/attributes.h"
#include "base/error.h"
#include "store/replay.h"

/* What can be said of a file before anybody asks what is in it: is it there, is it a file, may it
 * be read? 0, or -1 with `error`. */
int recording_file_check(const char *path, struct error *error) ATTR_CHECKED;
/* Open a recording at its last event; NULL with `error`. */
struct replay *recording_file_open(const char *path, struct error *error) ATTR_CHECKED;

#endif
