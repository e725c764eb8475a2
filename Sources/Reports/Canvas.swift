/// A file format a drawing can be encoded in.
public enum DrawingFormat: String, CaseIterable, Sendable {
  /// Pixels, 300 per inch.
  case png
  /// Scalable, text as outlines.
  case svg
  /// Scalable, fonts embedded.
  case pdf
}

/// How a line is drawn.
public struct Stroke: Hashable, Sendable {
  /// Ink.
  public var color: Color
  /// Thickness in points.
  public var width: Double
  /// Lengths of dashes and gaps in points; empty is solid.
  public var dash: [Double]

  /// A stroke.
  public init(_ color: Color, width: Double = 0.75, dash: [Double] = []) {
    self.color = color
    self.width = width
    self.dash = dash
  }
}

/// How text is set: DejaVu Sans of a size in points.
public struct TextStyle: Hashable, Sendable {
  /// Height of the font in points.
  public var size: Double
  /// Whether the letters are bold.
  public var bold: Bool
  /// Ink.
  public var color: Color

  /// A text style.
  public init(size: Double = 7.5, bold: Bool = false, color: Color = .black) {
    self.size = size
    self.bold = bold
    self.color = color
  }

  /// Width of the text in points; the same in every format because hinting is off.
  public func width(of text: String) -> Double { Cairo.width(of: text, style: self) }

  /// From baseline to the top of a capital letter, in points.
  var capHeight: Double { 0.73 * size }
}

/// Where a text's own position lies in it.
public enum TextAnchor: Hashable, Sendable {
  /// The position is the left end of the baseline.
  case start
  /// The position is the middle of the baseline.
  case middle
  /// The position is the right end of the baseline.
  case end
}

/// One drawing: a list of strokes, fills, texts and pictures that every format replays.
///
/// Positions are points (1/72 inch) from the upper left corner. The same list gives the same bytes.
public struct Canvas: Hashable, Sendable {
  enum Operation: Hashable, Sendable {
    case path([Point], closed: Bool, fill: Color?, stroke: Stroke?)
    case arc(center: Point, radius: Double, fill: Color?, stroke: Stroke?)
    case text(String, at: Point, style: TextStyle, anchor: TextAnchor, turned: Bool)
    case picture(pixels: [UInt32], width: Int, height: Int, in: Rect)
    case clip(Rect)
    case unclip
  }

  /// Width in points.
  public var width: Double
  /// Height in points.
  public var height: Double
  /// What the drawing shows, in a few words; goes into the metadata of SVG and PDF.
  public var title: String
  /// What a reader who cannot see it should know; goes into the metadata of SVG and PDF.
  public var summary: String
  private(set) var operations: [Operation] = []

  /// An empty drawing on white.
  public init(width: Double, height: Double, title: String = "", summary: String = "") {
    precondition(
      width > 0 && height > 0 && width <= 7200 && height <= 7200,
      "a drawing is between 0 and 100 inches wide and high")
    self.width = width
    self.height = height
    self.title = title
    self.summary = summary
  }

  /// A line through the points.
  public mutating func line(_ points: [Point], _ stroke: Stroke) {
    if points.count > 1 {
      operations.append(.path(points, closed: false, fill: nil, stroke: stroke))
    }
  }

  /// A closed shape.
  public mutating func shape(_ points: [Point], fill: Color? = nil, stroke: Stroke? = nil) {
    if points.count > 2 {
      operations.append(.path(points, closed: true, fill: fill, stroke: stroke))
    }
  }

  /// A rectangle.
  public mutating func rectangle(_ rect: Rect, fill: Color? = nil, stroke: Stroke? = nil) {
    shape(
      [
        Point(rect.x, rect.y), Point(rect.right, rect.y), Point(rect.right, rect.bottom),
        Point(rect.x, rect.bottom),
      ], fill: fill, stroke: stroke)
  }

  /// A circle.
  public mutating func circle(
    _ center: Point, radius: Double, fill: Color? = nil, stroke: Stroke? = nil
  ) {
    operations.append(.arc(center: center, radius: radius, fill: fill, stroke: stroke))
  }

  /// One line of text; `turned` runs from bottom to top.
  public mutating func text(
    _ text: String, at point: Point, _ style: TextStyle, anchor: TextAnchor = .start,
    turned: Bool = false
  ) {
    if !text.isEmpty {
      operations.append(.text(text, at: point, style: style, anchor: anchor, turned: turned))
    }
  }

  /// A picture of `width` × `height` pixels `0xRRGGBB`, row by row, each a sharp square.
  public mutating func picture(pixels: [UInt32], width: Int, height: Int, in rect: Rect) {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height,
      "a picture needs width × height pixels")
    operations.append(.picture(pixels: pixels, width: width, height: height, in: rect))
  }

  /// Restricts `body`'s ink to the rectangle.
  public mutating func clipped(to rect: Rect, _ body: (inout Canvas) -> Void) {
    operations.append(.clip(rect))
    body(&self)
    operations.append(.unclip)
  }

  /// Every text with the rectangle it takes, for checks that none is clipped or covers another.
  public var texts: [(text: String, box: Rect)] {
    operations.compactMap { operation in
      guard case .text(let text, let at, let style, let anchor, let turned) = operation else {
        return nil
      }
      let width = style.width(of: text)
      let before =
        switch anchor {
        case .start: 0.0
        case .middle: width / 2
        case .end: width
        }
      let height = style.capHeight
      let box =
        turned
        ? Rect(x: at.x - height, y: at.y + before - width, width: height, height: width)
        : Rect(x: at.x - before, y: at.y - height, width: width, height: height)
      return (text, box)
    }
  }

  /// The bytes of the drawing as a file of this format.
  ///
  /// - Throws: `ReportError.drawing` when cairo refuses.
  public func encoded(as format: DrawingFormat) throws(ReportError) -> [UInt8] {
    try Cairo.encode(self, as: format)
  }
}
