// libpng reports errors through a callback that must not return. Here it jumps back, so that the jump never leaves C.
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <png.h>

enum { BENCH_PNG_MESSAGE = 200 };

// A file in memory, and the first thing that libpng said about it, in a buffer of BENCH_PNG_MESSAGE characters.
struct bench_png_source {
  const uint8_t *bytes;
  size_t count;
  size_t position;
  char *message;
  jmp_buf back;
};

static void bench_png_note(png_structp png, png_const_charp words) {
  char *message = ((struct bench_png_source *)png_get_error_ptr(png))->message;
  if (message[0] == 0) strncpy(message, words, BENCH_PNG_MESSAGE - 1);
}

static PNG_NORETURN void bench_png_fail(png_structp png, png_const_charp words) {
  bench_png_note(png, words);
  longjmp(((struct bench_png_source *)png_get_error_ptr(png))->back, 1);
}

static void bench_png_take(png_structp png, png_bytep target, size_t count) {
  struct bench_png_source *source = (struct bench_png_source *)png_get_io_ptr(png);
  if (count > source->count - source->position) png_error(png, "end of file");
  memcpy(target, source->bytes + source->position, count);
  source->position += count;
}

// Stored values of a whole file in rows of `stride` bytes: palettes and fewer than 8 bits expanded, transparency as alpha,
// gray with alpha as RGB and alpha, of 16 bits the high byte except for plain gray, which stays 16 bits, high byte first.
// 0 on an error or a warning.
static inline int bench_png_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, size_t stride, char *message) {
  struct bench_png_source source = {bytes, count, 0, message};
  message[0] = 0;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, bench_png_fail, bench_png_note);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    strncpy(message, "no memory", BENCH_PNG_MESSAGE - 1);
    return 0;
  }
  if (setjmp(source.back)) {
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
  }
  png_set_benign_errors(png, 0);
  png_set_read_fn(png, &source, bench_png_take);
  png_read_info(png, info);
  png_byte depth = png_get_bit_depth(png, info);
  png_byte colour = png_get_color_type(png, info);
  if (depth < 16 || colour != PNG_COLOR_TYPE_GRAY) {
    png_set_expand(png);
    png_set_strip_16(png);
    if (colour == PNG_COLOR_TYPE_GRAY_ALPHA || png_get_valid(png, info, PNG_INFO_tRNS)) png_set_gray_to_rgb(png);
  }
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != stride) png_error(png, "rows of another length");
  png_uint_32 height = png_get_image_height(png, info);
  for (int pass = 0; pass < passes; pass++)
    for (png_uint_32 row = 0; row < height; row++) png_read_row(png, pixels + stride * row, NULL);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return message[0] == 0;
}
