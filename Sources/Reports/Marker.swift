import Foundation

/// The shape of a point; shapes differ so that colour is never the only sign.
public enum Marker: Int, Hashable, Sendable {
  /// ●
  case circle
  /// ■
  case square
  /// ▲
  case triangle
  /// ◆
  case diamond
  /// ▼
  case triangleDown
  /// ✚
  case plus
  /// ⬟
  case pentagon
  /// ×
  case times

  /// The markers of methods, layers, …, in turn; the cross is for what a drawing says it means.
  static let cycle: [Marker] = [
    .circle, .square, .triangle, .diamond, .triangleDown, .plus, .pentagon,
  ]

  /// The outline around `center`; all shapes look equally large at equal `radius`.
  func outline(_ center: Point, radius: Double) -> [Point] {
    switch self {
    case .circle: polygon(center, radius, corners: 40, turn: 0)
    case .square: polygon(center, radius * 1.22, corners: 4, turn: 0.125)
    case .triangle: polygon(Point(center.x, center.y + radius * 0.15), radius * 1.3, corners: 3)
    case .diamond: polygon(center, radius * 1.3, corners: 4)
    case .triangleDown:
      polygon(Point(center.x, center.y - radius * 0.15), radius * 1.3, corners: 3, turn: 0.5)
    case .plus: cross(center, radius * 1.15)
    case .times: cross(center, radius * 1.3, turn: 0.125)
    case .pentagon: polygon(center, radius * 1.15, corners: 5)
    }
  }

  private func polygon(
    _ center: Point, _ radius: Double, corners: Int, turn: Double = 0
  ) -> [Point] {
    (0..<corners).map { corner in
      let angle = 2 * Double.pi * (Double(corner) / Double(corners) + turn)
      return Point(center.x + radius * sin(angle), center.y - radius * cos(angle))
    }
  }

  private func cross(_ center: Point, _ radius: Double, turn: Double = 0) -> [Point] {
    let arm = radius * 0.38
    let corners = [
      (-arm, -radius), (arm, -radius), (arm, -arm), (radius, -arm), (radius, arm), (arm, arm),
      (arm, radius), (-arm, radius), (-arm, arm), (-radius, arm), (-radius, -arm), (-arm, -arm),
    ]
    let (sine, cosine) = (sin(2 * .pi * turn), cos(2 * .pi * turn))
    return corners.map {
      Point(center.x + $0.0 * cosine - $0.1 * sine, center.y + $0.0 * sine + $0.1 * cosine)
    }
  }
}
