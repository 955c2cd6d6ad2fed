/* How a product is cut into pieces and blocks, what of it is packed, and how threads share it. */
#include "product.h"

#include <stdlib.h>

#include "pack.h"

/* k of a panel that are multiplied in one go: it stays in the nearest cache. The sums are kept in the result meanwhile. */
enum { PANEL_BYTES = 16384, LEAST_DEPTH = 256 };
/* bytes of A that are multiplied with panel after panel: they stay in the second cache */
enum { ROWS_BYTES = 196608 };
/* bytes of B that are packed in one go */
enum { PIECE_BYTES = 131072 };
/* pieces for each thread: with this number, none waits long for the last one */
enum { PIECES_PER_THREAD = 8 };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t parts_of(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

/* a task, and how it is cut for a variant */
typedef struct {
  const variant *v;
  const task *t;
  char *memory;
  const scratch *s;
  block_function *block;
  /* bytes and columns of two vectors, and how many such panels there are */
  int64_t width, columns, panels;
  /* whether pieces are of rows, which is where more rows than columns are; else they are of panels */
  int by_rows;
  int64_t piece, pieces;
  /* k that are multiplied in one go, and rows */
  int64_t deep, high;
  /* whether A and whole panels of B are read where they lie */
  int a_there, b_there;
  /* whether the result is computed beside its place: a vector spans several of its panels */
  int c_beside;
} plan;

static plan plan_of(const variant *v, const task *t) {
  const int64_t width = 2 * v->vector, columns = width / t->size, panels = parts_of(t->n, columns);
  const int64_t deep = most(LEAST_DEPTH, PANEL_BYTES / width);
  const int64_t high = most(v->rows, ROWS_BYTES / (deep * t->size) / v->rows * v->rows);
  const int by_rows = t->m > t->n && t->c.panel == 0;
  const int64_t unit = by_rows ? v->rows : 1, all = by_rows ? parts_of(t->m, unit) : panels;
  const int64_t whole = by_rows ? high / unit : most(1, PIECE_BYTES / most(1, t->depth * width));
  const int64_t wanted = parts_of(PIECES_PER_THREAD * t->threads, t->batches);
  const int64_t piece = unit * (t->threads == 1 ? least(all, whole) : most(1, least(whole, all / wanted)));
  return (plan){
      .v = v,
      .t = t,
      .block = t->size == 4 ? v->f32 : v->f64,
      .width = width,
      .columns = columns,
      .panels = panels,
      .by_rows = by_rows,
      .piece = piece,
      .pieces = parts_of(by_rows ? t->m : panels, piece),
      .deep = deep,
      .high = high,
      .a_there = t->a.column == t->size || t->depth == 1,
      .b_there = t->b.column == t->size && t->b.panel != 0 && v->vector <= LINE,
      .c_beside = t->c.panel != 0 && v->vector > LINE,
  };
}

/* ---- scratch */

static size_t a_bytes(const plan *p) {
  const int64_t rows = p->by_rows ? least(p->piece, p->t->m) : p->t->m;
  return p->a_there ? 0 : (size_t)(parts_of(rows, p->v->rows) * p->v->rows * p->t->depth * p->t->size);
}
/* columns beyond the last whole panel are packed in any case */
static size_t b_bytes(const plan *p) {
  const int64_t panels = p->by_rows ? p->panels : least(p->piece, p->panels);
  return (size_t)((p->b_there ? 1 : panels) * p->t->depth * p->width);
}
/* what is computed beside the result: columns that fill no panel, or all of a piece */
static size_t edge_bytes(const plan *p) {
  return (size_t)((p->c_beside ? least(p->piece, p->panels) : 1) * p->t->m * p->width);
}

static int grow(char **place, size_t *now, size_t wanted) {
  if (wanted <= *now) return 1;
  free(*place);
  *now = 0;
  /* whole lines of a cache, and room behind the end for what packing copies along */
  *place = aligned_alloc(64, (wanted + 127) / 64 * 64);
  if (*place == NULL) return 0;
  *now = wanted;
  return 1;
}
int reserve(scratch *s, const variant *v, const task *t) {
  const plan p = plan_of(v, t);
  return grow(&s->a, &s->a_bytes, a_bytes(&p)) && grow(&s->b, &s->b_bytes, b_bytes(&p)) &&
         grow(&s->edge, &s->edge_bytes, edge_bytes(&p));
}
void release(scratch *s) {
  free(s->a);
  free(s->b);
  free(s->edge);
  *s = (scratch){0};
}

/* ---- one piece */

/* the columns of a panel that the result has */
static int64_t valid_of(const plan *p, int64_t which) {
  return least(p->columns, p->t->n - which * p->columns);
}

/* where the two vectors of a panel of B begin at its first k, and how far it is to the next */
typedef struct {
  const char *first, *second;
  int64_t next;
} panel;

/* a panel of B: `nth` of those that are packed */
static panel panel_of(const plan *p, const char *b, int64_t which, int64_t nth) {
  const task *t = p->t;
  if (p->b_there && (which + 1) * p->columns <= t->n) {
    const int64_t in_line = LINE / t->size, half = p->columns / 2, j = which * p->columns, i = j + half;
    return (panel){b + j / in_line * t->b.panel + j % in_line * t->size,
                   b + i / in_line * t->b.panel + i % in_line * t->size, LINE};
  }
  const char *packed = p->s->b + (p->b_there ? 0 : nth) * t->depth * p->width;
  return (panel){packed, packed + p->v->vector, p->width};
}
static void pack_panels(const plan *p, const char *b, int64_t from, int64_t to) {
  for (int64_t which = from; which < to; which++) {
    const int64_t column = which * p->columns, valid = valid_of(p, which);
    if (p->b_there && valid == p->columns) continue;
    char *target = p->s->b + (p->b_there ? 0 : which - from) * p->t->depth * p->width;
    pack_columns(p->t, b, column, valid, p->width, target);
  }
}

/* where the two vectors of a block of the result begin in its first row, and how far it is to the next row */
typedef struct {
  char *first, *second;
  int64_t next;
} target;

static int is_beside(const plan *p, int64_t which) { return p->c_beside || valid_of(p, which) < p->columns; }
/* where a panel that is computed beside the result is: `nth` of the piece */
static char *beside(const plan *p, int64_t nth) { return p->s->edge + (p->c_beside ? nth : 0) * p->t->m * p->width; }

static target target_of(const plan *p, char *c, int64_t which, int64_t nth) {
  const task *t = p->t;
  if (is_beside(p, which)) {
    char *place = beside(p, nth);
    return (target){place, place + p->v->vector, p->width};
  }
  const int64_t j = which * p->columns, i = j + p->columns / 2, in_line = LINE / t->size;
  if (t->c.panel == 0) return (target){c + j * t->size, c + i * t->size, t->c.row};
  return (target){c + j / in_line * t->c.panel + j % in_line * t->size,
                  c + i / in_line * t->c.panel + i % in_line * t->size, t->c.row};
}
static void copy_beside(const plan *p, char *c, int64_t from, int64_t to, int64_t which, int64_t nth) {
  const task *t = p->t;
  const int64_t in_line = LINE / t->size, valid = valid_of(p, which), columns = t->c.panel == 0 ? valid : in_line;
  for (int64_t j = 0; j < valid; j += columns) {
    const int64_t column = which * p->columns + j;
    char *place = t->c.panel == 0 ? c + column * t->size
                                  : c + column / in_line * t->c.panel + column % in_line * t->size;
    const char *sums = beside(p, nth) + j * t->size;
    const int64_t bytes = least(columns, valid - j) * t->size;
    for (int64_t i = from; i < to; i++) copy_few(place + i * t->c.row, sums + i * p->width, bytes);
  }
}

/* Some rows times some panels. `a` is the first of the rows where A is read where it lies. */
static void multiply_piece(const plan *p, const char *a, const char *b, char *c, int64_t from_row, int64_t to_row,
                           int64_t from_panel, int64_t to_panel, int64_t first_packed) {
  const task *t = p->t;
  const int64_t rows = p->v->rows;
  const int64_t a_row = p->a_there ? t->a.row : t->size, a_k = p->a_there ? t->a.column : rows * t->size;
  int64_t k = 0;
  do {
    const int64_t depth = least(p->deep, t->depth - k);
    for (int64_t high = from_row; high < to_row; high += p->high)
      for (int64_t which = from_panel; which < to_panel; which++) {
        const panel of_b = panel_of(p, b, which, which - first_packed);
        const target of_c = target_of(p, c, which, which - from_panel);
        const int64_t end = least(to_row, high + p->high);
        for (int64_t i = high; i < end; i += rows) {
          const int64_t within = i - from_row;
          const char *of_a = (p->a_there ? a + within * t->a.row : p->s->a + within * t->size * t->depth) + k * a_k;
          p->block(of_a, a_row, a_k, of_b.first + k * of_b.next, of_b.second + k * of_b.next, of_b.next, depth,
                   of_c.first + i * of_c.next, of_c.second + i * of_c.next, of_c.next, (int)least(rows, end - i),
                   k == 0);
        }
      }
    k += p->deep;
  } while (k < t->depth);
  for (int64_t which = from_panel; which < to_panel; which++)
    if (is_beside(p, which)) copy_beside(p, c, from_row, to_row, which, which - from_panel);
}

/* One piece of a batch; `begun` says whether what is packed whole already is. */
static void run_piece(const plan *p, int64_t batch, int64_t nth, int begun) {
  const task *t = p->t;
  const char *a = p->memory + t->a.base + batch * t->a.batch, *b = p->memory + t->b.base + batch * t->b.batch;
  char *c = p->memory + t->c.base + batch * t->c.batch;
  const int64_t from = nth * p->piece;
  if (p->by_rows) {
    const int64_t to = least(t->m, from + p->piece);
    const char *row = a + from * t->a.row;
    if (!begun) pack_panels(p, b, 0, p->panels);
    if (!p->a_there) pack_rows(t, row, to - from, p->v->rows, p->s->a);
    multiply_piece(p, row, b, c, from, to, 0, p->panels, 0);
  } else {
    const int64_t to = least(p->panels, from + p->piece);
    if (!begun && !p->a_there) pack_rows(t, a, t->m, p->v->rows, p->s->a);
    pack_panels(p, b, from, to);
    multiply_piece(p, a, b, c, 0, t->m, from, to, from);
  }
}

/* ---- the pieces of a thread */

/* The pieces of all batches, one after another; those of a batch come together. */
static void run_at(const plan *p, int64_t nth, int64_t *begun) {
  const int64_t batch = nth / p->pieces;
  run_piece(p, batch, nth % p->pieces, batch == *begun);
  *begun = batch;
}

/*
 * Each thread has a range of the pieces, and helps the others when its own is done. A thread asks for a number of a range once more than it
 * gets one: the last one to ask sets the counter back to 0, before all meet again.
 */
static void share_pieces(const plan *p) {
  const task *t = p->t;
  const int64_t all = t->batches * p->pieces;
  int64_t begun = -1;
  for (int64_t turn = 0; turn < t->threads; turn++) {
    const int64_t range = (t->thread + turn) % t->threads;
    const int64_t start = range * all / t->threads, end = (range + 1) * all / t->threads;
    int32_t *counter = (int32_t *)(p->memory + t->next + range * COUNTER);
    for (;;) {
      const int64_t nth = start + __atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
      if (nth < end) {
        run_at(p, nth, &begun);
        continue;
      }
      if (nth == end + t->threads - 1) __atomic_store_n(counter, 0, __ATOMIC_SEQ_CST);
      break;
    }
  }
}

void multiply(const variant *v, const task *t, char *memory, const scratch *s) {
  plan p = plan_of(v, t);
  p.memory = memory;
  p.s = s;
  if (t->threads > 1) {
    share_pieces(&p);
    return;
  }
  int64_t begun = -1;
  for (int64_t nth = 0; nth < t->batches * p.pieces; nth++) run_at(&p, nth, &begun);
}

/* ---- what may be wrong with a task */

#define FARTHEST (INT64_C(1) << 40)
/* whether an operand lies inside the memory: its lowest and its highest byte */
static int inside(const layout *l, int64_t lines, int64_t columns, const task *t, uint64_t bytes) {
  const int64_t in_line = LINE / t->size;
  /* of a matrix in panels or its transpose, panels lie along one axis */
  const int upright = l->column == t->size;
  const int64_t along = upright ? columns : lines;
  const int64_t panels = l->panel == 0 ? 0 : (along - 1) / in_line;
  const int64_t in_panel = l->panel == 0 ? along - 1 : least(along, in_line) - 1;
  const int64_t reach[4] = {(upright ? lines - 1 : in_panel) * l->row, (upright ? in_panel : columns - 1) * l->column,
                            (t->batches - 1) * l->batch, panels * l->panel};
  int64_t low = l->base, high = l->base;
  for (int i = 0; i < 4; i++) {
    /* farther than any memory reaches, and so little that the sum of all stays inside 64 bits */
    if (reach[i] < -FARTHEST || reach[i] > FARTHEST) return 0;
    *(reach[i] < 0 ? &low : &high) += reach[i];
  }
  return low >= 0 && (uint64_t)high + (uint64_t)t->size <= bytes;
}
/* so that its product with a size stays inside 64 bits */
static int sound(int64_t n) { return n >= -INT64_C(0x100000000) && n <= INT64_C(0x100000000); }
static int sound_layout(const layout *l) {
  return sound(l->base) && sound(l->row) && sound(l->column) && sound(l->batch) && sound(l->panel) && l->panel >= 0;
}

const char *fault_of(const task *t, uint64_t bytes) {
  const int64_t limit = INT64_C(0x7fffffff);
  if (t->size != 4 && t->size != 8) return "numbers of 4 or 8 bytes";
  if (t->m < 1 || t->n < 1 || t->depth < 1 || t->batches < 1) return "sizes of at least 1";
  if (t->m > limit || t->n > limit || t->depth > limit || t->batches > limit) return "sizes below 2^31";
  if (!sound_layout(&t->a) || !sound_layout(&t->b) || !sound_layout(&t->c)) return "places below 2^32";
  if (t->a.panel != 0 || t->c.column != t->size) return "a left operand without panels, and a result in rows";
  if (t->b.panel != 0 && (t->batches != 1 || (t->b.column == t->size ? t->b.row : t->b.column) != LINE))
    return "panels of lines of 32 bytes";
  if (t->c.panel != 0 && (t->batches != 1 || t->c.row != LINE)) return "panels of lines of 32 bytes";
  if (t->threads < 1 || t->threads > 64 || t->thread < 0 || t->thread >= t->threads) return "a thread among 1 to 64";
  if (!inside(&t->a, t->m, t->depth, t, bytes)) return "a left operand inside the memory";
  if (!inside(&t->b, t->depth, t->n, t, bytes)) return "a right operand inside the memory";
  if (!inside(&t->c, t->m, t->n, t, bytes)) return "a result inside the memory";
  if (t->threads > 1 && (t->next < 0 || t->next % 4 != 0 || !sound(t->next) ||
                         (uint64_t)(t->next + t->threads * COUNTER) > bytes))
    return "counters inside the memory";
  return NULL;
}
