// Picture kernels behind Compute: interleaved RGB bytes, [height][width][3], and planes of doubles. Nothing is contracted to fused
// multiply-adds and every sum is taken in a stated order, so that all instruction sets give the same bytes.
#ifndef BENCH_PICTURES_H
#define BENCH_PICTURES_H
#include <stdint.h>

// For each new pixel along an axis: its first old pixel, how many it is made of, and their weights in units of 2^-22, [count][width].
typedef struct {
  int32_t count, width;
  const int32_t *first, *number, *weight;
} BenchAxis;

// A symmetric filter of [height][width][channels]: down the columns, then along the rows.
typedef struct {
  int32_t width, height, channels, radius;
  const double *weight;   // [radius + 1], from the middle outwards
  const int32_t *row;     // [height + 2 radius]: which row counts there
  const int32_t *column;  // [width + 2 radius]: which column counts there
  double *line;           // room for 2 (width + 2 radius) channels
} BenchSymmetric;

// A kernel of any shape of at most 800 taps whose weights are positive and add up to at most 1.02: where each tap reads,
// relative to the byte, and its weight. The same places again in at most 64 groups of one weight, of at most 257 taps each;
// `end` is behind the last of each.
typedef struct {
  int32_t count, groups;
  const int64_t *offset;
  const double *weight;
  const int64_t *grouped;
  const int32_t *end;
  const double *group_weight;
} BenchTaps;

typedef struct {
  // Left for right; rows for columns.
  void (*flip)(const uint8_t *in, uint8_t *out, int32_t width, int32_t height);
  void (*turn)(const uint8_t *in, uint8_t *out, int32_t width, int32_t height);
  // Every row, every column to the axis's size. `room`: 16 width numbers.
  void (*resample_across)(const uint8_t *in, uint8_t *out, int32_t width, int32_t height, const BenchAxis *,
                          int32_t *room);
  void (*resample_down)(const uint8_t *in, uint8_t *out, int32_t width, const BenchAxis *);
  // Box blur of the columns of [height][row] bytes: 2 whole + 1 bytes weigh `inner`, the two beyond them `outer`, in units of
  // 2^-24; beyond the ends the last byte counts. `room`: row numbers.
  void (*box_down)(const uint8_t *in, uint8_t *out, int32_t row, int32_t height, int32_t whole, uint32_t inner,
                   uint32_t outer, uint32_t *room);
  // Bilinear or bicubic at (a x + b y + c, d x + e y + f), black outside. `room`: 4 (width + 4) (height + 4)
  // + 52 (width + 15) bytes, aligned to 4.
  void (*affine)(const uint8_t *in, uint8_t *out, int32_t width, int32_t height, const double map[6], int32_t cubic,
                 uint8_t *room);
  // 255 - byte; the entry of each byte in the table of its channel, [3][256]; how often each byte occurs, [3][256]; the
  // sum of each channel.
  void (*invert)(const uint8_t *in, uint8_t *out, int64_t count);
  void (*look_up)(const uint8_t *in, const uint8_t *table, uint8_t *out, int64_t pixels);
  void (*count)(const uint8_t *in, uint32_t *out, int64_t pixels);
  void (*add_up)(const uint8_t *in, uint64_t out[3], int64_t pixels);
  // Luma of every pixel, (19595 R + 38470 G + 7471 B + 2^15) / 2^16.
  void (*luma)(const uint8_t *in, uint8_t *out, int64_t pixels);
  // base + factor (in - base), truncated to bytes; base is a byte each, the luma of the pixel, or the mean of 3 x 3 with the
  // middle counted five times (border pixels are their own).
  void (*blend)(const uint8_t *in, const uint8_t *base, uint8_t *out, float factor, int64_t count);
  void (*blend_luma)(const uint8_t *in, uint8_t *out, float factor, int64_t pixels);
  void (*smooth)(const uint8_t *in, uint8_t *out, int32_t width, int32_t height);
  // byte / 255
  void (*to_shares)(const uint8_t *in, double *out, int64_t count);
  // A picture with `reach` pixels more on every side; `row` and `column` say which counts there, the first being that of -reach.
  void (*framed)(const uint8_t *in, uint16_t *out, int32_t width, int32_t height, int32_t reach, const int32_t *row,
                 const int32_t *column);
  // clip(x, 0, 1) 255, truncated
  void (*from_shares)(const double *in, uint8_t *out, int64_t count);
  // From the outside inwards, as SciPy sums. Writes `out`, or `bytes` as `from_shares` does, whichever is given.
  void (*symmetric)(const BenchSymmetric *, const double *in, double *out, uint8_t *bytes);
  // Sums of byte / 255 over taps in their order, as `from_shares` writes them: [height][count] from [height][row] at `start`.
  void (*taps)(const uint16_t *in, int64_t start, int64_t row, const BenchTaps *, uint8_t *out, int64_t count,
               int32_t height);
  // Every pixel through hue, saturation and value: saturation to clip(factor s + offset, 0, 1), or value to clip(v + offset, 0, 1).
  void (*recolor)(const uint8_t *in, uint8_t *out, int32_t saturation_too, double factor, double offset,
                  int64_t pixels);

  // Gray fields [height][width]. Canny's edges by Sobel and the 1-norm, 255 or 0. `room`: 10 width height + 3 (width + 2)
  // (height + 2) bytes, aligned to 4.
  void (*gray_edges)(const uint8_t *in, uint8_t *out, int32_t width, int32_t height, int32_t low, int32_t high,
                     void *room);
  // Distance from the nearest 255 by steps of 1, 1.4 and 2.1969. `room`: (width + 4) (height + 4) numbers.
  void (*gray_distances)(const uint8_t *in, float *out, int32_t width, int32_t height, int32_t *room);
  // The mean of 3 x 3, of bytes rounded.
  void (*gray_blur_floats)(const float *in, float *out, int32_t width, int32_t height);
  void (*gray_blur)(const uint8_t *in, uint8_t *out, int32_t width, int32_t height);
  // Correlated with ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)), clamped.
  void (*gray_emboss)(const uint8_t *in, uint8_t *out, int32_t width, int32_t height);
  // clip(byte / 255 + light tint, 0, 1) 255, truncated; one light per pixel, one tint per channel.
  void (*add_light)(const uint8_t *in, const float *light, const float tint[3], uint8_t *out, int64_t pixels);
} BenchPictures;

const BenchPictures *bench_pictures_plain(void);
const BenchPictures *bench_pictures_avx2(void);    // null where not built
const BenchPictures *bench_pictures_avx512(void);  // null where not built
#endif
