/*
 * Which line of one text is which line of another, edited one: by their contents, white space at
 * both ends apart, so that a line that was only indented is the same one.
 *
 * The lines that occur once in both texts and are in the same order there are the same; between two
 * of these the same is asked again, until no line is the only one of its kind (patience difference:
 * Bram Cohen, 2006). What is left is compared by the shortest edit script (E. W. Myers, "An O(ND)
 * Difference Algorithm and Its Variations", Algorithmica 1, 1986), of a limited length. At last,
 * where lines stand in the place of others, those that are much alike are one that was edited.
 */
#ifndef MODEL_MATCH_H
#define MODEL_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "model/file.h"

struct line_match {
    uint32_t line;  /* of the text before, from 1; 0: it is new */
    bool is_edited; /* its contents are not the same */
};

/* A part of a file: `count` lines from `first` on. */
struct match_part {
    const struct file *file; /* borrowed */
    uint32_t first, count;
};

/* Of each line of `after` (matches[0] is its first line) say which of `before` it is. Entries that
 * say something already are left alone, and so are lines of `before` for which `taken` (by
 * line - 1, of the whole file; may be NULL) is true. Two files without texts have the same lines at
 * the same numbers. */
void match_lines(struct match_part before, struct match_part after, const bool *taken,
                 struct line_match *matches);
/* How much two lines are alike, from 0 to 100: 100 are the same but for white space at the ends. */
unsigned match_likeness(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
