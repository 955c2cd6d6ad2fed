/*
 * The inside of a product, for one kind of vector: included once for each, with NAME, SCALAR, BYTES (of a vector), ROWS and TARGET set.
 * The sums have names of their own: an array of them would be written to memory in each turn.
 */
#define PASTE_(a, b) a##_##b
#define PASTE(a, b) PASTE_(a, b)
#define VECTOR PASTE(NAME, vector)
#define NUMBER PASTE(NAME, number)

typedef SCALAR VECTOR __attribute__((vector_size(BYTES), aligned(sizeof(SCALAR)), may_alias));
typedef SCALAR NUMBER __attribute__((may_alias));

#define EACH_ROW(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define SUMS(r) VECTOR s##r = {0}, t##r = {0};
#define CONTINUE(r) \
  if (rows > r) { \
    s##r = *(const VECTOR *)(c0 + r * c_row); \
    t##r = *(const VECTOR *)(c1 + r * c_row); \
  }
#define ADD(r) \
  if (rows > r) { \
    const SCALAR x##r = *(const NUMBER *)(a + r * a_row); \
    s##r = s##r + u * x##r; \
    t##r = t##r + v * x##r; \
  }
#define STORE(r) \
  if (rows > r) { \
    *(VECTOR *)(c0 + r * c_row) = s##r; \
    *(VECTOR *)(c1 + r * c_row) = t##r; \
  }

/* `rows` is known where it is called */
TARGET static inline __attribute__((always_inline)) void PASTE(NAME, rows)(
    const int rows, const char *a, ptrdiff_t a_row, ptrdiff_t a_k, const char *b0, const char *b1, ptrdiff_t b_k,
    ptrdiff_t depth, char *c0, char *c1, ptrdiff_t c_row, int first) {
  EACH_ROW(SUMS)
  if (!first) {
    EACH_ROW(CONTINUE)
  }
  for (; depth > 0; depth--) {
    const VECTOR u = *(const VECTOR *)b0, v = *(const VECTOR *)b1;
    EACH_ROW(ADD)
    a += a_k;
    b0 += b_k;
    b1 += b_k;
  }
  EACH_ROW(STORE)
}

#define CASE(r) \
  case r: \
    if (r <= ROWS) PASTE(NAME, rows)(r <= ROWS ? r : 1, a, a_row, a_k, b0, b1, b_k, depth, c0, c1, c_row, first); \
    break;
TARGET static void NAME(const char *a, ptrdiff_t a_row, ptrdiff_t a_k, const char *b0, const char *b1, ptrdiff_t b_k,
                        ptrdiff_t depth, char *c0, char *c1, ptrdiff_t c_row, int rows, int first) {
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8)
  }
}

#undef CASE
#undef STORE
#undef ADD
#undef CONTINUE
#undef SUMS
#undef EACH_ROW
#undef NUMBER
#undef VECTOR
#undef PASTE
#undef PASTE_
#undef NAME
#undef SCALAR
#undef BYTES
#undef ROWS
#undef TARGET
