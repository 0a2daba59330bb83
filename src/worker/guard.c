#include "config.h"
#include "worker/guard.h"

_Thread_local bool guard_inside;
