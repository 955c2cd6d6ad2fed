/* What one core can do at most: f32 multiplications and additions of vectors, in GFLOP/s, as one line of JSON.
   cc -O3 -march=native -ffp-contract=off limits.c -o limits */
#include <stdio.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

#ifdef __x86_64__
#define REGISTER "v"
#ifndef __AVX512F__
#undef REGISTER
#define REGISTER "x"
#endif
#else
#define REGISTER "w"
#endif
#define ROUNDS 2000000L
#define TRIES 9
#define CHAINS 12

/* twelve sums; the empty asm keeps the compiler from taking the products out of the loop */
#define LIMIT(name, bytes, OP)                                          \
  typedef float name##_v __attribute__((vector_size(bytes)));           \
  static double name(void) {                                            \
    double best = 1e9;                                                  \
    for (int try = 0; try < TRIES; try++) {                             \
      name##_v x = {1}, y = {2}, s[CHAINS] = {{0}};                     \
      double t = now();                                                 \
      for (long i = 0; i < ROUNDS; i++) {                               \
        _Pragma("GCC unroll 12") for (int k = 0; k < CHAINS; k++) {     \
          __asm__ volatile("" : "+" REGISTER(x));                       \
          OP                                                            \
        }                                                               \
      }                                                                 \
      t = now() - t;                                                    \
      for (int k = 0; k < CHAINS; k++) __asm__ volatile("" ::REGISTER(s[k])); \
      if (t < best) best = t;                                           \
    }                                                                   \
    return ROUNDS * CHAINS * (bytes / 4) * 2 / best / 1e9;              \
  }

LIMIT(mul_add_128, 16, s[k] = s[k] + x * y;)
#ifdef __AVX2__
LIMIT(mul_add_256, 32, s[k] = s[k] + x * y;)
#endif
#ifdef __FMA__
#include <immintrin.h>
LIMIT(fused_256, 32, s[k] = (fused_256_v)_mm256_fmadd_ps((__m256)x, (__m256)y, (__m256)s[k]);)
#endif
#ifdef __AVX512F__
LIMIT(fused_512, 64, s[k] = (fused_512_v)_mm512_fmadd_ps((__m512)x, (__m512)y, (__m512)s[k]);)
#endif

int main(void) {
  printf("{\"128-bit mul+add\": %.1f", mul_add_128());
#ifdef __AVX2__
  printf(", \"256-bit mul+add\": %.1f", mul_add_256());
#endif
#ifdef __FMA__
  printf(", \"256-bit FMA\": %.1f", fused_256());
#endif
#ifdef __AVX512F__
  printf(", \"512-bit FMA\": %.1f", fused_512());
#endif
  printf("}\n");
  return 0;
}
