#include "config.h"
#include "worker/grow_lock.h"

#include <pthread.h>
#include <signal.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local unsigned depth; /* times that the calling thread has taken it */
static sigset_t let_in;              /* the holder's signals before it was that */

void grow_lock(void)
{
    if (depth == 0) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pthread_mutex_lock(&mutex);
        let_in = before;
    }
    depth++;
}

void grow_unlock(void)
{
    if (--depth > 0)
        return;
    sigset_t before = let_in;
    pthread_mutex_unlock(&mutex);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The thread that forks has not got it. */
static void free_in_child(void)
{
    pthread_mutex_init(&mutex, NULL);
}

void grow_lock_open(void)
{
    pthread_atfork(NULL, NULL, free_in_child);
}
