/*
 * Matrix products of the numerics contract: each number of the result is a sum over k in order, a product and an addition each rounded.
 * What is multiplied lies in the memory of a compiled program; where, a task says.
 */
#ifndef GRADFOLD_PRODUCT_H
#define GRADFOLD_PRODUCT_H

#include <stddef.h>
#include <stdint.h>

/* How the last two axes of an operand lie, in bytes from the start of the memory. */
typedef struct {
  int64_t base, row, column, batch;
  /* of a matrix in panels (weight-layout.ts): from one panel to the next; else 0 */
  int64_t panel;
} layout;

typedef struct {
  /* bytes of a number: 4 or 8 */
  int64_t size;
  int64_t m, n, depth, batches;
  layout a, b, c;
  /* the threads that share the product, which of them this is, and where the counters of the next pieces lie */
  int64_t threads, thread, next;
} task;

/* bytes of a line of a panel: so many columns lie side by side in it */
enum { LINE = 32 };
/* bytes from the counter of one thread's pieces to that of the next one's (thread-memory.ts) */
enum { COUNTER = 64 };

/*
 * Adds products of `depth` numbers to a block of the result: up to `rows` rows of two vectors. `b0` and `b1` are the two vectors of the
 * first k, `c0` and `c1` those of the first row. A row of A is `a_row` bytes from the one before, its next k is `a_k` bytes on.
 */
typedef void block_function(const char *a, ptrdiff_t a_row, ptrdiff_t a_k, const char *b0, const char *b1, ptrdiff_t b_k,
                            ptrdiff_t depth, char *c0, char *c1, ptrdiff_t c_row, int rows, int first);

/* what a processor multiplies with */
typedef struct {
  const char *name;
  /* rows of a block, and bytes of a vector */
  int rows, vector;
  block_function *f32, *f64;
} variant;

/* Fills in those that this processor can run, the best one first, and says how many there are. */
enum { MOST_VARIANTS = 3 };
int usable_variants(variant found[MOST_VARIANTS]);

/* what a thread packs operands into */
typedef struct {
  char *a, *b, *edge;
  size_t a_bytes, b_bytes, edge_bytes;
} scratch;

/* makes room for a task; 0 where there is no memory */
int reserve(scratch *s, const variant *v, const task *t);
void release(scratch *s);

/* The first thing about a task that is wrong, given the bytes of the memory; NULL where it can be run. */
const char *fault_of(const task *t, uint64_t bytes);

/* Computes a thread's share. The task has no fault, and there is room for it. */
void multiply(const variant *v, const task *t, char *memory, const scratch *s);

/* What is wrong with the products of this variant on this thread; NULL where they are right. */
const char *self_test(const variant *v);

#endif
