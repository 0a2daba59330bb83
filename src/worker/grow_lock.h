/*
 * The lock of what the meters' tables rarely do: grow, and list a thread. One for all of them, so
 * that there is no order to keep.
 *
 * The holder may take it again. That matters to a fork, which holds it so that the child finds the
 * tables whole: handlers of pthread_atfork of the program's libraries run meanwhile, in the same
 * thread, and allocate.
 *
 * Thread: any. Nothing that is done under it waits for another lock, the interpreter's least of
 * all, or calls malloc.
 */
#ifndef WORKER_GROW_LOCK_H
#define WORKER_GROW_LOCK_H

/* Hold it over forks from now on; once, before there are threads. */
void grow_lock_open(void);
void grow_lock(void);
void grow_unlock(void);

#endif
