extension [Int] {
  /// The bytes of an array of this shape, product of the lengths times the size of an element; `nil` where they do not
  /// fit an `Int`.
  func byteCount(elementSize: Int) -> Int? {
    if contains(0) { return 0 }
    var total = elementSize
    for length in self {
      let (product, overflow) = total.multipliedReportingOverflow(by: length)
      if overflow { return nil }
      total = product
    }
    return total
  }
}
