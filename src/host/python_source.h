/*
 * A look at Python source without running it: the statements that begin in the first column,
 * whether one of them gives a value to a name, and where the FunctionApp is. Enough to add to a
 * file without breaking it; names that code makes while it runs are not seen. No state; any thread.
 */
#ifndef HOST_PYTHON_SOURCE_H
#define HOST_PYTHON_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* True where `name` can be the name of a Python function: ASCII letters, digits and _, no digit
 * first, and no keyword. */
bool python_is_name(const char *name);
/* True where the source ends within a statement: in a string or bracket that is still open, after a
 * backslash, or after a decorator. What follows would become a part of it. */
bool python_is_cut_off(const char *source);
/* The line (from 1) of the first statement that gives the module's name `name` a value by def,
 * class, import or assignment; 0 where there is none. */
size_t python_line_of_name(const char *source, const char *name);
/* The line (from 1) of the first function with a decorator that Azure Functions would call `name`,
 * upper and lower case being the same to it: by its def, or by @app.function_name; 0: none. */
size_t python_line_of_function(const char *source, const char *name);
/* The name to which the module assigns its FunctionApp(...), as `app`; the caller frees it. NULL
 * where no statement does. */
char *python_function_app(const char *source);

#endif
