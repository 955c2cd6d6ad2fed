/* The same products for vectors of several widths, and which of them this processor can run. */
#include "product.h"

/* No register is wide enough to compute more rows without storing sums meanwhile; fewer rows load more than they compute. */
#if defined(__aarch64__)
#define BASE_NAME "neon"
#define BASE_ROWS 8
#else
#define BASE_NAME "baseline"
#define BASE_ROWS 4
#endif

#define NAME base_f32
#define SCALAR float
#define BYTES 16
#define ROWS BASE_ROWS
#define TARGET
#include "block.h"
#define NAME base_f64
#define SCALAR double
#define BYTES 16
#define ROWS BASE_ROWS
#define TARGET
#include "block.h"

#if defined(__x86_64__)
#define NAME avx2_f32
#define SCALAR float
#define BYTES 32
#define ROWS 5
#define TARGET __attribute__((target("avx2")))
#include "block.h"
#define NAME avx2_f64
#define SCALAR double
#define BYTES 32
#define ROWS 5
#define TARGET __attribute__((target("avx2")))
#include "block.h"

/* a test compiles the code for 512 bits so that narrower processors can run it */
#ifndef GRADFOLD_AVX512
#define GRADFOLD_AVX512 "avx512f"
#endif
#define NAME avx512_f32
#define SCALAR float
#define BYTES 64
#define ROWS 8
#define TARGET __attribute__((target(GRADFOLD_AVX512)))
#include "block.h"
#define NAME avx512_f64
#define SCALAR double
#define BYTES 64
#define ROWS 8
#define TARGET __attribute__((target(GRADFOLD_AVX512)))
#include "block.h"
#endif

int usable_variants(variant found[MOST_VARIANTS]) {
  int count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports(GRADFOLD_AVX512)) found[count++] = (variant){"avx512", 8, 64, avx512_f32, avx512_f64};
  if (__builtin_cpu_supports("avx2")) found[count++] = (variant){"avx2", 5, 32, avx2_f32, avx2_f64};
#endif
  found[count++] = (variant){BASE_NAME, BASE_ROWS, 16, base_f32, base_f64};
  return count;
}
