#include "kernels.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sched.h>
#include <stdlib.h>

// A fixed set of threads that run one function side by side. Between nodes of a program they meet at a
// barrier within a microsecond, so a waiting thread spins first and sleeps only when nothing has come for long.
struct BenchPool_ {
  int32_t count;
  void (*body)(void *, int32_t);
  void *context;
  atomic_uint generation, arrived, phase;
  atomic_int stopping, running;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t *threads;
};
typedef struct { BenchThreads *pool; int32_t index; } Seat;

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void *work(void *argument) {
  Seat seat = *(Seat *)argument;
  free(argument);
  BenchThreads *p = seat.pool;
  unsigned seen = 0;
  for (;;) {
    int spins = 0;
    while (atomic_load_explicit(&p->generation, memory_order_acquire) == seen) {
      if (atomic_load_explicit(&p->stopping, memory_order_relaxed)) return 0;
      if (++spins < 20000) { relax(); continue; }
      pthread_mutex_lock(&p->lock);
      while (atomic_load(&p->generation) == seen && !atomic_load(&p->stopping)) pthread_cond_wait(&p->wake, &p->lock);
      pthread_mutex_unlock(&p->lock);
    }
    seen = atomic_load(&p->generation);
    p->body(p->context, seat.index);
    atomic_fetch_sub_explicit(&p->running, 1, memory_order_release);
  }
}

BenchThreads *bench_threads_create(int32_t count) {
  BenchThreads *p = calloc(1, sizeof *p);
  p->count = count < 1 ? 1 : count;
  pthread_mutex_init(&p->lock, 0);
  pthread_cond_init(&p->wake, 0);
  p->threads = calloc((size_t)p->count, sizeof *p->threads);
  for (int32_t i = 1; i < p->count; i++) {
    Seat *seat = malloc(sizeof *seat);
    *seat = (Seat){p, i};
    pthread_create(&p->threads[i], 0, work, seat);
  }
  return p;
}
void bench_threads_destroy(BenchThreads *p) {
  pthread_mutex_lock(&p->lock);
  atomic_store(&p->stopping, 1);
  pthread_cond_broadcast(&p->wake);
  pthread_mutex_unlock(&p->lock);
  for (int32_t i = 1; i < p->count; i++) pthread_join(p->threads[i], 0);
  pthread_mutex_destroy(&p->lock);
  pthread_cond_destroy(&p->wake);
  free(p->threads);
  free(p);
}
void bench_threads_run(BenchThreads *p, void (*body)(void *, int32_t), void *context) {
  if (p->count == 1) { body(context, 0); return; }
  p->body = body;
  p->context = context;
  atomic_store(&p->running, p->count - 1);
  pthread_mutex_lock(&p->lock);
  atomic_fetch_add(&p->generation, 1);
  pthread_cond_broadcast(&p->wake);
  pthread_mutex_unlock(&p->lock);
  body(context, 0);
  int spins = 0;
  while (atomic_load_explicit(&p->running, memory_order_acquire) > 0)
    if (++spins < 4000) relax(); else sched_yield();
}
void bench_threads_barrier(BenchThreads *p) {
  if (p->count == 1) return;
  unsigned phase = atomic_load_explicit(&p->phase, memory_order_relaxed);
  if (atomic_fetch_add_explicit(&p->arrived, 1, memory_order_acq_rel) == (unsigned)p->count - 1) {
    atomic_store_explicit(&p->arrived, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->phase, 1, memory_order_release);
  } else {
    int spins = 0;
    while (atomic_load_explicit(&p->phase, memory_order_acquire) == phase) {
      // On a busy machine the other thread may be waiting for this core.
      if (++spins < 4000) relax(); else sched_yield();
    }
  }
}
