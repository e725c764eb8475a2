/// A number, vector or image that a traced program will compute.
///
/// Batched values have one `[features…]` array per example (`[N, C, H, W]` seen from outside); free values
/// (parameters, scalars) have a single array.
public struct Value {
  /// The recording it belongs to.
  public let trace: Trace
  let id: Int
  /// Dimensions without the batch.
  public let shape: [Int]

  /// Number of elements of one example, or of the whole free value.
  public var count: Int { shape.reduce(1, *) }
  /// Whether there is one array per example.
  public var isBatched: Bool { domain != nil }
  /// Which sort of examples it has one of each for; `nil` for a free value.
  var domain: Int? { trace.values[id].domain }
  /// The same, of a value that must have examples.
  var batchDomain: Int {
    guard let domain else { preconditionFailure("takes a batched value") }
    return domain
  }

  var channels: Int { shape.first ?? 1 }
  var positions: Int { shape.dropFirst().reduce(1, *) }

  /// The same numbers under other dimensions.
  public func reshaped(_ shape: [Int]) -> Value {
    precondition(shape.reduce(1, *) == count, "cannot view \(self.shape) as \(shape)")
    precondition(isBatched || self.shape == shape, "free values keep their shape")
    return Value(trace: trace, id: id, shape: shape)
  }

  /// One vector of features per example.
  public var flattened: Value { reshaped([count]) }
}

/// What part a parameter plays.
public enum ParameterRole: String, Sendable, Codable {
  /// Receives gradients and is moved by the optimiser.
  case trainable
  /// Takes part, but stays as it is.
  case frozen
  /// Kept by the program itself, such as running means.
  case statistic
}

/// Where the floats of one parameter lie: rows of `columns`, each row padded to 16 floats.
struct FreeLayout: Equatable {
  let rows: Int
  let columns: Int
  var stride: Int { rows == 1 ? padded(columns) : rowStride(columns) }
  var floats: Int { rows * stride }

  init(shape: [Int]) {
    rows = shape.count > 1 ? shape[0] : 1
    columns = shape.count > 1 ? shape.dropFirst().reduce(1, *) : (shape.first ?? 1)
  }
}
