#include "config.h"
#include "worker/native.h"

int64_t native_small_bytes(void)
{
    return 0;
}
