import Datasets
import Files
import Foundation
import Testing

@Suite struct ImageDatasetTests {
  /// 50 records of 1 x 1 x 2 with classes of 25, 15, 10, each pixel naming its record.
  static let uneven: ImageDataset = {
    let labels = (0..<50).map { Int32([0, 0, 1, 0, 2, 1, 0, 1, 0, 2][$0 % 10]) }
    return ImageDataset(
      name: "uneven", split: "train", channels: 1, height: 1, width: 2,
      pixels: (0..<50).flatMap { [UInt8($0), UInt8(255 - $0)] }, labels: labels,
      classNames: ["a", "b", "c"])
  }()

  @Test func subsetsKeepRecordsTogether() {
    let part = ImageDatasetTests.uneven.subset([4, 0, 4])
    #expect(part.pixels == [4, 251, 0, 255, 4, 251])
    #expect(part.labels == [2, 0, 2])
    #expect(part.count == 3 && part.shape == [1, 1, 2])
    #expect(ImageDatasetTests.uneven.subset([]).count == 0)
    #expect(ImageDatasetTests.uneven.range(3..<5).labels == [0, 2])
  }

  @Test func splitsEachClassInProportion() {
    let all = ImageDatasetTests.uneven
    var numbers = Numbers(state: 7)
    for holdOut in [0, 1, 7, 10, 25, 49, 50] {
      let (kept, held) = all.splitIndices(holdOut: holdOut, using: &numbers)
      #expect(held.count == holdOut)
      #expect((kept + held).sorted() == Array(0..<50))
      #expect(kept == kept.sorted() && held == held.sorted())
      for label in 0..<3 {
        let size = all.labels.count { $0 == label }
        let part = held.count { all.labels[$0] == label }
        #expect(abs(Double(part) - Double(holdOut * size) / 50) < 1)
      }
    }
    var first = Numbers(state: 3)
    var second = Numbers(state: 3)
    var third = Numbers(state: 4)
    let held = all.splitIndices(holdOut: 10, using: &first).heldOut
    #expect(held == all.splitIndices(holdOut: 10, using: &second).heldOut)
    #expect(held != all.splitIndices(holdOut: 10, using: &third).heldOut)
    let parts = all.split(holdOut: 10, using: &numbers)
    #expect(parts.kept.count == 40 && parts.heldOut.count == 10)
  }

  @Test func samplesPerClass() throws {
    var numbers = Numbers(state: 9)
    let sample = try #require(ImageDatasetTests.uneven.sample(perClass: 10, using: &numbers))
    #expect(sample.indicesByClass.map(\.count) == [10, 10, 10])
    #expect(ImageDatasetTests.uneven.sample(perClass: 11, using: &numbers) == nil)
    let first = try #require(ImageDatasetTests.uneven.first(perClass: 2))
    #expect(
      first.pixels.enumerated().filter { $0.offset % 2 == 0 }.map(\.element) == [0, 1, 2, 4, 5, 9])
    #expect(ImageDatasetTests.uneven.first(perClass: 11) == nil)
  }

  @Test func meanAndFloats() {
    let set = ImageDataset(
      name: "m", split: "s", channels: 1, height: 1, width: 2, pixels: [0, 255, 255, 255, 51, 0],
      labels: [0, 0, 0], classNames: ["a"])
    let mean = MeanImage(of: set)
    #expect(mean.values == [0.4, Float(510.0 / 765)])
    #expect(set.floats([2, 0]) == [0.2, 0, 0, 1])
    var target: [Float] = [9, 9, 9]
    set.gather([1], into: &target, minus: mean)
    #expect(target == [1 - 0.4, 1 - Float(510.0 / 765), 9])
    var classes: [Int32] = [5, 5]
    ImageDatasetTests.uneven.gatherLabels([4], into: &classes)
    #expect(classes == [2, 5])
    #expect(MeanImage(of: set.subset([])).values == [0, 0])
  }

  @Test func digestDependsOnFilesAlone() {
    func set(_ files: [ImageDataset.UsedFile]) -> ImageDataset {
      ImageDataset(
        name: "m", split: "s", channels: 1, height: 1, width: 1, pixels: [1], labels: [0],
        classNames: ["a"], files: files)
    }
    let a = ImageDataset.UsedFile(name: "a", variant: "original", sha256: .sha256(of: "1"))
    let b = ImageDataset.UsedFile(name: "b", variant: "original", sha256: .sha256(of: "2"))
    #expect(set([a, b]).digest == set([b, a]).digest)
    #expect(set([a, b]).digest != set([a]).digest)
    #expect(set([a]).subset([0]).digest == set([a]).digest)
  }
}

@Suite struct BatchesTests {
  @Test func everyRecordOnceAndAPartialBatchLast() {
    var numbers = Numbers(state: 1)
    for (count, size) in [(0, 3), (1, 3), (3, 3), (10, 3), (10, 100)] {
      let batches = Batches(count: count, size: size, using: &numbers)
      let all = Array(batches)
      #expect(all.count == batches.count && batches.count == (count + size - 1) / size)
      #expect(all.dropLast().allSatisfy { $0.count == size })
      #expect(all.flatMap { $0 }.sorted() == Array(0..<count))
      for (index, batch) in all.enumerated() { #expect(batches[index] == batch) }
    }
    #expect(Array(Batches(count: 5, size: 2)).map(Array.init) == [[0, 1], [2, 3], [4]])
  }

  @Test func ordersAreEquallyLikely() {
    var numbers = Numbers(state: 2)
    var seen: [[Int]: Int] = [:]
    for _ in 0..<24_000 { seen[Permutation.random(4, using: &numbers), default: 0] += 1 }
    #expect(seen.count == 24)
    // 23 degrees of freedom: beyond 49.7 once in a thousand.
    let square = seen.values.reduce(0.0) { $0 + pow(Double($1) - 1000, 2) / 1000 }
    #expect(square < 49.7)
  }

  @Test func ordersDoNotChangeWithTheToolchain() {
    // Computed by an independent program from the two algorithms, SplitMix64 and Lemire's.
    var numbers = Numbers(state: 42)
    #expect(Permutation.random(8, using: &numbers) == [4, 3, 2, 0, 7, 6, 1, 5])
  }
}
