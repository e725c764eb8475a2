// The inner loops of the filters. Ranges are checked once per row, so that the loops themselves vectorise.

/// out[i] = weight · source[start + i].
func setRow<Number: BinaryFloatingPoint>(
  _ out: inout [Number], at target: Int, _ source: [Number], at start: Int, count: Int,
  weight: Number
) {
  precondition(
    target >= 0 && start >= 0 && count >= 0 && target + count <= out.count
      && start + count <= source.count, "rows: out of range")
  let source = source.span
  var out = out.mutableSpan
  for i in 0..<count { out[unchecked: target + i] = weight * source[unchecked: start + i] }
}

/// out[i] += weight · source[start + i].
func addRow<Number: BinaryFloatingPoint>(
  _ out: inout [Number], at target: Int, _ source: [Number], at start: Int, count: Int,
  weight: Number
) {
  precondition(
    target >= 0 && start >= 0 && count >= 0 && target + count <= out.count
      && start + count <= source.count, "rows: out of range")
  let source = source.span
  var out = out.mutableSpan
  for i in 0..<count { out[unchecked: target + i] += weight * source[unchecked: start + i] }
}

/// out[i] += weight · (source[first + i] + source[second + i]).
func addRows<Number: BinaryFloatingPoint>(
  _ out: inout [Number], at target: Int, _ source: [Number], _ first: Int, _ second: Int,
  count: Int, weight: Number
) {
  precondition(
    target >= 0 && first >= 0 && second >= 0 && count >= 0 && target + count <= out.count
      && first + count <= source.count && second + count <= source.count, "rows: out of range")
  let source = source.span
  var out = out.mutableSpan
  for i in 0..<count {
    out[unchecked: target + i] +=
      (source[unchecked: first + i] + source[unchecked: second + i]) * weight
  }
}

/// Bytes as shares of 255.
let shares: [Double] = (0..<256).map { Double($0) / 255 }

/// Bytes / 255.
func unit(_ bytes: [UInt8]) -> [Double] {
  let table = shares
  var out = [Double](repeating: 0, count: bytes.count)
  for index in 0..<bytes.count { out[index] = table[Int(bytes[index])] }
  return out
}

/// clip(x, 0, 1) · 255, truncated.
@inline(__always)
func truncated(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 1) * 255) }

/// clip(x, 0, 1) · 255, truncated, in single precision.
@inline(__always)
func truncated(_ value: Float) -> UInt8 { UInt8(min(max(value, 0), 1) * 255) }

/// clip(x, 0, 1) · 255, truncated.
func truncated(_ values: [Double]) -> [UInt8] {
  var out = [UInt8](repeating: 0, count: values.count)
  for index in 0..<values.count { out[index] = truncated(values[index]) }
  return out
}
