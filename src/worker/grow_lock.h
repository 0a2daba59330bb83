/*
 * The lock of what the meters' tables rarely do: grow, and list a thread. One for all of them, so
 * that there is no order to keep.
 *
 * The holder may take it again.
 *
 * A fork does not wait for it: it would hold it while it waits for the C library's own locks, of
 * which others are held by threads that may come here next (a handler of a signal that came in the
 * middle of malloc, a look-up of a host). In the child it is free. What another thread was just
 * doing under it is then half done for ever, as far as its program had come: that is to do no harm
 * but to figures, which nobody reads of a child, and so the order of the steps matters.
 *
 * Signals of the holder wait until it lets go: a handler that maps memory would find the tables
 * half done, and one that leaves by a jump would leave the lock taken.
 *
 * Thread: any. Nothing that is done under it waits for another lock, the interpreter's least of
 * all, or calls malloc.
 */
#ifndef WORKER_GROW_LOCK_H
#define WORKER_GROW_LOCK_H

/* Have it free in children from now on; once, before there are threads. */
void grow_lock_open(void);
void grow_lock(void);
void grow_unlock(void);

#endif
