/// Pictures side by side, such as a contact sheet.
public struct PictureGrid: Sendable {
  /// Rows of pictures; all of one size, rows may differ in length.
  public var rows: [[Picture]]
  /// Pixels between pictures and around them.
  public var gap: Int
  /// How many pixels each pixel becomes, across and down.
  public var scale: Int
  /// Gray of the gaps.
  public var background: UInt8

  /// A grid of pictures.
  public init(rows: [[Picture]], gap: Int = 2, scale: Int = 1, background: UInt8 = 255) {
    precondition(gap >= 0 && scale > 0, "gap: not negative, scale: positive")
    self.rows = rows
    self.gap = gap
    self.scale = scale
    self.background = background
  }

  /// The whole grid as one picture; `nil` if there is none in it.
  public var picture: Picture? {
    guard let first = rows.joined().first else { return nil }
    precondition(
      rows.joined().allSatisfy { $0.width == first.width && $0.height == first.height },
      "pictures: of one size")
    let (cellWidth, cellHeight) = (first.width * scale, first.height * scale)
    let columns = rows.map(\.count).max() ?? 0
    let width = columns * (cellWidth + gap) + gap
    let height = rows.count * (cellHeight + gap) + gap
    var sheet = Picture(
      width: width, height: height, red: background, green: background, blue: background)
    for (row, pictures) in rows.enumerated() {
      for (column, picture) in pictures.enumerated() {
        let left = gap + column * (cellWidth + gap)
        let top = gap + row * (cellHeight + gap)
        for y in 0..<cellHeight {
          for x in 0..<cellWidth {
            let source = 3 * ((y / scale) * picture.width + x / scale)
            let target = 3 * ((top + y) * width + left + x)
            for channel in 0..<3 {
              sheet.pixels[target + channel] = picture.pixels[source + channel]
            }
          }
        }
      }
    }
    return sheet
  }
}
