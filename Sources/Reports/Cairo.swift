import CCairo

/// The only file that calls cairo: replays a `Canvas` into a file and measures text.
enum Cairo {
  /// Pixels per inch of PNG files.
  static let pixelsPerInch = 300.0

  /// The version of the library in use, for provenance.
  static var version: String { String(cString: cairo_version_string()) }

  static func encode(_ canvas: Canvas, as format: DrawingFormat) throws(ReportError) -> [UInt8] {
    let sink = Sink()
    // Cairo keeps the pointer until the surface is finished; `sink` outlives both.
    let closure = Unmanaged.passUnretained(sink).toOpaque()
    let scale = format == .png ? pixelsPerInch / 72 : 1
    let surface: OpaquePointer?
    switch format {
    case .png:
      surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, Int32((canvas.width * scale).rounded()),
        Int32((canvas.height * scale).rounded()))
    case .svg:
      surface = cairo_svg_surface_create_for_stream(
        Sink.write, closure, canvas.width, canvas.height)
    case .pdf:
      surface = cairo_pdf_surface_create_for_stream(
        Sink.write, closure, canvas.width, canvas.height)
      // Without a date of its own cairo writes the clock's, and no two files are equal.
      cairo_pdf_surface_set_metadata(
        surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z")
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, canvas.title)
      cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, canvas.summary)
    }
    defer { cairo_surface_destroy(surface) }
    let context = cairo_create(surface)
    defer { cairo_destroy(context) }
    cairo_scale(context, scale, scale)
    prepareText(context)
    if format == .png {
      setColor(context, .white)
      cairo_paint(context)
    }
    for operation in canvas.operations { replay(operation, context) }
    cairo_show_page(context)
    cairo_surface_flush(surface)
    try check(cairo_status(context), format)
    if format == .png {
      try check(cairo_surface_write_to_png_stream(surface, Sink.write, closure), format)
    }
    cairo_surface_finish(surface)
    try check(cairo_surface_status(surface), format)
    let bytes = withExtendedLifetime(sink) { sink.bytes }
    return switch format {
    case .png: PNGDensity.insert(pixelsPerInch: pixelsPerInch, into: bytes)
    case .svg: SVGText.settle(bytes, title: canvas.title, summary: canvas.summary)
    case .pdf: bytes
    }
  }

  static func width(of text: String, style: TextStyle) -> Double {
    let surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)
    defer { cairo_surface_destroy(surface) }
    let context = cairo_create(surface)
    defer { cairo_destroy(context) }
    prepareText(context)
    setFont(context, style)
    return advance(context, text)
  }

  private static func check(_ status: cairo_status_t, _ format: DrawingFormat) throws(ReportError) {
    if status != CAIRO_STATUS_SUCCESS {
      throw .drawing(
        format: format.rawValue, status: String(cString: cairo_status_to_string(status)))
    }
  }

  /// Hinting off: letters keep their widths at every resolution, so all formats break alike.
  private static func prepareText(_ context: OpaquePointer?) {
    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
  }

  private static func setFont(_ context: OpaquePointer?, _ style: TextStyle) {
    cairo_select_font_face(
      context, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
      style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, style.size)
  }

  private static func advance(_ context: OpaquePointer?, _ text: String) -> Double {
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  private static func setColor(_ context: OpaquePointer?, _ color: Color) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
  }

  private static func replay(_ operation: Canvas.Operation, _ context: OpaquePointer?) {
    switch operation {
    case .path(let points, let closed, let fill, let stroke):
      cairo_new_path(context)
      for point in points { cairo_line_to(context, point.x, point.y) }
      if closed { cairo_close_path(context) }
      paint(context, fill, stroke)
    case .arc(let center, let radius, let fill, let stroke):
      cairo_new_path(context)
      cairo_arc(context, center.x, center.y, radius, 0, 2 * Double.pi)
      cairo_close_path(context)
      paint(context, fill, stroke)
    case .text(let text, let point, let style, let anchor, let turned):
      setFont(context, style)
      setColor(context, style.color)
      let shift =
        switch anchor {
        case .start: 0.0
        case .middle: -advance(context, text) / 2
        case .end: -advance(context, text)
        }
      cairo_save(context)
      cairo_translate(context, point.x, point.y)
      if turned { cairo_rotate(context, -Double.pi / 2) }
      cairo_move_to(context, shift, 0)
      cairo_show_text(context, text)
      cairo_restore(context)
    case .picture(let pixels, let width, let height, let rect):
      let image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height))
      defer { cairo_surface_destroy(image) }
      guard let data = cairo_image_surface_get_data(image) else { return }
      let stride = Int(cairo_image_surface_get_stride(image))
      for row in 0..<height {
        for column in 0..<width {
          UnsafeMutableRawPointer(data).storeBytes(
            of: pixels[row * width + column] & 0xFFFFFF, toByteOffset: row * stride + column * 4,
            as: UInt32.self)
        }
      }
      cairo_surface_mark_dirty(image)
      cairo_save(context)
      cairo_translate(context, rect.x, rect.y)
      cairo_scale(context, rect.width / Double(width), rect.height / Double(height))
      cairo_set_source_surface(context, image, 0, 0)
      cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
      cairo_paint(context)
      cairo_restore(context)
    case .clip(let rect):
      cairo_save(context)
      cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
      cairo_clip(context)
    case .unclip:
      cairo_restore(context)
    }
  }

  private static func paint(_ context: OpaquePointer?, _ fill: Color?, _ stroke: Stroke?) {
    if let fill {
      setColor(context, fill)
      cairo_fill_preserve(context)
    }
    if let stroke {
      setColor(context, stroke.color)
      cairo_set_line_width(context, stroke.width)
      cairo_set_dash(context, stroke.dash, Int32(stroke.dash.count), 0)
      cairo_stroke_preserve(context)
    }
    cairo_new_path(context)
  }

  /// Collects what cairo writes; a class because cairo's callback needs an address that stays.
  private final class Sink {
    var bytes: [UInt8] = []

    static let write: cairo_write_func_t = { closure, data, count in
      guard let closure, let data else { return CAIRO_STATUS_WRITE_ERROR }
      let sink = Unmanaged<Sink>.fromOpaque(closure).takeUnretainedValue()
      sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
      return CAIRO_STATUS_SUCCESS
    }
  }
}
