import Datasets
import Files
import Foundation
import Testing

/// The published sets, on machines that have them (`BENCH_DATA`, the cache, or the system's package).
@Suite struct PublishedSetsTests {
  static let dataLibrary = try! DataLibrary(embedded: embedded)

  static func isHere(_ name: String) -> Bool { (try? dataLibrary.locate(name)) != nil }

  @Test(.enabled(if: isHere("mnist"), "mnist is not on this machine"))
  func mnist() throws {
    let train = try Self.dataLibrary.load("mnist", split: "train")
    #expect(
      train.indicesByClass.map(\.count) == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
      ])
    #expect(Array(train.labels.prefix(5)) == [5, 0, 4, 1, 9])
    let test = try Self.dataLibrary.load("mnist", split: "test")
    #expect(test.count == 10_000 && Array(test.labels.prefix(3)) == [7, 2, 1])
    // The mean that PyTorch's examples normalise with.
    let mean = MeanImage(of: train).values.reduce(0, +) / 784
    #expect(abs(mean - 0.1307) < 0.0001)
    var numbers = Numbers(state: 1)
    let (kept, held) = train.splitIndices(holdOut: 5000, using: &numbers)
    #expect(kept.count == 55_000 && held.count == 5000)
  }

  @Test(.enabled(if: isHere("notmnist"), "notmnist is not on this machine"))
  func notMNIST() throws {
    let all = try Self.dataLibrary.load("notmnist", split: "all")
    #expect(all.indicesByClass.map(\.count) == [Int](repeating: 1000, count: 10))
    let train = try Self.dataLibrary.load("notmnist", split: "train")
    let test = try Self.dataLibrary.load("notmnist", split: "test")
    #expect(train.pixels + test.pixels == all.pixels)
    #expect(train.count == 8000 && test.count == 2000)
  }

  @Test(.enabled(if: isHere("fashion-mnist"), "fashion-mnist is not on this machine"))
  func fashionMNIST() throws {
    let train = try Self.dataLibrary.load("fashion-mnist", split: "train")
    #expect(train.indicesByClass.map(\.count) == [Int](repeating: 6000, count: 10))
    let mini = try Self.dataLibrary.load("fashion-mnist-mini", split: "train")
    let first = try #require(train.first(perClass: 400))
    #expect(first.pixels == mini.pixels && first.labels == mini.labels)
  }

  @Test(.enabled(if: isHere("cifar10"), "cifar10 is not on this machine"))
  func cifar10() throws {
    let test = try Self.dataLibrary.load("cifar10", split: "test")
    #expect(test.indicesByClass.map(\.count) == [Int](repeating: 1000, count: 10))
    #expect(test.classNames[Int(test.labels[0])] == "cat" && test.shape == [3, 32, 32])
    let train = try Self.dataLibrary.load("cifar10", split: "train")
    #expect(train.indicesByClass.map(\.count) == [Int](repeating: 5000, count: 10))
    #expect(train.files.count == 5)
    // The means that everybody normalises with.
    let mean = MeanImage(of: train).values
    for (channel, expected) in [0.4914, 0.4822, 0.4465].enumerated() {
      let values = mean[(channel * 1024)..<((channel + 1) * 1024)]
      #expect(abs(Double(values.reduce(0, +)) / 1024 - expected) < 1e-4)
    }
  }

  @Test(.enabled(if: isHere("cifar100"), "cifar100 is not on this machine"))
  func cifar100() throws {
    let fine = try Self.dataLibrary.load("cifar100", split: "test")
    #expect(fine.indicesByClass.map(\.count) == [Int](repeating: 100, count: 100))
    let coarse = try Self.dataLibrary.load("cifar100-coarse", split: "test")
    #expect(coarse.indicesByClass.map(\.count) == [Int](repeating: 500, count: 20))
    #expect(coarse.pixels == fine.pixels && coarse.files == fine.files)
    // Each fine class lies in one coarse class, five in each.
    let pairs = Set(zip(fine.labels, coarse.labels).map { [$0, $1] })
    #expect(pairs.count == 100)
    let train = try Self.dataLibrary.load("cifar100", split: "train")
    let perClass = train.files[0].variant == "first-100" ? 100 : 500
    #expect(train.indicesByClass.map(\.count) == [Int](repeating: perClass, count: 100))
  }
}
