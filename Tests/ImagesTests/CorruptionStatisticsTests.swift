import Files
import Foundation
import Images
import Testing

/// Statistics of a random corruption as the definition has them, with their standard errors.
struct StatisticsCase: CustomStringConvertible, Sendable {
  static let names = ["mean", "variance", "change", "band_0", "band_1", "band_2", "band_3"]

  let side: Int
  let corruption: Corruption
  let severity: Int
  let pictures: Int
  let draws: Int
  let values: [Double]
  let errors: [Double]

  var description: String { "\(corruption.rawValue) \(severity) of \(side)" }

  static let all: [StatisticsCase] = {
    let url = fixtures.appendingPathComponent("corruption_statistics.csv")
    guard let bytes = try? Bytes.read(url) else { return [] }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst()
    return lines.compactMap { line in
      let fields = line.split(separator: ",").map(String.init)
      guard fields.count == 19, let corruption = Corruption(rawValue: fields[1]) else { return nil }
      let numbers = fields.map { Double($0) ?? .nan }
      return StatisticsCase(
        side: Int(numbers[0]), corruption: corruption, severity: Int(numbers[2]),
        pictures: Int(numbers[3]), draws: Int(numbers[4]),
        values: stride(from: 5, to: 19, by: 2).map { numbers[$0] },
        errors: stride(from: 6, to: 19, by: 2).map { numbers[$0] })
    }
  }()

  /// Statistics that differ by more than 2 % and by more than three standard errors of two runs of the definition.
  func misfits(_ found: [Double]) -> [String] {
    zip(zip(StatisticsCase.names, found), zip(values, errors)).compactMap { ours, theirs in
      let allowed = max(0.02 * abs(theirs.0), 3 * 2.0.squareRoot() * theirs.1)
      return abs(ours.1 - theirs.0) <= allowed
        ? nil : "\(ours.0): \(ours.1), expected \(theirs.0) ± \(allowed)"
    }
  }
}

@Suite struct CorruptionStatisticsTests {
  /// Mean and variance of the bytes, mean absolute change, and the change's power per frequency in four bands of radius.
  static func statistics(_ before: Picture, _ after: Picture) -> [Double] {
    let count = Double(after.pixels.count)
    var (sum, squares, change) = (0.0, 0.0, 0.0)
    for (old, new) in zip(before.pixels, after.pixels) {
      sum += Double(new)
      squares += Double(new) * Double(new)
      change += abs(Double(new) - Double(old))
    }
    let mean = sum / count
    return [mean, squares / count - mean * mean, change / count] + bands(before, after)
  }

  private static let cosines = (0..<32).map { cos(2 * .pi * Double($0) / 32) }
  private static let sines = (0..<32).map { sin(2 * .pi * Double($0) / 32) }

  /// Mean power of the change's frequencies with radius up to 4.5, 8.5, 12.5 and beyond, over the middle 32 × 32.
  static func bands(_ before: Picture, _ after: Picture) -> [Double] {
    let start = (before.width - 32) / 2
    var power = [Double](repeating: 0, count: 1024)
    for channel in 0..<3 {
      // Rows first: real numbers in, complex ones out.
      var real = [Double](repeating: 0, count: 1024)
      var imaginary = real
      for y in 0..<32 {
        let row = (0..<32).map { x in
          let index = 3 * ((start + y) * before.width + start + x) + channel
          return Double(after.pixels[index]) - Double(before.pixels[index])
        }
        for u in 0..<32 {
          var (a, b) = (0.0, 0.0)
          for x in 0..<32 {
            a += row[x] * cosines[u * x & 31]
            b -= row[x] * sines[u * x & 31]
          }
          real[y * 32 + u] = a
          imaginary[y * 32 + u] = b
        }
      }
      for u in 0..<32 {
        for v in 0..<32 {
          var (a, b) = (0.0, 0.0)
          for y in 0..<32 {
            let (c, s) = (cosines[v * y & 31], sines[v * y & 31])
            a += real[y * 32 + u] * c + imaginary[y * 32 + u] * s
            b += imaginary[y * 32 + u] * c - real[y * 32 + u] * s
          }
          power[v * 32 + u] += (a * a + b * b) / 3 / 1024
        }
      }
    }
    var sums = [Double](repeating: 0, count: 4)
    var counts = sums
    for v in 0..<32 {
      for u in 0..<32 where u + v > 0 {
        let radius = hypot(Double(min(u, 32 - u)), Double(min(v, 32 - v)))
        let band = radius <= 4.5 ? 0 : radius <= 8.5 ? 1 : radius <= 12.5 ? 2 : 3
        sums[band] += power[v * 32 + u]
        counts[band] += 1
      }
    }
    return zip(sums, counts).map { $0 / $1 }
  }

  @Test func theFixtureHasEveryRandomCorruption() {
    let random = Corruption.allCases.filter { !$0.isDeterministic }
    #expect(StatisticsCase.all.count == random.count * 7)
    #expect(Set(StatisticsCase.all.map(\.corruption)) == Set(random))
  }

  private static func measured(_ example: StatisticsCase, severity: Int) -> [Double] {
    let corruptor = Corruptor(
      example.corruption, severity: severity, scale: example.side == 32 ? .cifar : .imageNet,
      seed: 11, frost: CorruptionTests.frost)
    var sums = [Double](repeating: 0, count: 7)
    for index in 0..<example.pictures {
      let small = CorruptionTests.pictures[index]
      let picture = example.side == 32 ? small : CorruptionTests.enlarged(small)
      for draw in 0..<example.draws {
        let after = corruptor.corrupt(picture, index: index * example.draws + draw)
        for (k, value) in statistics(picture, after).enumerated() { sums[k] += value }
      }
    }
    return sums.map { $0 / Double(example.pictures * example.draws) }
  }

  /// Random corruptions match their definitions in distribution.
  @Test(arguments: StatisticsCase.all)
  func matchesTheDefinition(_ example: StatisticsCase) {
    let misfits = example.misfits(Self.measured(example, severity: example.severity))
    #expect(misfits.isEmpty, "\(misfits.joined(separator: "; "))")
  }

  /// The comparison can fail: another severity does not pass for this one.
  @Test func anotherSeverityIsTold() {
    for example in StatisticsCase.all where example.side == 32 && example.severity == 2 {
      let other = Self.measured(example, severity: 1)
      #expect(!example.misfits(other).isEmpty, "\(example.corruption.rawValue)")
    }
  }
}
