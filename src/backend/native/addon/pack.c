#include "pack.h"

typedef float floats __attribute__((vector_size(16), aligned(4), may_alias));
typedef double doubles __attribute__((vector_size(16), aligned(8), may_alias));
typedef int32_t four __attribute__((vector_size(16)));
typedef int64_t two __attribute__((vector_size(16)));
typedef float one_float __attribute__((may_alias));
typedef double one_double __attribute__((may_alias));

#if defined(__clang__)
#define PICK4(x, y, i, j, k, l) __builtin_shufflevector(x, y, i, j, k, l)
#define PICK2(x, y, i, j) __builtin_shufflevector(x, y, i, j)
#else
#define PICK4(x, y, i, j, k, l) __builtin_shuffle(x, y, (four){i, j, k, l})
#define PICK2(x, y, i, j) __builtin_shuffle(x, y, (two){i, j})
#endif

static inline void copy_number(char *to, const char *from, int64_t size) {
  if (size == 4)
    *(one_float *)to = *(const one_float *)from;
  else
    *(one_double *)to = *(const one_double *)from;
}

/* ---- rows of A */

/* groups that are packed in one go: what a line of the cache holds is then used while it is there */
enum { TOGETHER = 16 };

/* Rows that lie side by side: so many bytes to a group, a number that the compiler knows. */
static inline __attribute__((always_inline)) void pack_across(const int64_t bytes, const char *from, int64_t step,
                                                              int64_t depth, int64_t groups, char *to) {
  for (int64_t done = 0; done < groups; done += TOGETHER) {
    const int64_t count = groups - done < TOGETHER ? groups - done : TOGETHER;
    const char *line = from + done * bytes;
    char *target = to + done * bytes * depth;
    for (int64_t k = 0; k < depth; k++, line += step, target += bytes)
      for (int64_t g = 0; g < count; g++) memcpy(target + g * bytes * depth, line + g * bytes, (size_t)bytes);
  }
}

void pack_rows(const task *t, const char *from, int64_t rows, int together, char *to) {
  const int64_t size = t->size, depth = t->depth, bytes = together * size;
  int64_t whole = 0;
  if (t->a.row == size) {
    whole = rows / together;
    switch (bytes) {
      case 16: pack_across(16, from, t->a.column, depth, whole, to); break;
      case 20: pack_across(20, from, t->a.column, depth, whole, to); break;
      case 32: pack_across(32, from, t->a.column, depth, whole, to); break;
      case 40: pack_across(40, from, t->a.column, depth, whole, to); break;
      case 64: pack_across(64, from, t->a.column, depth, whole, to); break;
      default: whole = 0;
    }
  }
  for (int64_t i = whole * together; i < rows; i++) {
    const char *row = from + i * t->a.row;
    char *target = to + (i / together) * bytes * depth + (i % together) * size;
    for (int64_t k = 0; k < depth; k++) copy_number(target + k * bytes, row + k * t->a.column, size);
  }
}

/* ---- columns of B */

/* Columns whose k lie side by side, `apart` bytes from one to the next, in squares that are turned. */
static void turn_floats(const char *from, int64_t apart, int64_t depth, int64_t columns, char *to, int64_t width) {
  int64_t j = 0;
  for (; j + 4 <= columns; j += 4) {
    const char *p = from + j * apart, *q = p + apart, *r = q + apart, *s = r + apart;
    char *target = to + j * 4;
    int64_t k = 0;
    for (; k + 4 <= depth; k += 4, target += 4 * width) {
      const floats a = *(const floats *)(p + k * 4), b = *(const floats *)(q + k * 4);
      const floats c = *(const floats *)(r + k * 4), d = *(const floats *)(s + k * 4);
      const floats ab = PICK4(a, b, 0, 4, 1, 5), cd = PICK4(c, d, 0, 4, 1, 5);
      const floats AB = PICK4(a, b, 2, 6, 3, 7), CD = PICK4(c, d, 2, 6, 3, 7);
      *(floats *)target = PICK4(ab, cd, 0, 1, 4, 5);
      *(floats *)(target + width) = PICK4(ab, cd, 2, 3, 6, 7);
      *(floats *)(target + 2 * width) = PICK4(AB, CD, 0, 1, 4, 5);
      *(floats *)(target + 3 * width) = PICK4(AB, CD, 2, 3, 6, 7);
    }
    for (; k < depth; k++, target += width)
      for (int64_t i = 0; i < 4; i++) copy_number(target + i * 4, p + i * apart + k * 4, 4);
  }
  for (; j < columns; j++)
    for (int64_t k = 0; k < depth; k++) copy_number(to + k * width + j * 4, from + j * apart + k * 4, 4);
}

static void turn_doubles(const char *from, int64_t apart, int64_t depth, int64_t columns, char *to, int64_t width) {
  int64_t j = 0;
  for (; j + 2 <= columns; j += 2) {
    const char *p = from + j * apart, *q = p + apart;
    char *target = to + j * 8;
    int64_t k = 0;
    for (; k + 2 <= depth; k += 2, target += 2 * width) {
      const doubles a = *(const doubles *)(p + k * 8), b = *(const doubles *)(q + k * 8);
      *(doubles *)target = PICK2(a, b, 0, 2);
      *(doubles *)(target + width) = PICK2(a, b, 1, 3);
    }
    for (; k < depth; k++, target += width)
      for (int64_t i = 0; i < 2; i++) copy_number(target + i * 8, p + i * apart + k * 8, 8);
  }
  for (; j < columns; j++)
    for (int64_t k = 0; k < depth; k++) copy_number(to + k * width + j * 8, from + j * apart + k * 8, 8);
}

static void turn(const task *t, const char *from, int64_t depth, int64_t columns, char *to, int64_t width) {
  (t->size == 4 ? turn_floats : turn_doubles)(from, t->b.column, depth, columns, to, width);
}

void pack_columns(const task *t, const char *b, int64_t column, int64_t valid, int64_t width, char *to) {
  const int64_t size = t->size, depth = t->depth, in_line = LINE / size;
  if (valid * size < width) memset(to, 0, (size_t)(depth * width));
  if (t->b.column == size && t->b.panel == 0) {
    const char *from = b + column * size;
    if (valid * size == width && width % LINE == 0)
      for (int64_t k = 0; k < depth; k++, from += t->b.row, to += width)
        for (int64_t line = 0; line < width; line += LINE) memcpy(to + line, from + line, LINE);
    else
      for (int64_t k = 0; k < depth; k++, from += t->b.row, to += width) copy_few(to, from, valid * size);
  } else if (t->b.column == size) {
    /* whole lines: there are as many columns as fill panels */
    for (int64_t j = 0; j < valid; j += in_line) {
      const char *from = b + (column + j) / in_line * t->b.panel + (column + j) % in_line * size;
      char *target = to + j * size;
      const int64_t bytes = (valid - j < in_line ? valid - j : in_line) * size;
      for (int64_t k = 0; k < depth; k++, from += LINE, target += width) copy_few(target, from, bytes);
    }
  } else if (t->b.row == size && t->b.panel == 0) {
    turn(t, b + column * t->b.column, depth, valid, to, width);
  } else if (t->b.row == size) {
    /* the transpose of a matrix in panels: a line of a panel holds some k of one column */
    for (int64_t k = 0; k < depth; k += in_line) {
      const int64_t count = depth - k < in_line ? depth - k : in_line;
      turn(t, b + k / in_line * t->b.panel + column * t->b.column, count, valid, to + k * width, width);
    }
  } else
    for (int64_t k = 0; k < depth; k++)
      for (int64_t j = 0; j < valid; j++)
        copy_number(to + k * width + j * size, b + k * t->b.row + (column + j) * t->b.column, size);
}
