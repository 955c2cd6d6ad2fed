/* Copies of operands in the order in which blocks read them. */
#ifndef GRADFOLD_PACK_H
#define GRADFOLD_PACK_H

#include <string.h>

#include "product.h"

/* Copies a few numbers: of a size that is not known, memcpy is a call, which takes longer than the numbers. */
static inline void copy_few(char *to, const char *from, int64_t bytes) {
  for (; bytes >= 16; bytes -= 16, to += 16, from += 16) memcpy(to, from, 16);
  if (bytes >= 8) {
    memcpy(to, from, 8);
    bytes -= 8, to += 8, from += 8;
  }
  if (bytes >= 4) memcpy(to, from, 4);
}

/* Groups of `together` rows of A from an address on, what belongs to the same k side by side. */
void pack_rows(const task *t, const char *from, int64_t rows, int together, char *to);

/* Columns of B from one on, `valid` of them and zeros up to `width` bytes, what belongs to the same k side by side. */
void pack_columns(const task *t, const char *b, int64_t column, int64_t valid, int64_t width, char *to);

#endif
