/* Copies of operands in the order in which blocks read them. */
#ifndef GRADFOLD_PACK_H
#define GRADFOLD_PACK_H

#include "product.h"

/* Groups of `together` rows of A from an address on, what belongs to the same k side by side. */
void pack_rows(const task *t, const char *from, int64_t rows, int together, char *to);

/* Columns of B from one on, `valid` of them and zeros up to `width` bytes, what belongs to the same k side by side. */
void pack_columns(const task *t, const char *b, int64_t column, int64_t valid, int64_t width, char *to);

#endif
