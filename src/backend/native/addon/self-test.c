/* Products with known answers: a build that joins multiplications and additions, and a processor that flushes small numbers, are found. */
#include <stdlib.h>
#include <string.h>

#include "product.h"

/* rows and columns that fill no whole number of blocks or vectors, of any variant */
enum { ROWS = 21, COLUMNS = 69 };

/* A [m, depth] row by row, then B [depth, n], then the result, all of one size of number */
static task plain(int64_t size, int64_t m, int64_t n, int64_t depth) {
  const int64_t b = m * depth * size, c = b + depth * n * size;
  return (task){.size = size,
                .m = m,
                .n = n,
                .depth = depth,
                .batches = 1,
                .a = {.base = 0, .row = depth * size, .column = size},
                .b = {.base = b, .row = n * size, .column = size},
                .c = {.base = c, .row = n * size, .column = size},
                .threads = 1};
}

static void put(char *memory, int64_t size, int64_t at, double x) {
  const float narrow = (float)x;
  memcpy(memory + at * size, size == 4 ? (const void *)&narrow : (const void *)&x, (size_t)size);
}
static double get(const char *memory, int64_t size, int64_t at) {
  float narrow;
  double x;
  if (size == 8) {
    memcpy(&x, memory + at * size, 8);
    return x;
  }
  memcpy(&narrow, memory + at * size, 4);
  return narrow;
}

/* whether all numbers of [first first ..] times [second; third; ..] are the one wanted: rows of two numbers, and columns of two */
static int all_are(const variant *v, scratch *s, char *memory, int64_t size, const double a[2], const double b[2],
                   double wanted) {
  const task t = plain(size, ROWS, COLUMNS, 2);
  for (int64_t i = 0; i < 2 * ROWS; i++) put(memory, size, i, a[i % 2]);
  for (int64_t i = 0; i < 2 * COLUMNS; i++) put(memory, size, 2 * ROWS + i, b[i / COLUMNS]);
  if (!reserve(s, v, &t)) return 0;
  multiply(v, &t, memory, s);
  for (int64_t i = 0; i < ROWS * COLUMNS; i++)
    if (get(memory, size, 2 * (ROWS + COLUMNS) + i) != wanted) return 0;
  return 1;
}

/* The same word for the same bits: the digest of runtime/self-test.ts. */
static uint32_t digest_of(const char *bytes, int64_t words) {
  uint32_t h = 0x811c9dc5;
  for (int64_t i = 0; i < words; i++) {
    uint32_t w;
    memcpy(&w, bytes + 4 * i, 4);
    h = (h ^ w) * 0x01000193;
  }
  return h;
}
/* from -3 to 3, never 0 */
static double spread(int64_t i, int64_t step) { return ((double)(i * step % 101) - 50.5) / 17; }

static int known(const variant *v, scratch *s, char *memory, int64_t size, int64_t m, int64_t n, int64_t depth,
                 uint32_t answer) {
  const task t = plain(size, m, n, depth);
  for (int64_t i = 0; i < m * depth; i++) put(memory, size, i, spread(i, 37));
  for (int64_t i = 0; i < depth * n; i++) put(memory, size, m * depth + i, spread(i, 53));
  if (!reserve(s, v, &t)) return 0;
  multiply(v, &t, memory, s);
  return digest_of(memory + t.c.base, m * n * size / 4) == answer;
}

static const char *wrong_with(const variant *v, scratch *s, char *memory) {
  /* x x = 1 + 2^-11 and something that is lost when it is rounded, as it must be before the addition */
  const double x = 1 + 0x1p-12, y = 1 + 0x1p-27;
  if (!all_are(v, s, memory, 4, (double[]){-(1 + 0x1p-11), x}, (double[]){1, x}, 0)) return "a product is rounded (f32)";
  if (!all_are(v, s, memory, 8, (double[]){-(1 + 0x1p-26), y}, (double[]){1, y}, 0)) return "a product is rounded (f64)";
  if (!all_are(v, s, memory, 4, (double[]){0x1p-149, 0}, (double[]){1.5, 0}, 0x1p-148)) return "subnormal numbers (f32)";
  if (!all_are(v, s, memory, 8, (double[]){0x1p-1074, 0}, (double[]){1.5, 0}, 0x1p-1073)) return "subnormal numbers (f64)";
  if (!known(v, s, memory, 4, 6, 21, 19, 3831187592u)) return "a small product (f32)";
  if (!known(v, s, memory, 8, 6, 21, 19, 879646563u)) return "a small product (f64)";
  if (!known(v, s, memory, 4, 11, 43, 700, 1197535370u)) return "a large product (f32)";
  if (!known(v, s, memory, 8, 11, 43, 700, 3891066362u)) return "a large product (f64)";
  return NULL;
}

const char *self_test(const variant *v) {
  scratch s = {0};
  char *memory = malloc(64 * 1024 * 8);
  const char *wrong = memory == NULL ? "memory to test in" : wrong_with(v, &s, memory);
  free(memory);
  release(&s);
  return wrong;
}
