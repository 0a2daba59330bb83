/* Bytes as people read them: "412 B", "3.2 KiB", "1.0 MiB", "2.5 GiB". */
#ifndef REPORT_AMOUNT_H
#define REPORT_AMOUNT_H

#include <stdint.h>

#define AMOUNT_SIZE 32

/* In the largest unit of which there is at least one, with one digit after the point. Returns
 * `out`. */
const char *amount_text(char out[AMOUNT_SIZE], int64_t bytes);
/* The same with "+" before what is more than 0. */
const char *amount_change(char out[AMOUNT_SIZE], int64_t bytes);

#endif
