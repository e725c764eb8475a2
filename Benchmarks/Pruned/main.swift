import Compute
import Files
import Foundation
import Networks

// Pruned networks as `bench export` leaves them: their size in a file, and the time of 100 predictions from the weights
// left, in turns with the same network with its zeros. One CSV line per file; then networks of random weights, in which
// every layer keeps the same share.

/// Median processor milliseconds of each body, all in turns.
func medians(_ bodies: [() -> Void]) -> [Double] {
  var times = bodies.map { _ in [Double]() }
  for body in bodies { for _ in 0..<3 { body() } }
  for _ in 0..<15 {
    for (place, body) in bodies.enumerated() {
      let start = clock()
      var count = 0
      while clock() - start < clock_t(CLOCKS_PER_SEC) / 50 {
        body()
        count += 1
      }
      times[place].append(Double(clock() - start) / Double(CLOCKS_PER_SEC) * 1000 / Double(count))
    }
  }
  return times.map { $0.sorted()[$0.count / 2] }
}

/// The measured line of a network; `bytes` is the length of its file.
func line(_ name: String, _ architecture: Architecture, _ network: SparseNetwork, bytes: Int)
  -> String
{
  let batch = 100
  var generator = RandomStream(seed: 1, "x").generator
  let features = architecture.input.reduce(1, *)
  let table = RowTable(
    floats: (0..<batch * features).map { _ in Float(generator.normal()) }, features: features)
  let rows = (0..<Int32(batch)).map { $0 }

  let dense = architecture.predictionProgram(batch: batch)
  let whole = ParameterSet(dense.parameters)
  network.expand(into: whole)
  let sparse = network.predictionProgram(architecture, batch: batch)
  let left = ParameterSet(sparse.parameters)
  network.expand(into: left)
  let programs = [(dense, whole), (sparse, left)]
  for (program, _) in programs { program.bind("x", table, rows: rows[...]) }
  let times = medians(programs.map { program, set in { program.run(set, mode: .evaluation) } })
  let apart = zip(dense.read("logProbabilities"), sparse.read("logProbabilities"))
    .reduce(0) { max($0, abs($1.0 - $1.1)) }
  precondition(apart < 1e-2, "\(name): predictions differ by \(apart)")

  let wholeBytes = whole.safetensors().encoded().count
  let ratio = Double(architecture.weightCount) / Double(max(network.keptWeights, 1))
  return
    "\(name),\(architecture.name),\(network.keptWeights),\(String(format: "%.1f", ratio)),\(bytes),"
    + String(
      format: "%.1f,%.4f,%.4f,%.2f", Double(wholeBytes) / Double(bytes), times[0], times[1],
      times[0] / times[1])
}

/// The measured line of an exported network.
func line(_ path: String) throws -> String {
  let url = URL(fileURLWithPath: path)
  let file = try SafetensorsFile.read(url)
  guard let name = file.metadata["network"], let architecture = Architecture.named(name) else {
    throw WeightsError.missing(path: path, name: "metadata network")
  }
  return line(
    path, architecture, try SparseNetwork(file, architecture, path: path),
    bytes: try FileStatus.of(url)?.bytes ?? 0)
}

/// The measured line of a network of which every layer keeps the same share of random weights: where it stops to pay.
func line(_ architecture: Architecture, density: Double) -> String {
  let set = ParameterSet(architecture.predictionProgram(batch: 1).parameters)
  Initialiser.heNormal.fill(set, stream: RandomStream(seed: 1, "weights"))
  var generator = RandomStream(seed: 1, "kept").generator
  for layer in architecture.weighted {
    let weights = set["\(layer.name).weight"]
    set["\(layer.name).weight"] = weights.map { generator.uniform() < density ? $0 : 0 }
  }
  let network = SparseNetwork(set, architecture)
  return line(
    "random \(density)", architecture, network, bytes: network.file().encoded().count)
}

let paths = CommandLine.arguments.dropFirst()
if paths.first?.hasPrefix("-") ?? false {
  FileHandle.standardError.write(
    Data("usage: bench-pruned [FILE.safetensors…], as bench export leaves them\n".utf8))
  exit(2)
}
print("file,network,weights,compression,bytes,file_ratio,dense_ms,sparse_ms,speed_ratio")
do {
  // The clock rises as work begins: the first file would seem slower than the rest.
  _ = KernelPath.current.measuredPeak(seconds: 1)
  for path in paths { print(try line(path)) }
  for architecture in Architecture.all {
    for density in [0.05, 0.1, 0.2, 0.5, 1] { print(line(architecture, density: density)) }
  }
} catch {
  FileHandle.standardError.write(Data("bench-pruned: \(error)\n".utf8))
  exit(5)
}
