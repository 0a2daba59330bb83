# PYMEMTOP_PYTHONS(MINOR, ...)
# ----------------------------
# The Pythons that workers are to embed, of those versions 3.MINOR: the ones of --with-python=LIST, or
# every one that is found. Each is asked about itself, so that a Debian package, /usr/local and a pyenv
# build are all described by the same words, and has to pass a link test. For one version the first
# that can be embedded is taken.
#
# For each MINOR: the conditional PYTHON_3_MINOR, and PYTHON_3_MINOR_CPPFLAGS and _LIBS for its worker.
# For tests and checks: PYTHON_VERSION, _CPPFLAGS and _CFLAGS (these without definitions) of the first
# Python that was taken; PYTHON_SETTRACE_CFLAGS and PYTHON_MONITORING_CFLAGS, with which the sources for
# up to 3.11 and from 3.12 compile, empty where there is no such Python; PYTHON, an interpreter of the
# oldest one, for use by make. For the summary: $python_chosen and $python_left_out, a line each.
#
# (In shell functions the parameters are written ${1}: m4 would take them for the macro's without the
# braces.)
AC_DEFUN([PYMEMTOP_PYTHONS], [
AC_ARG_WITH([python],
  [AS_HELP_STRING([--with-python=LIST],
    [Pythons to embed, separated by commas: each the path or the name of an interpreter, or a
     version as 3.12 @<:@every one in /usr/bin, in /usr/local/bin and of pyenv@:>@])],
  [], [with_python=yes])

python_question='
import shlex, sys, sysconfig
name = sysconfig.get_config_var
virtual = sys.prefix != sys.base_prefix
for key, value in {
    "minor": sys.version_info.minor,
    "version": "{}.{}".format(sys.version_info.major, sys.version_info.minor),
    "full": "{}.{}.{}".format(sys.version_info.major, sys.version_info.minor, sys.version_info.micro),
    "executable": getattr(sys, "_base_executable", "") if virtual else sys.executable,
    "virtual": int(virtual),
    "shared": name("Py_ENABLE_SHARED"),
    "free_threaded": name("Py_GIL_DISABLED") or 0,
    "include": sysconfig.get_path("include"),
    "platinclude": sysconfig.get_path("platinclude"),
    "prefix": sys.base_prefix,
    "libdir": name("LIBDIR"),
    "library": "python" + str(name("LDVERSION")),
}.items():
    print("py_{}={}".format(key, shlex.quote(str(value))))
'

# python_ask INTERPRETER: sets py_* to what it says about itself, and py_fault to why it cannot be
# embedded, or to nothing.
python_ask () {
  py_fault= py_full=
  py_answer=`"${1}" -I -c "$python_question" 2>/dev/null` || {
    py_fault="it does not run as a Python 3 interpreter"
    return
  }
  eval "$py_answer"
  test -n "$py_executable" || py_executable=${1}
  case $py_version in
  m4_map_args_sep([3.], [], [|], $@)) ;;
  *) py_fault="pymemtop supports Python m4_map_args_sep([3.], [], [[, ]], $@), and this is $py_full"
     return ;;
  esac
  if test "$py_shared" != 1; then
    py_fault="Python $py_full, built without a shared libpython, which embedding needs"
  elif test "$py_free_threaded" != 0; then
    py_fault="Python $py_full, built without the interpreter lock, on which the tracer relies"
  fi
}

# python_try: link a program with the Python that was asked last, or set py_fault. Sets py_cflags and
# py_libs.
python_try () {
  py_cflags="-isystem $py_include"
  test "$py_platinclude" = "$py_include" || py_cflags="$py_cflags -isystem $py_platinclude"
  py_libs="-L$py_libdir -l$py_library"
  case $py_libdir in
  /usr/lib|/usr/lib/*) ;;
  *) py_libs="$py_libs -Wl,-rpath,$py_libdir" ;;
  esac
  python_CPPFLAGS=$CPPFLAGS python_LIBS=$LIBS
  CPPFLAGS="$CPPFLAGS $py_cflags" LIBS="$py_libs $LIBS"
  AC_PREPROC_IFELSE([AC_LANG_SOURCE([[#include <Python.h>]])], [],
    [py_fault="Python $py_full, without Python.h in $py_include (Debian: the package python3-dev)"])
  AS_IF([test -z "$py_fault"],
    [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <Python.h>]], [[Py_InitializeFromConfig(NULL);]])], [],
      [py_fault="Python $py_full, with whose lib$py_library no program links (Debian: the package libpython3-dev)"])])
  CPPFLAGS=$python_CPPFLAGS LIBS=$python_LIBS
}

# python_take INTERPRETER: take it for its version. Returns 1, and says why in py_fault, where that
# cannot be.
python_take () {
  AC_MSG_CHECKING([whether ${1} can be embedded])
  python_ask "${1}"
  if test -z "$py_fault"; then
    eval "py_before=\$python_of_$py_minor"
    test -z "$py_before" || py_fault="Python $py_full, but the worker for $py_version has $py_before"
  fi
  test -n "$py_fault" || python_try
  if test -n "$py_fault"; then
    AC_MSG_RESULT([no: $py_fault])
    return 1
  fi
  AC_MSG_RESULT([yes, Python $py_full])
  py_flags="$py_cflags -DPYTHON_VERSION='\"$py_version\"' -DPYTHON_PREFIX='\"$py_prefix\"'"
  py_flags="$py_flags -DPYTHON_EXECUTABLE='\"$py_executable\"'"
  py_line="Python $py_full ($py_executable, library in $py_libdir)"
  for py_what in cflags flags libs line; do
    eval "python_${py_what}_$py_minor=\$py_$py_what"
  done
  eval "python_of_$py_minor=\$py_executable"
  test -n "$PYTHON_VERSION" || PYTHON_VERSION=$py_version
}

# python_pyenv: the interpreters of pyenv, a line each, the newest first.
python_pyenv () {
  for py_path in "${PYENV_ROOT-$HOME/.pyenv}"/versions/3.*/bin/python3; do
    test ! -x "$py_path" || AS_ECHO(["$py_path"])
  done | sort -rV
}

# python_found: every interpreter to look at, a line each, those to be preferred first.
python_found () {
  for py_path in /usr/bin/python3 /usr/bin/python3.@<:@0-9@:>@* /usr/local/bin/python3 \
      /usr/local/bin/python3.@<:@0-9@:>@*; do
    case $py_path in
    *python3.*@<:@!0-9@:>@*) ;; # python3.11-config
    *) test ! -x "$py_path" || AS_ECHO(["$py_path"]) ;;
    esac
  done
  python_pyenv
}

# python_named NAME: the path of what --with-python names so, or nothing.
python_named () {
  case ${1} in
  */*) test ! -x "${1}" || AS_ECHO(["${1}"])
       return ;;
  *@<:@!0-9.@:>@*) command -v "${1}"
       return ;;
  esac
  python_found | while read -r py_path; do
    python_ask "$py_path"
    if test "$py_version" = "${1}" || test "$py_full" = "${1}"; then
      AS_ECHO(["$py_path"])
      break
    fi
  done | grep . || command -v "python${1}"
}

PYTHON_VERSION= python_left_out=
m4_map_args_sep([python_of_], [=], [ ], $@)
AS_CASE([$with_python],
  [no], [AC_MSG_ERROR([pymemtop cannot be built without a Python to embed])],
  [yes], [
    python_found >conftest.pythons
    while read -r python_path <&9; do
      python_ask "$python_path"
      # The same interpreter under another name, or the environment of some project.
      eval "python_other=\$python_of_$py_minor"
      AS_IF([test -z "$py_fault" && { test "$py_virtual" = 1 || test "$python_path" -ef "$python_other"; }],
        [continue])
      python_take "$python_path" || python_left_out="$python_left_out
                  $python_path: $py_fault"
    done 9<conftest.pythons
    rm -f conftest.pythons],
  [
    python_IFS=$IFS IFS=,
    set x $with_python
    IFS=$python_IFS
    shift
    for python_name do
      python_path=`python_named "$python_name"`
      AS_IF([test -z "$python_path"],
        [AC_MSG_ERROR([--with-python: no interpreter $python_name was found])])
      python_take "$python_path" || AC_MSG_ERROR([--with-python: $python_path cannot be embedded: $py_fault])
    done])
AS_IF([test -z "$PYTHON_VERSION"],
  [AC_MSG_ERROR([no Python was found that can be embedded; install one (Debian: python3-dev), or name it with --with-python=PATH$python_left_out])])

PYTHON= PYTHON_LIBS= PYTHON_SETTRACE_CFLAGS= PYTHON_MONITORING_CFLAGS= python_chosen=
m4_map_args([_PYMEMTOP_PYTHON], $@)dnl
AC_SUBST([PYTHON])
AC_SUBST([PYTHON_VERSION])
AC_SUBST([PYTHON_SETTRACE_CFLAGS])
AC_SUBST([PYTHON_MONITORING_CFLAGS])
AC_SUBST([PYTHON_CPPFLAGS])
AC_SUBST([PYTHON_LIBS])
AC_SUBST([PYTHON_CFLAGS])
])

# _PYMEMTOP_PYTHON(MINOR)
# -----------------------
# What is said to make of one version.
m4_define([_PYMEMTOP_PYTHON], [
AM_CONDITIONAL([PYTHON_3_$1], [test -n "$python_of_$1"])
AC_SUBST([PYTHON_3_$1_CPPFLAGS], [$python_flags_$1])
AC_SUBST([PYTHON_3_$1_LIBS], [$python_libs_$1])
AS_IF([test -n "$python_of_$1"], [
  python_chosen="$python_chosen
                  $python_line_$1"
  test -n "$PYTHON" || PYTHON=$python_of_$1
  m4_if(m4_eval([$1 < 12]), [1], [PYTHON_SETTRACE_CFLAGS], [PYTHON_MONITORING_CFLAGS])=$python_cflags_$1
  test "$PYTHON_VERSION" != 3.$1 || PYTHON_CPPFLAGS=$python_flags_$1 \
    PYTHON_LIBS=$python_libs_$1 PYTHON_CFLAGS=$python_cflags_$1])
])
