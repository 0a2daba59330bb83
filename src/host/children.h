/* The children of a process, as /proc lists them. Any thread. */
#ifndef HOST_CHILDREN_H
#define HOST_CHILDREN_H

/* Called for each child of a process. */
typedef void children_visitor(void *context, int pid);

/* Call `visit` for each child of the process `parent`, whichever of its threads started it. Nothing
 * is called where the process is gone or the kernel has no such lists. */
void children_visit(int parent, children_visitor *visit, void *context);

#endif
