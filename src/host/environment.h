/*
 * The app's Python environment: whose site-packages the worker uses, and which Python version that
 * is. In this order: --python (an interpreter or a virtual environment), VIRTUAL_ENV, a .venv in
 * the app root or in a folder above it; else none, and the worker's own packages are used, behind
 * those in .python_packages/lib/site-packages of the app root.
 */
#ifndef HOST_ENVIRONMENT_H
#define HOST_ENVIRONMENT_H

#include <stdbool.h>

#include "base/error.h"

#define ENVIRONMENT_VERSION_SIZE 16

struct environment {
    char *directory;  /* owned; the virtual environment, NULL where it is none */
    char *executable; /* owned; its interpreter; NULL: no environment was found */
    char version[ENVIRONMENT_VERSION_SIZE]; /* "3.11"; "" where no environment was found */
};

/* Find the environment for the app in `app_root`; `python` is the value of --python or NULL. 0, or
 * -1 with `error` (EXIT_STATUS_APP) where one is named but cannot be used. *environment is filled
 * in in either case. May run the interpreter of --python to ask for its version. */
int environment_find(struct environment *environment, const char *python, const char *app_root,
                     struct error *error);
/* The version of the python3 that a command line would run: the first one on PATH. True, or false
 * where there is none that says its version. Runs it where its file's name does not tell. */
bool environment_default_version(char version[ENVIRONMENT_VERSION_SIZE]);
void environment_fini(struct environment *environment);

#endif
