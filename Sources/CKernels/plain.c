#include "kernels.h"
#define PATH_PLAIN
#include "paths/all.inc"
#include "paths/pictures.inc"
static const BenchKernels table = KERNEL_TABLE("plain", 128);
const BenchKernels *bench_kernels_plain(void) { return &table; }
static const BenchPictures pictures = PICTURES_TABLE;
const BenchPictures *bench_pictures_plain(void) { return &pictures; }

int bench_cpu_has_avx2(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#else
  return 0;
#endif
}
int bench_cpu_has_avx512(void) {
#if defined(__x86_64__)
  return bench_cpu_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
    && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
  return 0;
#endif
}

// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, 2011).
void bench_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t a = (uint64_t)c0 * 0xD2511F53u, b = (uint64_t)c2 * 0xCD9E8D57u;
    c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)b;
    c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)a;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0; out[1] = c1; out[2] = c2; out[3] = c3;
}
