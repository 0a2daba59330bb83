/*
 * Start of the interpreter.
 *
 * The worker is linked to one libpython, so the standard library must be that libpython's, whatever
 * Python made the app's virtual environment: home is fixed at configure time. The environment's
 * site-packages are then found by Python's own rules: with sys.executable set to the environment's
 * python, site.main() reads pyvenv.cfg beside it, sets sys.prefix, honours
 * include-system-site-packages and runs .pth files, as it does at the start of a real interpreter.
 * PyConfig, given a home, skips its own search for pyvenv.cfg; site's is enough.
 */
#include "config.h"
#include <Python.h>

#include "worker/interp.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static int config_string(PyConfig *config, wchar_t **field, const char *text)
{
    PyStatus status = PyConfig_SetBytesString(config, field, text);
    return PyStatus_Exception(status) ? -1 : 0;
}

/* Python makes a script's path absolute where it reads its own command line; without one it runs
 * standard input. */
static int set_script(PyConfig *config, const char *script)
{
    if (strcmp(script, "-") == 0)
        return 0;
    char *folder = script[0] == '/' ? NULL : get_current_dir_name();
    char *path = folder ? mem_printf("%s/%s", folder, script) : mem_strdup(script);
    int result = config_string(config, &config->run_filename, path);
    free(path);
    free(folder);
    return result;
}

/* sys.argv: the script's name, or "-m" for runpy to replace, and the arguments. */
static int set_arguments(PyConfig *config, const struct interp_program *program)
{
    size_t count = 0;
    while (program->arguments[count])
        count++;
    char **words = mem_calloc(count + 1, sizeof *words);
    words[0] = mem_strdup(program->module ? "-m" : program->script);
    memcpy(words + 1, program->arguments, count * sizeof *words);
    PyStatus status = PyConfig_SetBytesArgv(config, (Py_ssize_t)count + 1, words);
    free(words[0]);
    free(words);
    return PyStatus_Exception(status) ? -1 : 0;
}

/* sys.orig_argv: the command line by which `python` runs the program. Servers that reload
 * themselves begin again with it. */
#if PY_VERSION_HEX >= 0x030a0000
static int add_original(PyConfig *config, const char *word)
{
    wchar_t *wide = Py_DecodeLocale(word, NULL);
    if (!wide)
        return -1;
    PyStatus status = PyWideStringList_Append(&config->orig_argv, wide);
    PyMem_RawFree(wide);
    return PyStatus_Exception(status) ? -1 : 0;
}

static int set_original_arguments(PyConfig *config, const char *executable,
                                  const struct interp_program *program)
{
    int result = add_original(config, executable);
    if (program->module)
        result |= add_original(config, "-m");
    result |= add_original(config, program->module ? program->module : program->script);
    for (char *const *word = program->arguments; *word; word++)
        result |= add_original(config, *word);
    return result;
}
#else
static int set_original_arguments(PyConfig *config, const char *executable,
                                  const struct interp_program *program)
{
    (void)config, (void)executable, (void)program;
    return 0;
}
#endif

static int set_program(PyConfig *config, const char *executable,
                       const struct interp_program *program)
{
    if (!program)
        return 0;
    int result = program->module ? config_string(config, &config->run_module, program->module)
                                 : set_script(config, program->script);
    if (result == 0)
        result = set_arguments(config, program);
    return result == 0 ? set_original_arguments(config, executable, program) : result;
}

static PyStatus initialize(const char *executable, const struct interp_program *program)
{
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    PyStatus status = PyStatus_NoMemory();
    if (config_string(&config, &config.home, PYTHON_PREFIX) == 0 &&
        config_string(&config, &config.program_name, executable) == 0 &&
        config_string(&config, &config.executable, executable) == 0 &&
        set_program(&config, executable, program) == 0)
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

int interp_error(struct error *error, const char *doing)
{
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    const char *message = text ? PyUnicode_AsUTF8(text) : NULL;
    error_set(error, EXIT_STATUS_INTERNAL, "%s: %s: %s", doing,
              type ? ((PyTypeObject *)type)->tp_name : "error", message ? message : "?");
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return -1;
}

/* sys.path (borrowed), NULL where it is no list. */
static PyObject *search_path(void)
{
    PyObject *path = PySys_GetObject("path");
    return path && PyList_Check(path) ? path : NULL;
}

/* Put `folder` into sys.path at `index`, or at its end where that is less. */
static int insert_into_path(const char *folder, Py_ssize_t index)
{
    PyObject *path = search_path();
    PyObject *entry = PyUnicode_DecodeFSDefault(folder);
    int result = path && entry ? PyList_Insert(path, index, entry) : -1;
    Py_XDECREF(entry);
    return result;
}

/* The index in sys.path that follows the standard library, whose last folder this is; behind it the
 * site module has put the packages. */
static Py_ssize_t library_end(void)
{
    static const char last[] = "/lib-dynload";
    PyObject *path = search_path();
    Py_ssize_t count = path ? PyList_Size(path) : 0;
    for (Py_ssize_t i = count; i > 0; i--) {
        PyObject *entry = PyList_GetItem(path, i - 1); /* borrowed */
        const char *text = PyUnicode_Check(entry) ? PyUnicode_AsUTF8(entry) : NULL;
        size_t len = text ? strlen(text) : 0;
        if (len >= sizeof last && strcmp(text + len - strlen(last), last) == 0)
            return i;
        PyErr_Clear();
    }
    return count;
}

/* The packages that were installed into the app's own folder, as for a deployment, come before
 * those of the worker's Python. 0 where there are none. */
static int add_deployed_packages(const char *app_root)
{
    char folder[PATH_MAX];
    int written =
        snprintf(folder, sizeof folder, "%s/.python_packages/lib/site-packages", app_root);
    if (written < 0 || (size_t)written >= sizeof folder || access(folder, X_OK) != 0)
        return 0;
    return insert_into_path(folder, library_end());
}

/* Behind the standard library and the packages comes the app. */
static int set_up_path(const char *executable, const char *app_root, struct error *error)
{
    if ((!executable && add_deployed_packages(app_root) < 0) ||
        insert_into_path(app_root, PY_SSIZE_T_MAX) < 0)
        return interp_error(error, "cannot set up sys.path");
    return 0;
}

/* A pipe would be written in blocks, and the host wants to show a line when it is printed. */
static int make_line_buffered(const char *stream_name)
{
    PyObject *stream = PySys_GetObject(stream_name); /* borrowed */
    PyObject *reconfigure = stream ? PyObject_GetAttrString(stream, "reconfigure") : NULL;
    PyObject *none = PyTuple_New(0);
    PyObject *options = Py_BuildValue("{s:O}", "line_buffering", Py_True);
    PyObject *result =
        reconfigure && none && options ? PyObject_Call(reconfigure, none, options) : NULL;
    Py_XDECREF(reconfigure);
    Py_XDECREF(none);
    Py_XDECREF(options);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

int interp_prepare(struct error *error)
{
    PyPreConfig config;
    PyPreConfig_InitPythonConfig(&config);
    config.parse_argv = 0;
    PyStatus status = Py_PreInitialize(&config);
    if (PyStatus_Exception(status))
        return error_set(error, EXIT_STATUS_INTERNAL, "Python %s does not start: %s",
                         PYTHON_VERSION, status.err_msg ? status.err_msg : "unknown reason");
    return 0;
}

int interp_start(const char *executable, const char *app_root, const struct interp_program *program,
                 struct error *error)
{
    PyStatus status = initialize(executable ? executable : PYTHON_EXECUTABLE, program);
    if (PyStatus_Exception(status))
        return error_set(error, EXIT_STATUS_INTERNAL, "Python %s does not start: %s",
                         PYTHON_VERSION, status.err_msg ? status.err_msg : "unknown reason");
    if (program)
        return 0;
    if (set_up_path(executable, app_root, error) < 0)
        return -1;
    if (make_line_buffered("stdout") < 0 || make_line_buffered("stderr") < 0)
        return interp_error(error, "cannot set up stdout");
    return 0;
}

int interp_run(void)
{
    return Py_RunMain();
}

int interp_stop(void)
{
    return Py_FinalizeEx();
}
