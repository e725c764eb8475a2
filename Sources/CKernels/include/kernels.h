// Numeric kernels behind Compute. Every function works on a range of tasks [begin, end); each output
// element belongs to exactly one task and is computed in a fixed order, so the bits of a result do not
// depend on how tasks are spread over threads.
//
// Batched values are laid out [blocks][features][16]: a block holds 16 examples, one a lane.
// Free values (parameters) are flat, padded to a multiple of 16 floats.
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H
#include <stdint.h>
#include "pictures.h"

// A set of output positions that share the same taps: `rows` x `columns` positions, steps in floats.
typedef struct {
  int32_t rows, columns;
  int64_t out_base, out_row, out_column;
  int64_t in_base, in_row, in_column;
  int32_t taps;
  const int32_t *in_offset;      // [taps], floats, relative to the position's base
  const int32_t *weight_offset;  // [taps], floats
  int32_t row_taps;              // taps of one kernel row, with equal steps between them in both tables
  // Taps of each row that the first and the last position lack, their neighbours one fewer, and so on: the ends of a row
  // that reaches over both borders, where `contract_borders` says that the path takes that.
  int32_t missing;
} BenchRegion;

// BENCH_SIX holds what BENCH_RELU leaves to 6 and below.
enum { BENCH_ACCUMULATE = 1, BENCH_RELU = 2, BENCH_SIX = 4 };

// out[b, m, p] = bias[m] + sum over c, t of weight[m, c, t] * in[b, c, p + t] + addend[b, m, p], where there is one
typedef struct {
  const float *in, *weight, *bias, *addend;
  float *packed;  // room for the weight as `contract_pack` lays it out: `contract_packed` channels times c times t
  float *out;
  int64_t in_block, in_channel;
  int64_t out_block, out_channel;
  int64_t weight_out, weight_in;  // strides of m and c in `weight`
  int32_t out_channels, in_channels, taps;  // taps of the whole kernel
  int32_t regions;
  const BenchRegion *region;
  int32_t flags;
} BenchContract;

// Each channel by a kernel of its own: out[b, c, p] = bias[c] + sum over t of weight[c, t] * in[b, c, p + t]
typedef struct {
  const float *in, *weight, *bias;
  float *out;
  int64_t in_plane, out_plane, weight_row;
  int32_t channels, blocks, regions;
  const BenchRegion *region;
  int32_t flags;
} BenchDepthwise;

// weight_gradient[m, c, t] = sum over b, lanes, p of out_gradient[b, m, p] * in[b, c, stride p + t - pad]
typedef struct {
  const float *out_gradient, *in;
  float *weight_gradient;
  int64_t in_block, in_channel;
  int64_t out_block, out_channel;
  int64_t weight_out, weight_in;
  int32_t out_channels, in_channels, blocks;
  int32_t in_height, in_width, out_height, out_width;
  int32_t kernel_height, kernel_width, stride_height, stride_width, pad_height, pad_width;
  int32_t flags;
} BenchCorrelate;

// Dense layer, out[b, m] = bias[m] + sum over k of weight[m, k] * in[b, k], over `blocks` blocks.
typedef struct {
  const float *in, *weight, *bias;
  float *out;
  int64_t in_block, out_block, weight_row;
  int32_t outputs, inputs, blocks, flags;
} BenchDense;

// weight_gradient[m, k] = sum over examples of out_gradient[b, m] * rows[b, k]
typedef struct {
  const float *out_gradient;  // [blocks][m][16]
  const float *rows;          // [examples][row]
  float *weight_gradient;     // [m][weight_row]
  int64_t out_block, row, weight_row;
  int32_t outputs, inputs, examples, flags;
} BenchDenseGradient;

typedef enum {
  BENCH_IDENTITY, BENCH_RELU_OP, BENCH_LEAKY_RELU, BENCH_ELU, BENCH_SIGMOID, BENCH_TANH, BENCH_SOFTPLUS,
  BENCH_EXP, BENCH_LOG, BENCH_SQRT, BENCH_SQUARE, BENCH_AFFINE, BENCH_CLIP, BENCH_RECIPROCAL,
  BENCH_RELU6_OP
} BenchUnary;
typedef enum { BENCH_ADD, BENCH_SUBTRACT, BENCH_MULTIPLY, BENCH_DIVIDE } BenchBinary;

typedef struct {
  const float *in;
  float *out;
  uint8_t *argument;  // which position of the window won, per output element; max pooling only
  int32_t planes;     // blocks * channels
  int32_t height, width, out_height, out_width;
  int32_t kernel_height, kernel_width, stride_height, stride_width, pad_height, pad_width;
} BenchPool;

typedef struct {
  const float *in;
  float *out;
  const float *gamma, *beta;
  float *running_mean, *running_variance;
  float *mean, *inverse_deviation;  // [channels], of this batch
  const float *out_gradient;
  float *in_gradient, *gamma_gradient, *beta_gradient;
  int64_t block;
  int32_t channels, positions, blocks, examples;
  float epsilon, momentum;
  int32_t use_running, flags, parameter_flags;
} BenchNorm;

typedef struct {
  uint64_t seed;
  uint32_t purpose, step;
} BenchNoise;

typedef struct {
  float *value, *gradient, *first, *second;
  float rate, beta1, beta2, rest1, rest2;  // rest = 1 - beta, rounded once
  float epsilon, correction1, correction2, decay;
} BenchAdam;

enum { BENCH_MIXTURE_LARGEST = 32 };

// A mixture of Gaussians; log_weight is log share + log precision / 2 - log(2 pi) / 2.
typedef struct {
  const float *mean, *precision, *log_weight;
  int32_t components;  // at most BENCH_MIXTURE_LARGEST
} BenchMixture;

// y[output][row][column] = bias[output] + sum of weight[k] x[offset[k] + row][column], k from start[output] to
// start[output + 1]. Groups are what follows each other in memory with all its outputs: blocks, or all blocks at once.
typedef struct {
  const float *in, *bias, *weight;
  float *out;
  const int32_t *start;   // [outputs + 1]
  const int32_t *offset;  // floats
  int64_t in_group, in_row, in_column;
  int64_t out_group, out_channel, out_row, out_column;
  int32_t outputs, rows, columns, flags;
} BenchSparse;

typedef struct {
  const char *name;
  int32_t vector_bits;
  // The weight is packed first; everyone waits for that before the contraction.
  void (*contract_pack)(const BenchContract *, int32_t begin, int32_t end);
  int32_t (*contract_pack_tasks)(const BenchContract *);
  int32_t (*contract_packed)(int32_t out_channels);
  int32_t (*contract_borders)(int32_t row_taps, int32_t before, int32_t after, int32_t columns);
  void (*contract)(const BenchContract *, int32_t begin, int32_t end);
  int32_t (*contract_tasks)(const BenchContract *, int32_t blocks);
  void (*correlate)(const BenchCorrelate *, float *scratch, int32_t begin, int32_t end);
  int32_t (*correlate_tasks)(const BenchCorrelate *);
  int64_t (*correlate_scratch)(const BenchCorrelate *);  // floats
  void (*dense)(const BenchDense *, int32_t begin, int32_t end);
  int32_t (*dense_tasks)(const BenchDense *);
  void (*dense_gradient)(const BenchDenseGradient *, int32_t begin, int32_t end);
  int32_t (*dense_gradient_tasks)(const BenchDenseGradient *);
  // [features][16] blocks to rows [examples][row] and back; tasks are groups of 16 features.
  void (*to_rows)(const float *blocks, float *rows, int64_t row, int32_t features, int32_t block_count,
                  int32_t begin, int32_t end);
  void (*from_rows)(const float *const *rows, float *blocks, int32_t features, int32_t examples,
                    int32_t begin, int32_t end);
  void (*from_bytes)(const uint8_t *const *rows, float *blocks, const float *shift, float scale,
                     int32_t features, int32_t examples, int32_t begin, int32_t end);
  // [rows][in_row] to [columns][out_row]; tasks are groups of 16 columns.
  void (*transpose)(const float *in, int64_t in_row, float *out, int64_t out_row, int32_t rows, int32_t columns,
                    int32_t begin, int32_t end);
  // out_gradient zeroed where value <= 0 (when value is given), and summed into bias_gradient[channel].
  void (*bias_gradient)(float *out_gradient, const float *value, float *bias_gradient, int64_t block,
                        int32_t blocks, int32_t positions, int32_t accumulate, int32_t begin, int32_t end);

  // Elementwise, over vectors of 16.
  void (*unary)(BenchUnary, const float *x, float *y, float a, float b, int64_t begin, int64_t end);
  void (*unary_gradient)(BenchUnary, const float *x, const float *y, const float *dy, float *dx, float a,
                         float b, int32_t accumulate, int64_t begin, int64_t end);
  void (*binary)(BenchBinary, const float *x, const float *z, float *y, int64_t begin, int64_t end);
  void (*binary_gradient)(BenchBinary, const float *x, const float *z, const float *dy, float *dx, float *dz,
                          int32_t accumulate_x, int32_t accumulate_z, int64_t begin, int64_t end);
  // y = a x + (accumulate ? y : 0)
  void (*scale)(const float *x, float *y, float a, int32_t accumulate, int64_t begin, int64_t end);
  void (*fill)(float *y, float a, int64_t begin, int64_t end);
  double (*sum)(const float *x, int64_t count);
  double (*dot)(const float *x, const float *y, int64_t count);

  // Per channel, tasks are channels: y = x * scale[c] + shift[c]; either may be null.
  void (*channel_affine)(const float *x, const float *scale, const float *shift, float *y, int64_t block,
                         int32_t blocks, int32_t positions, int32_t begin, int32_t end);
  void (*channel_affine_gradient)(const float *x, const float *scale, const float *dy, float *dx,
                                  float *dscale, float *dshift, int64_t block, int32_t blocks,
                                  int32_t positions, int32_t accumulate_x, int32_t accumulate_scale,
                                  int32_t accumulate_shift, int32_t begin, int32_t end);

  // Pooling, tasks are planes.
  void (*max_pool)(const BenchPool *, int32_t begin, int32_t end);
  void (*max_pool_gradient)(const BenchPool *, const float *dy, float *dx, int32_t accumulate, int32_t begin,
                            int32_t end);
  void (*average_pool)(const BenchPool *, int32_t begin, int32_t end);
  void (*average_pool_gradient)(const BenchPool *, const float *dy, float *dx, int32_t accumulate,
                                int32_t begin, int32_t end);

  // Depthwise convolution, tasks are planes; its weight gradient, tasks are channels: there `out` is the gradient that
  // came in and `taps` those of the whole kernel.
  void (*depthwise)(const BenchDepthwise *, int32_t begin, int32_t end);
  void (*depthwise_weight_gradient)(const BenchDepthwise *, float *weight_gradient, int32_t taps, int32_t accumulate,
                                    int32_t begin, int32_t end);

  // Batch normalisation, tasks are channels.
  void (*norm)(const BenchNorm *, int32_t begin, int32_t end);
  void (*norm_gradient)(const BenchNorm *, int32_t begin, int32_t end);

  // Losses, tasks are blocks. `example` receives one value per lane.
  void (*softmax_cross_entropy)(const float *logits, const int32_t *labels, float *probabilities,
                                float *example, int32_t classes, int32_t examples, int32_t begin, int32_t end);
  void (*softmax_cross_entropy_gradient)(const float *probabilities, const int32_t *labels,
                                         const float *example_gradient, float *dlogits, int32_t classes,
                                         int32_t examples, int32_t accumulate, int32_t begin, int32_t end);
  void (*log_softmax)(const float *x, float *y, int32_t classes, int32_t begin, int32_t end);
  void (*log_softmax_gradient)(const float *y, const float *dy, float *dx, int32_t classes,
                               int32_t accumulate, int32_t begin, int32_t end);
  void (*binary_cross_entropy)(const float *logits, const float *target, float *example, int32_t features,
                               int32_t begin, int32_t end);
  void (*binary_cross_entropy_gradient)(const float *logits, const float *target,
                                        const float *example_gradient, float *dlogits, int32_t features,
                                        int32_t accumulate, int32_t begin, int32_t end);
  // Sum over features of each example, and back.
  void (*sum_features)(const float *x, float *example, int32_t features, int32_t begin, int32_t end);
  void (*spread_features)(const float *example_gradient, float *dx, int32_t features, int32_t accumulate,
                          int32_t begin, int32_t end);

  // Noise, over tiles of BENCH_NOISE_TILE vectors.
  void (*gaussian)(const BenchNoise *, float *y, int64_t vectors, int64_t begin, int64_t end);
  void (*uniform)(const BenchNoise *, float *y, int64_t vectors, int64_t begin, int64_t end);
  // y = mean + sqrt(variance + 1e-8) * noise; slope = noise / (2 sqrt(variance + 1e-8))
  void (*sample_gaussian)(const BenchNoise *, const float *mean, const float *variance, float *y, float *slope,
                          int64_t vectors, int64_t begin, int64_t end);
  // y = x / (1 - rate) or 0
  void (*dropout)(const BenchNoise *, const float *x, float *y, float *mask, float rate, int64_t vectors,
                  int64_t begin, int64_t end);

  // Gaussian posterior N(mean, exp(log_variance)) over weights and its divergence from the log-uniform prior: one row
  // forward, vectors of 16 backward.
  double (*gaussian_weights)(const float *mean, const float *log_variance, float *kept_mean, float *variance,
                             float *slope, float threshold, int64_t count);
  void (*gaussian_weights_gradient)(const float *mean, const float *kept_mean, const float *variance,
                                    const float *slope, const float *dkept, const float *dvariance, float share,
                                    float *dmean, float *dlog_variance, int32_t accumulate_mean,
                                    int32_t accumulate_log_variance, int64_t begin, int64_t end);

  // -log density of a mixture over one row; slope per number, [3][components] sums over the row (mixture.inc).
  double (*mixture)(const BenchMixture *, const float *x, float *slope, double *sums, int64_t count);

  void (*sparse)(const BenchSparse *, int32_t begin, int32_t end);

  // Averages of predictions at a temperature, and how many of them are right (temper.inc).
  void (*temper)(const float *sum, const float *added, const int32_t *labels, float *room, int32_t classes,
                 int64_t blocks, float beta, double *out);
  int64_t (*count_right)(const double *sum, const float *added, const int32_t *labels, int32_t classes,
                         int64_t blocks);

  void (*adam)(const BenchAdam *, int64_t begin, int64_t end);
  // momentum buffer, PyTorch's convention: v = momentum v + (g + decay w); w -= rate (nesterov ? g + momentum v : v)
  void (*sgd)(float *value, const float *gradient, float *velocity, float rate, float momentum, float decay,
              int32_t nesterov, int64_t begin, int64_t end);

  // Peak probe: fused multiply-adds on registers; returns the number of floating-point operations.
  double (*peak)(int64_t iterations, float *sink);
} BenchKernels;

enum { BENCH_NOISE_TILE = 128 };

const BenchKernels *bench_kernels_plain(void);
const BenchKernels *bench_kernels_avx2(void);    // null where not built
const BenchKernels *bench_kernels_avx512(void);  // null where not built
int bench_cpu_has_avx2(void);
int bench_cpu_has_avx512(void);

// One Philox4x32-10 block.
void bench_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

// Threads that run the same function side by side and meet at barriers.
typedef struct BenchPool_ BenchThreads;
BenchThreads *bench_threads_create(int32_t count);
void bench_threads_destroy(BenchThreads *);
void bench_threads_run(BenchThreads *, void (*body)(void *, int32_t), void *context);
void bench_threads_barrier(BenchThreads *);
#endif
