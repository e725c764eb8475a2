/// How one kind of thing looks everywhere in a figure: colour, marker and dashes together, so that
/// it is told apart in grey print too.
public struct Style: Hashable, Sendable {
  /// Ink.
  public var color: Color
  /// Shape of points.
  public var marker: Marker
  /// Lengths of dashes and gaps in points; empty is solid.
  public var dash: [Double]

  /// A style.
  public init(color: Color, marker: Marker, dash: [Double] = []) {
    self.color = color
    self.marker = marker
    self.dash = dash
  }

  private static let dashes: [[Double]] = [
    [], [5, 1.5], [1.5, 1.5], [6, 1.5, 1.5, 1.5], [3, 3], [8, 2], [4, 1.5, 1, 1.5, 1, 1.5],
  ]

  /// The style of the `index`-th method, layer, …; from the eighth on darker, with other markers and dashes.
  public static func of(_ index: Int) -> Style {
    precondition(index >= 0, "styles count from 0")
    let (turn, place) = index.quotientAndRemainder(dividingBy: Color.palette.count)
    let color = Color.palette[place]
    return Style(
      color: turn % 2 == 0 ? color : color.mixed(0.55, with: color == .black ? .white : .black),
      marker: Marker.cycle[(place + 3 * turn) % Marker.cycle.count],
      dash: dashes[(place + 2 * turn) % dashes.count])
  }

  /// Grey, for what stands for no method in particular, such as entries of a legend.
  public static let neutral = Style(color: .gray(0.3), marker: .circle)
}
