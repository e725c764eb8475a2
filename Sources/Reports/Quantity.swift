import Files

/// A number as a table shows it: with digits after the point and, where known, a ± of its own.
public struct Quantity: Hashable, Sendable {
  /// The number.
  public var value: Double
  /// Half the width of its interval, or its standard deviation; nil where there is none.
  public var spread: Double?
  /// Digits after the point, for value and spread alike.
  public var digits: Int

  /// A number.
  public init(_ value: Double, spread: Double? = nil, digits: Int) {
    precondition((0...17).contains(digits), "0 to 17 digits after the point")
    self.value = value
    self.spread = spread
    self.digits = digits
  }

  /// `1.14 ± 0.03`; an em dash where the number is not finite. A true minus sign is used.
  public var text: String {
    guard value.isFinite else { return "—" }
    let main = Self.rounded(value, digits)
    guard let spread, spread.isFinite else { return main }
    return "\(main) ± \(Self.rounded(spread, digits))"
  }

  static func rounded(_ value: Double, _ digits: Int) -> String {
    let text = fixed(value, digits: digits)
    guard text.hasPrefix("-") else { return text }
    // Minus zero is zero.
    let isZero = text.dropFirst().allSatisfy { $0 == "0" || $0 == "." }
    return (isZero ? "" : "−") + text.dropFirst()
  }
}
