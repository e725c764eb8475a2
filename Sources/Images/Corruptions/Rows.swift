// The inner loops of the filters. Ranges are checked once per row, so that the loops themselves vectorise.

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

/// Bytes as shares of 255.
let shares: [Double] = (0..<256).map { Double($0) / 255 }

/// clip(x, 0, 1) · 255, truncated.
@inline(__always)
func truncated(_ value: Double) -> UInt8 { UInt8(min(max(value, 0), 1) * 255) }

/// clip(x, 0, 1) · 255, truncated, in single precision.
@inline(__always)
func truncated(_ value: Float) -> UInt8 { UInt8(min(max(value, 0), 1) * 255) }
