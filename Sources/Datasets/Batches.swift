/// One epoch: record numbers in an order, in batches of one size; the last may be shorter.
///
/// ```swift
/// for batch in Batches(count: dataset.count, size: 100, using: &generator) {
///   dataset.gather(batch, into: &input)
/// }
/// ```
public struct Batches: Sequence, Sendable {
  /// All record numbers, in the order of this epoch.
  public let order: [Int]
  /// Records per batch.
  public let size: Int

  /// `0..<count` in a random order.
  public init(count: Int, size: Int, using generator: inout some RandomNumberGenerator) {
    self.init(order: Permutation.random(count, using: &generator), size: size)
  }

  /// `0..<count` in their own order.
  public init(count: Int, size: Int) {
    self.init(order: Array(0..<count), size: size)
  }

  /// Any order.
  public init(order: [Int], size: Int) {
    precondition(size > 0, "size: must be positive")
    self.order = order
    self.size = size
  }

  /// Number of batches.
  public var count: Int { (order.count + size - 1) / size }

  /// The record numbers of batch `index`.
  public subscript(index: Int) -> ArraySlice<Int> {
    precondition((0..<count).contains(index), "index: beyond the last batch")
    return order[(index * size)..<Swift.min(order.count, (index + 1) * size)]
  }

  /// Goes through the batches.
  public func makeIterator() -> Iterator { Iterator(batches: self) }

  /// The state of going through the batches.
  public struct Iterator: IteratorProtocol, Sendable {
    let batches: Batches
    var index = 0

    /// The next batch.
    public mutating func next() -> ArraySlice<Int>? {
      guard index < batches.count else { return nil }
      index += 1
      return batches[index - 1]
    }
  }
}
