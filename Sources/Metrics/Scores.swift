/// Fraction of predictions that equal their labels, in `0...1`.
///
/// - Precondition: both have the same, non-zero count.
public func accuracy<P: BinaryInteger, L: BinaryInteger>(predictions: [P], labels: [L]) -> Double {
  precondition(predictions.count == labels.count, "one prediction per label")
  precondition(!labels.isEmpty, "accuracy of nothing is undefined")
  var correct = 0
  for i in labels.indices where Int(predictions[i]) == Int(labels[i]) { correct += 1 }
  return Double(correct) / Double(labels.count)
}

/// Percentage of predictions that differ from their labels, in `0...100`.
///
/// - Precondition: both have the same, non-zero count.
public func testError<P: BinaryInteger, L: BinaryInteger>(predictions: [P], labels: [L]) -> Double {
  precondition(predictions.count == labels.count, "one prediction per label")
  precondition(!labels.isEmpty, "the error of nothing is undefined")
  var wrong = 0
  for i in labels.indices where Int(predictions[i]) != Int(labels[i]) { wrong += 1 }
  return 100 * Double(wrong) / Double(labels.count)
}

/// Index of the largest score of each row of `scores` `[N, classes]`; the first of equal ones.
///
/// A NaN never wins, so a row of NaN predicts class 0.
public func predictions<S: BinaryFloatingPoint>(scores: [S], classes: Int) -> [Int] {
  precondition(classes > 0 && scores.count % classes == 0, "scores must be [N, classes]")
  return (0..<scores.count / classes).map { row in
    var best = 0
    var largest = -S.infinity
    for c in 0..<classes where scores[row * classes + c] > largest {
      largest = scores[row * classes + c]
      best = c
    }
    return best
  }
}

/// Mean of `−log p(label)` in nats over rows of `logProbabilities` `[N, classes]`, summed in Float64.
///
/// - Precondition: labels are in `0..<classes`.
public func negativeLogLikelihood<S: BinaryFloatingPoint, L: BinaryInteger>(
  logProbabilities: [S], classes: Int, labels: [L]
) -> Double {
  precondition(classes > 0 && logProbabilities.count == labels.count * classes)
  precondition(!labels.isEmpty, "the likelihood of nothing is undefined")
  var sum = 0.0
  for i in labels.indices {
    let label = Int(labels[i])
    precondition((0..<classes).contains(label), "label \(label) is not in 0..<\(classes)")
    sum -= Double(logProbabilities[i * classes + label])
  }
  return sum / Double(labels.count)
}
