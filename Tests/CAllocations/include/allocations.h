// Counts the heap allocations of the calling thread.
#ifndef BENCH_TEST_ALLOCATIONS_H
#define BENCH_TEST_ALLOCATIONS_H
#include <stdint.h>

// Whether allocations can be counted here; only with the C library of GNU.
int test_allocations_available(void);
// Allocations of this thread since it started.
int64_t test_allocations(void);
#endif
