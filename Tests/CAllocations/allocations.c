#include "allocations.h"
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

// An executable's malloc stands before the C library's for every library it loads, Swift's runtime included.
// These count and pass on; freeing stays as it is, since the memory comes from the same heap.
#if defined(__GLIBC__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
static _Thread_local int64_t count;

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { count++; return __libc_malloc(size); }
void *calloc(size_t items, size_t size) { count++; return __libc_calloc(items, size); }
void *realloc(void *old, size_t size) { count++; return __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { count++; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { count++; return __libc_memalign(alignment, size); }
int posix_memalign(void **out, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) || (alignment & (alignment - 1)) || !alignment) return EINVAL;
  count++;
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *out = memory;
  return 0;
}

int test_allocations_available(void) { return 1; }
int64_t test_allocations(void) { return count; }
#else
int test_allocations_available(void) { return 0; }
int64_t test_allocations(void) { return 0; }
#endif
