// libjpeg reports errors through a callback that must not return. Here it jumps back, so that the jump never leaves C.
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

// What libjpeg said first, and where in the file it stood then.
struct bench_jpeg_report {
  char message[JMSG_LENGTH_MAX];
  int code;
  size_t offset;
};

struct bench_jpeg_failure {
  struct jpeg_error_mgr manager;
  jmp_buf back;
  struct bench_jpeg_report *report;
  size_t count;
};

static void bench_jpeg_say(j_common_ptr info) {
  struct bench_jpeg_failure *failure = (struct bench_jpeg_failure *)info->err;
  info->err->format_message(info, failure->report->message);
  failure->report->code = info->err->msg_code;
  struct jpeg_source_mgr *source = info->is_decompressor ? ((j_decompress_ptr)info)->src : NULL;
  // At the end libjpeg still counts bytes that its decoder has taken.
  int ended = info->err->msg_code == JWRN_JPEG_EOF || info->err->msg_code == JERR_INPUT_EOF;
  size_t left = source && !ended ? source->bytes_in_buffer : 0;
  failure->report->offset = left < failure->count ? failure->count - left : 0;
}

static void bench_jpeg_fail(j_common_ptr info) {
  struct bench_jpeg_failure *failure = (struct bench_jpeg_failure *)info->err;
  // A warning before it says more: it is where the damage began.
  if (info->err->num_warnings == 0) bench_jpeg_say(info);
  longjmp(failure->back, 1);
}

// Keeps the first warning; level -1 is a warning, others are traces. Bytes between markers, a newer JFIF and an odd Adobe
// marker harm no pixel: photos are full of them.
static void bench_jpeg_note(j_common_ptr info, int level) {
  int code = info->err->msg_code;
  if (level >= 0 || code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM) return;
  if (info->err->num_warnings++ == 0) bench_jpeg_say(info);
}

static struct jpeg_error_mgr *bench_jpeg_errors(
  struct bench_jpeg_failure *failure, struct bench_jpeg_report *report, size_t count) {
  jpeg_std_error(&failure->manager);
  failure->manager.error_exit = bench_jpeg_fail;
  failure->manager.emit_message = bench_jpeg_note;
  failure->report = report;
  failure->count = count;
  return &failure->manager;
}

// Thousands of scans in a small file would take hours; pictures have about ten.
enum { BENCH_JPEG_SCANS = 500 };

static void bench_jpeg_progress(j_common_ptr info) {
  if (((j_decompress_ptr)info)->input_scan_number <= BENCH_JPEG_SCANS) return;
  bench_jpeg_say(info);
  struct bench_jpeg_failure *failure = (struct bench_jpeg_failure *)info->err;
  strcpy(failure->report->message, "more");
  failure->report->code = -1;
  longjmp(failure->back, 1);
}

// Width, height and components of a file; 0 where it is none.
static inline int bench_jpeg_header(
  const uint8_t *bytes, size_t count, int *numbers, struct bench_jpeg_report *report) {
  struct jpeg_decompress_struct info;
  struct bench_jpeg_failure failure;
  memset(&info, 0, sizeof info);
  info.err = bench_jpeg_errors(&failure, report, count);
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

// Several rows a call spare calls; libjpeg takes and gives fewer where it wants to.
enum { BENCH_JPEG_ROWS = 16 };

// The next rows from `first` on; returns how many.
static inline JDIMENSION bench_jpeg_rows(
  JSAMPROW *rows, uint8_t *pixels, size_t stride, JDIMENSION first, JDIMENSION height) {
  JDIMENSION count = height - first < BENCH_JPEG_ROWS ? height - first : BENCH_JPEG_ROWS;
  for (JDIMENSION k = 0; k < count; k++) rows[k] = pixels + stride * (first + k);
  return count;
}

// From the header to the end: CMYK where there are four components, else RGB.
static inline void bench_jpeg_read(j_decompress_ptr info, uint8_t *pixels, size_t stride) {
  JSAMPROW rows[BENCH_JPEG_ROWS];
  jpeg_read_header(info, TRUE);
  info->out_color_space = info->num_components == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(info);
  while (info->output_scanline < info->output_height) {
    JDIMENSION count = bench_jpeg_rows(rows, pixels, stride, info->output_scanline, info->output_height);
    jpeg_read_scanlines(info, rows, count);
  }
  jpeg_finish_decompress(info);
}

// A baseline file with colours at half resolution.
static inline void bench_jpeg_write(j_compress_ptr info, const uint8_t *pixels, int width, int height, int quality) {
  JSAMPROW rows[BENCH_JPEG_ROWS];
  info->image_width = (JDIMENSION)width;
  info->image_height = (JDIMENSION)height;
  info->input_components = 3;
  info->in_color_space = JCS_RGB;
  jpeg_set_defaults(info);
  jpeg_set_quality(info, quality, TRUE);
  jpeg_start_compress(info, TRUE);
  while (info->next_scanline < info->image_height) {
    JDIMENSION count = bench_jpeg_rows(
      rows, (uint8_t *)pixels, (size_t)width * 3, info->next_scanline, info->image_height);
    jpeg_write_scanlines(info, rows, count);
  }
  jpeg_finish_compress(info);
}

// Rows of a file whose header has been read: CMYK where it has four components, else RGB. 0 on an error or a warning.
static inline int bench_jpeg_decode(
  const uint8_t *bytes, size_t count, uint8_t *pixels, size_t stride, struct bench_jpeg_report *report) {
  struct jpeg_decompress_struct info;
  struct bench_jpeg_failure failure;
  struct jpeg_progress_mgr progress;
  memset(&info, 0, sizeof info);
  memset(&progress, 0, sizeof progress);
  info.err = bench_jpeg_errors(&failure, report, count);
  if (setjmp(failure.back)) {
    jpeg_destroy_decompress(&info);
    return 0;
  }
  jpeg_create_decompress(&info);
  progress.progress_monitor = bench_jpeg_progress;
  info.progress = &progress;
  jpeg_mem_src(&info, bytes, count);
  bench_jpeg_read(&info, pixels, stride);
  int warned = info.err->num_warnings > 0;
  jpeg_destroy_decompress(&info);
  return !warned;
}

// A baseline file with colours at half resolution; the caller frees *file. 0 on an error.
static inline int bench_jpeg_encode(
  const uint8_t *pixels, int width, int height, int quality, uint8_t **file, unsigned long *size,
  struct bench_jpeg_report *report) {
  struct jpeg_compress_struct info;
  struct bench_jpeg_failure failure;
  memset(&info, 0, sizeof info);
  info.err = bench_jpeg_errors(&failure, report, 0);
  if (setjmp(failure.back)) {
    jpeg_destroy_compress(&info);
    return 0;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, file, size);
  bench_jpeg_write(&info, pixels, width, height, quality);
  jpeg_destroy_compress(&info);
  return 1;
}
