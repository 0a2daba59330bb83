#include "config.h"
#include "worker/grow_lock.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local unsigned depth; /* times that the calling thread has taken it */

void grow_lock(void)
{
    if (depth++ == 0)
        pthread_mutex_lock(&mutex);
}

void grow_unlock(void)
{
    if (--depth == 0)
        pthread_mutex_unlock(&mutex);
}

void grow_lock_open(void)
{
    pthread_atfork(grow_lock, grow_unlock, grow_unlock);
}
