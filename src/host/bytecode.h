/* The bytecode that Python keeps of a source file, beside it in __pycache__. */
#ifndef HOST_BYTECODE_H
#define HOST_BYTECODE_H

/* Delete what is kept of `source` (absolute; a *.py that was saved). Python takes it for fresh
 * where the source has its size and its time in whole seconds, so that the second save within a
 * second may go unseen. Nothing where there is none, or where it cannot be deleted. */
void bytecode_drop(const char *source);

#endif
