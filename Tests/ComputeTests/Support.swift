import Compute
import Foundation
import Testing

/// Standard normal numbers.
func numbers(_ count: Int, _ generator: inout Philox, scale: Double = 1) -> [Float] {
  (0..<count).map { _ in Float(scale * generator.normal()) }
}

/// Expects two arrays to differ by at most `tolerance` of the largest magnitude expected.
func expectClose(
  _ found: [Float], _ expected: [Float], _ tolerance: Double, _ place: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(
    found, expected.map(Double.init), tolerance, place, sourceLocation: sourceLocation)
}

/// Expects numbers to differ from truth by at most `tolerance` of `largest`, or of the largest magnitude expected.
func expectClose(
  _ found: [Float], _ expected: [Double], _ tolerance: Double, _ place: String,
  largest: Double? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard found.count == expected.count else {
    Issue.record(
      "\(place): \(found.count) numbers, expected \(expected.count)", sourceLocation: sourceLocation
    )
    return
  }
  let largest = largest ?? expected.map { abs($0) }.max() ?? 0
  var (worst, at) = (0.0, 0)
  for (index, pair) in zip(found, expected).enumerated() {
    let difference = abs(Double(pair.0) - pair.1)
    if !(difference <= worst) { (worst, at) = (difference.isNaN ? .infinity : difference, index) }
  }
  if !(worst <= tolerance * largest) {
    let relative = worst / largest
    Issue.record(
      "\(place): [\(at)] \(found[at]), expected \(expected[at]); off by \(relative) of the largest, allowed \(tolerance)",
      sourceLocation: sourceLocation)
  }
}

/// e^x of a plain number; the operations of the same names would be meant otherwise.
func expOf(_ x: Float) -> Double { Foundation.exp(Double(x)) }
/// log x of a plain number.
func logOf(_ x: Double) -> Double { Foundation.log(x) }
