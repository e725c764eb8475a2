// libjpeg reports errors through a callback that must not return. Here it jumps back, so that the jump never leaves C.
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

// The message of an error, in a buffer of JMSG_LENGTH_MAX characters.
struct bench_jpeg_failure {
  struct jpeg_error_mgr manager;
  jmp_buf back;
  char *message;
};

static void bench_jpeg_fail(j_common_ptr info) {
  struct bench_jpeg_failure *failure = (struct bench_jpeg_failure *)info->err;
  info->err->format_message(info, failure->message);
  longjmp(failure->back, 1);
}

// Keeps the first warning as the message; level -1 is a warning, others are traces.
static void bench_jpeg_note(j_common_ptr info, int level) {
  struct bench_jpeg_failure *failure = (struct bench_jpeg_failure *)info->err;
  if (level < 0 && info->err->num_warnings++ == 0) info->err->format_message(info, failure->message);
}

static struct jpeg_error_mgr *bench_jpeg_errors(struct bench_jpeg_failure *failure, char *message) {
  jpeg_std_error(&failure->manager);
  failure->manager.error_exit = bench_jpeg_fail;
  failure->manager.emit_message = bench_jpeg_note;
  failure->message = message;
  return &failure->manager;
}

// Width, height and components of a file; 0 where it is none.
static inline int bench_jpeg_header(const uint8_t *bytes, size_t count, int *numbers, char *message) {
  struct jpeg_decompress_struct info;
  struct bench_jpeg_failure failure;
  memset(&info, 0, sizeof info);
  info.err = bench_jpeg_errors(&failure, message);
  if (setjmp(failure.back)) {
    jpeg_destroy_decompress(&info);
    return 0;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes, count);
  jpeg_read_header(&info, TRUE);
  numbers[0] = (int)info.image_width;
  numbers[1] = (int)info.image_height;
  numbers[2] = info.num_components;
  jpeg_destroy_decompress(&info);
  return 1;
}

// RGB rows of a file whose header has been read; 0 on an error or a warning.
static inline int bench_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *pixels, size_t stride, char *message) {
  struct jpeg_decompress_struct info;
  struct bench_jpeg_failure failure;
  memset(&info, 0, sizeof info);
  info.err = bench_jpeg_errors(&failure, message);
  if (setjmp(failure.back)) {
    jpeg_destroy_decompress(&info);
    return 0;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, bytes, count);
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_RGB;
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels + stride * info.output_scanline;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  int warned = info.err->num_warnings > 0;
  jpeg_destroy_decompress(&info);
  return !warned;
}

// A baseline file with colours at half resolution; the caller frees *file. 0 on an error.
static inline int bench_jpeg_encode(
  const uint8_t *pixels, int width, int height, int quality, uint8_t **file, unsigned long *size, char *message) {
  struct jpeg_compress_struct info;
  struct bench_jpeg_failure failure;
  memset(&info, 0, sizeof info);
  info.err = bench_jpeg_errors(&failure, message);
  if (setjmp(failure.back)) {
    jpeg_destroy_compress(&info);
    return 0;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, file, size);
  info.image_width = (JDIMENSION)width;
  info.image_height = (JDIMENSION)height;
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)width * 3 * info.next_scanline);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return 1;
}
