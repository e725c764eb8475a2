/// Drawing without replacement.
///
/// Written out, and not the standard library's `shuffle`, so that the order for a seed stays the same when the
/// toolchain changes.
public enum Permutation {
  /// A random order of `0..<count` (Fisher and Yates, from the end).
  public static func random(
    _ count: Int, using generator: inout some RandomNumberGenerator
  ) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order, using: &generator)
    return order
  }

  /// Puts `items` into a random order.
  public static func shuffle<Item>(
    _ items: inout [Item], using generator: inout some RandomNumberGenerator
  ) {
    var last = items.count - 1
    while last > 0 {
      items.swapAt(last, below(last + 1, using: &generator))
      last -= 1
    }
  }

  /// A number in `0..<bound`, each equally likely (Lemire 2019, "Fast random integer generation in an interval").
  public static func below(
    _ bound: Int, using generator: inout some RandomNumberGenerator
  ) -> Int {
    precondition(bound > 0, "bound: must be positive")
    let bound = UInt64(bound)
    var product = generator.next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold {
        product = generator.next().multipliedFullWidth(by: bound)
      }
    }
    return Int(product.high)
  }
}
