#include "config.h"
#include <Python.h>

#include "worker/embedded.h"

#include <string.h>

#define GLUE_PACKAGE "_pymemtop_glue"

int embedded_install(void)
{
    const struct embedded_source *source = embedded_sources();
    while (source->name && strcmp(source->name, GLUE_PACKAGE ".__init__") != 0)
        source++;
    if (!source->name) {
        PyErr_SetString(PyExc_ImportError, GLUE_PACKAGE " is not built in");
        return -1;
    }
    /* The package holds the finder, which cannot find itself: this one module is made by hand. */
    PyObject *code =
        Py_CompileString(source->source, "<pymemtop>/" GLUE_PACKAGE "/__init__.py", Py_file_input);
    PyObject *module = code ? PyImport_ExecCodeModule(GLUE_PACKAGE, code) : NULL;
    Py_XDECREF(code);
    Py_XDECREF(module);
    return module ? 0 : -1;
}
