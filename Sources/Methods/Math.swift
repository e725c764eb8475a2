import Foundation

// Functions of plain numbers, where the plain names would mean the traced ones.

/// Natural logarithm.
func _log(_ x: Double) -> Double { Foundation.log(x) }
/// e^x.
func _exp(_ x: Double) -> Double { Foundation.exp(x) }
/// x to a power.
func _pow(_ x: Double, _ y: Double) -> Double { Foundation.pow(x, y) }

/// Standard deviation of numbers that are all there is: divided by their count.
func populationDeviation(_ numbers: [Float]) -> Double {
  let mean = numbers.reduce(0.0) { $0 + Double($1) } / Double(numbers.count)
  let squares = numbers.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
  return (squares / Double(numbers.count)).squareRoot()
}
