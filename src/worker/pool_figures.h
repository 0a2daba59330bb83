/*
 * What sys says of Python's small blocks: sys.getallocatedblocks() and sys._debugmallocstats() are
 * pymalloc's, which has few of them while pymemtop's pools have the others (pools.h). So they tell
 * of these, too. The functions stay the objects that they are; what they call is another.
 *
 * In an interpreter that may have a lock of its own they tell of pymalloc alone, which has the
 * blocks of such an interpreter: those of the main one change meanwhile.
 *
 * Thread: the main thread.
 */
#ifndef WORKER_POOL_FIGURES_H
#define WORKER_POOL_FIGURES_H

/* Once the interpreter is started; nothing where there are no pools. */
void pool_figures_install(void);

#endif
