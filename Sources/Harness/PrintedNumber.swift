import Foundation

/// A number as a paper prints it, which also tells how finely it was rounded.
public struct PrintedNumber: Hashable, Sendable {
  /// The text as printed.
  public let text: String
  /// Its value.
  public let value: Double
  /// Half a unit of the last printed digit: 0.005 for `1.64`, 0.5 for `68`.
  public let halfUnit: Double

  /// Reads digits with an optional sign, point and exponent; nil for anything else, such as `> 15`.
  public init?(_ text: String) {
    let allowed = Set("0123456789.eE+-")
    guard !text.isEmpty, text.allSatisfy({ allowed.contains($0) }), let value = Double(text),
      value.isFinite
    else { return nil }
    let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let decimals = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let places = decimals.count > 1 ? decimals[1].count : 0
    self.text = text
    self.value = value
    halfUnit = Double("5e\(exponent - places - 1)") ?? 0
  }
}
