#include "kernels.h"
#if defined(__x86_64__)
#define PATH_AVX512
#pragma clang attribute push( \
  __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#include "paths/all.inc"
#include "paths/pictures.inc"
#pragma clang attribute pop
static const BenchKernels table = KERNEL_TABLE("avx512", 512);
const BenchKernels *bench_kernels_avx512(void) { return &table; }
static const BenchPictures pictures = PICTURES_TABLE;
const BenchPictures *bench_pictures_avx512(void) { return &pictures; }
#else
const BenchKernels *bench_kernels_avx512(void) { return 0; }
const BenchPictures *bench_pictures_avx512(void) { return 0; }
#endif
