/* Decimal numbers in text from outside. No state; any thread. */
#ifndef HOST_NUMBER_H
#define HOST_NUMBER_H

/* Read the digits at `text`: returns what follows them and sets *value, or NULL where there is no
 * digit or the number is larger than `max`. No sign, no space. */
const char *number_read(const char *text, unsigned long long max, unsigned long long *value);
/* The same for a number that ends with the text: 0, or -1. */
int number_parse(const char *text, unsigned long long max, unsigned long long *value);

#endif
