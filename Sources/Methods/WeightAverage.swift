import Compute
import Foundation

/// What the iterates of a training amount to: their mean (SWA, Izmailov et al. 2018) and a Gaussian of it (SWAG, Maddox et al. 2019).
///
/// The Gaussian has half its covariance on the diagonal and half in the span of the last deviations:
/// `w = mean + sqrt(scale) (sqrt(var) ε₁ + D ε₂ / sqrt(K - 1))`, `var = E[w²] - mean²`, K columns of D.
public struct WeightAverage: Sendable {
  /// Deviations kept.
  public let rank: Int
  /// Iterates so far.
  public private(set) var count = 0
  /// Means of the numbers, by parameter.
  public private(set) var mean: [String: [Float]] = [:]
  private var square: [String: [Float]] = [:]
  /// The last `rank` iterates less the mean at their time, oldest first.
  private var deviations: [[String: [Float]]] = []

  /// An average of nothing.
  public init(rank: Int = 20) {
    precondition(rank > 1, "rank: at least two deviations")
    self.rank = rank
  }

  /// Takes one more iterate: its trainable parameters.
  public mutating func add(_ set: ParameterSet) {
    let old = Float(count), new = Float(count + 1)
    var deviation: [String: [Float]] = [:]
    for entry in set.layout.entries where entry.role == .trainable {
      let numbers = set[entry.name]
      let average = zip(mean[entry.name] ?? numbers, numbers).map { ($0 * old + $1) / new }
      square[entry.name] = zip(square[entry.name] ?? numbers.map { $0 * $0 }, numbers).map {
        ($0 * old + $1 * $1) / new
      }
      deviation[entry.name] = zip(numbers, average).map { $0 - $1 }
      mean[entry.name] = average
    }
    count += 1
    deviations.append(deviation)
    if deviations.count > rank { deviations.removeFirst() }
  }

  /// Puts the mean into a set; statistics stay what they are.
  public func fillMean(_ set: ParameterSet) {
    for (name, numbers) in mean { set[name] = numbers }
  }

  /// Puts a draw into a set; statistics stay what they are.
  ///
  /// - Parameter scale: of the covariance; ½ where the two halves are to add up to it.
  public func fillDraw(_ set: ParameterSet, scale: Double = 0.5, stream: RandomStream) {
    precondition(count > 1, "a draw from fewer than two iterates")
    var columns = stream.child("columns").generator
    let share = Float((scale / Double(max(1, deviations.count - 1))).squareRoot())
    let weights = deviations.map { _ in Float(columns.normal()) * share }
    for (name, centre) in mean.sorted(by: { $0.key < $1.key }) {
      var generator = stream.child(name).generator
      var drawn = zip(centre, square[name]!).map { centre, square in
        // Maddox et al. floor the variance at 1e-30.
        let variance = max(Double(square) - Double(centre) * Double(centre), 1e-30)
        return centre + Float((scale * variance).squareRoot() * generator.normal())
      }
      for (deviation, weight) in zip(deviations, weights) {
        let column = deviation[name]!
        for place in drawn.indices { drawn[place] += weight * column[place] }
      }
      set[name] = drawn
    }
  }
}
