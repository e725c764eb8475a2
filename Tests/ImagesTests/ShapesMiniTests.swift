import Files
import Foundation
import Images
import Testing

@Suite struct ShapesMiniTests {
  /// The committed files are what the generator makes, byte for byte once unpacked.
  @Test(arguments: ShapesMini.Part.allCases)
  func filesAreGenerated(_ part: ShapesMini.Part) throws {
    let url = root.appendingPathComponent("datasets/shapes-mini").appendingPathComponent(part.file)
    let committed = try Gzip.decompress(file: url, limit: part.count * 3073)
    #expect(committed == ShapesMini.records(0..<part.count, of: part))
  }

  @Test func recordsDependOnTheirNumberAlone() {
    let some = ShapesMini.records(5..<8, of: .test)
    #expect(some == Array(ShapesMini.records(0..<10, of: .test)[(5 * 3073)..<(8 * 3073)]))
    #expect(ShapesMini.picture(5, of: .test) != ShapesMini.picture(5, of: .train))
    #expect(ShapesMini.picture(5, of: .test) != ShapesMini.picture(15, of: .test))
  }

  @Test func classesTakeTurns() {
    #expect((0..<20).map { ShapesMini.label($0) } == ShapeClass.allCases + ShapeClass.allCases)
    #expect(Set(ShapeClass.allCases.map(\.name)).count == 10)
  }

  /// No pixel tells the class: the nearest of the ten mean pictures is about as good as a guess, 10 %.
  @Test func meanPicturesTellNothing() {
    let size = 3072
    var means = [[Float]](repeating: [Float](repeating: 0, count: size), count: 10)
    for index in 0..<1000 {
      let planes = ShapesMini.picture(index, of: .train).planes
      for position in 0..<size { means[index % 10][position] += Float(planes[position]) / 100 }
    }
    var right = 0
    for index in 0..<500 {
      let planes = ShapesMini.picture(index, of: .test).planes
      let distances = means.map { mean in
        var sum: Float = 0
        for position in 0..<size {
          let apart = Float(planes[position]) - mean[position]
          sum += apart * apart
        }
        return sum
      }
      right += distances.indices.min { distances[$0] < distances[$1] } == index % 10 ? 1 : 0
    }
    #expect(right < 100, "\(right) of 500")
  }
}
