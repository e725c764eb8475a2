import Foundation

/// Natural logarithm of a plain number, where `log` would mean the traced one.
func _log(_ x: Double) -> Double { Foundation.log(x) }
