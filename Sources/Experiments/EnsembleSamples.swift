import Files
import Harness

/// The predictions of an ensemble, sample by sample.
///
/// Networks stand side by side: views beyond the fewest that any of them has are left out. All
/// networks with their first view come first, then all with their second.
struct EnsembleSamples {
  /// Log-probabilities of each sample, `[N, C]`.
  let tables: [ArraySlice<Float>]
  let labels: [Int32]
  let classes: Int

  /// Reads the products of trials.
  ///
  /// - Throws: `HarnessError.malformed` where they are not of the same pictures.
  init(_ predictions: [Ref<Predictions>], _ context: TrialContext) throws {
    var shape: [Int] = []
    var labels: [Int32] = []
    var parts: [(numbers: [Float], networks: Int)] = []
    var views = Int.max
    for ref in predictions {
      let trial = try context.input(ref)
      let npy = try NPY.read(trial.url("log_probabilities.npy"))
      let own = try NPY.read(trial.url("labels.npy")).integers()?.map(Int32.init) ?? []
      guard npy.shape.count == 4, npy.shape[2] == own.count,
        shape.isEmpty || (Array(npy.shape[2...]) == shape && own == labels)
      else {
        throw HarnessError.malformed(
          file: "log_probabilities.npy", line: nil,
          expected: "predictions [V, M, N, C] of the same pictures", found: "\(npy.shape)")
      }
      (shape, labels) = (Array(npy.shape[2...]), own)
      views = min(views, npy.shape[0])
      parts.append((npy.floats(), npy.shape[1]))
    }
    let size = shape.reduce(1, *)
    var tables: [ArraySlice<Float>] = []
    for view in 0..<views {
      for part in parts {
        for network in 0..<part.networks {
          let start = (view * part.networks + network) * size
          tables.append(part.numbers[start..<start + size])
        }
      }
    }
    self.tables = tables
    self.labels = labels
    classes = shape[1]
  }
}
