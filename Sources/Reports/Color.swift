/// An opaque or translucent colour in sRGB; components in 0...1.
public struct Color: Hashable, Sendable {
  /// Red.
  public var red: Double
  /// Green.
  public var green: Double
  /// Blue.
  public var blue: Double
  /// 0 is invisible, 1 covers.
  public var opacity: Double

  /// The colour of these components.
  public init(red: Double, green: Double, blue: Double, opacity: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.opacity = opacity
  }

  /// The colour of a number such as `0x0072B2`.
  public init(_ hex: UInt32) {
    self.init(
      red: Double(hex >> 16 & 255) / 255, green: Double(hex >> 8 & 255) / 255,
      blue: Double(hex & 255) / 255)
  }

  /// Black.
  public static let black = Color(0x000000)
  /// White.
  public static let white = Color(0xFFFFFF)

  /// The palette of Okabe and Ito, told apart by colour-blind readers; its yellow is left out
  /// because thin yellow lines vanish on white.
  public static let palette: [Color] = [
    Color(0x0072B2), Color(0xD55E00), Color(0x009E73), Color(0xCC79A7), Color(0xE69F00),
    Color(0x56B4E9), Color(0x000000),
  ]

  /// The same colour at another opacity.
  public func faded(_ opacity: Double) -> Color {
    Color(red: red, green: green, blue: blue, opacity: opacity)
  }

  /// An opaque mixture: `share` of this colour, the rest of `other`.
  func mixed(_ share: Double, with other: Color) -> Color {
    Color(
      red: share * red + (1 - share) * other.red, green: share * green + (1 - share) * other.green,
      blue: share * blue + (1 - share) * other.blue)
  }

  /// A shade of the colour dark enough for small text on white.
  func forText() -> Color {
    let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    let scale = luminance > 0.35 ? 0.35 / luminance : 1
    return Color(red: red * scale, green: green * scale, blue: blue * scale)
  }

  static func gray(_ level: Double) -> Color { Color(red: level, green: level, blue: level) }
}
