/*
 * How an object holds another one, in words: the links of which holders_name.c makes chains. A link
 * is found by identity alone (which attribute, which item is it), so a name that is put is true;
 * where there is none nothing is put, and the chain goes on with the type of what is held.
 */
#ifndef WORKER_HOLDERS_LINK_H
#define WORKER_HOLDERS_LINK_H

#include "worker/holders_parts.h"

struct holders_link {
    PyObject *object; /* the holder */
    PyObject *child;  /* what it holds itself: `value`, or a part of its own; may be no object where
                         it is a part */
    PyObject *under;  /* what that part holds; NULL where `child` is `value` */
    PyObject *last;   /* what holds `value` itself: `object`, or its innermost part */
    PyObject *value;  /* what the chain says next */
    struct holders_text *note;
    struct holders_limit limit; /* set where the holder may drop such entries by itself */
};

enum holders_said {
    HOLDERS_NOTHING,
    HOLDERS_NAME, /* what follows is an attribute or an item of the name: CACHE['x'], self.history
                   */
    HOLDERS_ITEM, /* what follows says its type first: list[0] -> dict['x'] */
};

typedef enum holders_said holders_namer(struct holders_text *text, struct holders_link *link);

/* ---- holders_link.c: attributes ---- */
holders_namer holders_put_link;
/* What an object is: of functions and methods their name, of others their type's. */
void holders_put_object(struct holders_text *text, PyObject *object);

/* ---- holders_item.c: items of containers ---- */
holders_namer holders_put_item;

/* ---- holders_inside.c: objects of C modules, whose insides have no names in Python ---- */
holders_namer holders_put_inside;
/* What limit the store has, and in the words of the program: "lru_cache(maxsize=128), 12 in it".
 * Nothing is put of what is no such store. */
struct holders_limit holders_put_limit(struct holders_text *note, PyObject *object);
struct holders_limit holders_deque_limit(PyObject *deque);
/* Of objects with HOLDERS_INSIDE: does it look into a block of another one? */
bool holders_is_view(PyObject *object);
/* Of a deque: the block behind that one, the first where it is 0; 0: there is none. */
uintptr_t holders_next_block(PyObject *object, uintptr_t block);
/* Show `visit` what it holds beside what it shows the collector. */
void holders_visit_inside(PyObject *object, visitproc visit, void *context);

/* Has the type, or one that it inherits from, that name in C? */
bool holders_is_kind(const PyTypeObject *type, const char *name);
/* A word of an object. */
static inline PyObject *holders_member(PyObject *object, size_t at)
{
    return ((PyObject **)object)[at];
}

#endif
