import Files
import Foundation
import Testing

/// Arrays written part by part.
struct NPYWriterTests {
  private func folder() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "npy-writer-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  @Test(arguments: [[6, 4], [24], [2, 3, 4], [0, 4]]) func partsAreTheWhole(shape: [Int]) throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appendingPathComponent("parts.npy")
    let count = shape.reduce(1, *)
    let numbers = (0..<count).map { Float($0) / 7 }
    let writer = try NPYWriter(url, shape: shape)
    for start in stride(from: 0, to: count, by: 5) {
      try writer.append(Array(numbers[start..<min(start + 5, count)]))
      #expect(!FileManager.default.fileExists(atPath: url.path), "not before it is whole")
    }
    try writer.finish()
    #expect(try Bytes.read(url) == NPY(numbers, shape: shape).encoded())
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["parts.npy"])
  }

  @Test func nothingStaysOfWhatWasNotFinished() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      let writer = try NPYWriter(folder.appendingPathComponent("half.npy"), shape: [4])
      try writer.append([1, 2])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    #expect(throws: FileError.self) {
      try NPYWriter(folder.appendingPathComponent("none/half.npy"), shape: [4])
    }
  }
}
