/*
 * Recordings that a command is given to read. Whatever is wrong with such a file, it is the wrong
 * one: the error's status is EXIT_STATUS_USAGE.
 */
#ifndef HOST_RECORDING_FILE_H
#define HOST_RECORDING_FILE_H

#include "base/attributes.h"
#include "base/error.h"
#include "store/replay.h"

/* Open a recording at its last event; NULL with `error`. */
struct replay *recording_file_open(const char *path, struct error *error) ATTR_CHECKED;

#endif
