import Files
import Foundation
import Images
import Testing

@Suite struct CorruptionTests {
  static let fixture = try! Fixture("corruptions.safetensors")
  static let pictures = fixture.pictures("pictures")
  static let frost = try! FrostOverlays(read: root.appendingPathComponent("datasets/corruptions"))

  /// A small picture in the size of ImageNet-C.
  static func enlarged(_ picture: Picture) -> Picture {
    picture.resized(width: 224, height: 224, .bicubic)
  }

  static let deterministic = Corruption.allCases.filter(\.isDeterministic)

  @Test func namesAreThoseOfThePublishedFiles() {
    #expect(Corruption.allCases.count == 19 && Corruption.benchmark.count == 15)
    #expect(Corruption.benchmark.last == .jpegCompression)
    #expect(Self.deterministic.count == 8)
  }

  /// The constants are those of the table that came with the overlays.
  @Test func constantsAreThePublishedOnes() throws {
    let url = root.appendingPathComponent("datasets/corruptions/constants.tsv")
    let lines = String(decoding: try Bytes.read(url), as: UTF8.self).split(separator: "\n")
    var seen: [Corruption] = []
    for line in lines.dropFirst() {
      let fields = line.split(separator: "\t")
      let corruption = try #require(Corruption(rawValue: String(fields[0])))
      seen.append(corruption)
      for (field, scale) in [(fields[2], CorruptionScale.cifar), (fields[3], .imageNet)] {
        let table = field.split(separator: ";").map { $0.split(separator: ",").map { Double($0)! } }
        let ours = (1...5).map { corruption.constants(severity: $0, scale: scale) }
        #expect(table == ours, "\(corruption) \(scale)")
      }
    }
    #expect(seen == Corruption.allCases)
  }

  /// Deterministic corruptions equal their definitions within one grey level for 99.9 % of the bytes.
  @Test(arguments: deterministic, 1...5)
  func deterministicOnesEqualTheirDefinition(_ corruption: Corruption, _ severity: Int) {
    let small = Corruptor(corruption, severity: severity, scale: .cifar, seed: 1)
    for index in 0..<3 {
      let expected = Self.fixture.picture("32/\(corruption.rawValue)/\(severity)/\(index)")
      let distance = Distance(
        small.corrupt(Self.pictures[index], index: 0).pixels, expected.pixels)
      #expect(distance.beyondOne < 0.001, "picture \(index): \(distance)")
    }
    let large = Corruptor(corruption, severity: severity, scale: .imageNet, seed: 1)
    let whole = large.corrupt(Self.enlarged(Self.pictures[severity]), index: 0)
    for (name, left, top) in [("corner", 0, 0), ("middle", 90, 100)] {
      let expected = Self.fixture.picture("224/\(corruption.rawValue)/\(severity)/\(name)")
      let part = whole.cropped(left: left, top: top, width: 24, height: 24)
      let distance = Distance(part.pixels, expected.pixels)
      #expect(distance.beyondOne < 0.001, "\(name): \(distance)")
    }
  }

  /// ImageMagick's motion blur at seven angles.
  @Test(arguments: 0..<7)
  func motionBlurEqualsImageMagick(_ index: Int) throws {
    let tensor = try #require(Self.fixture.file["motion/\(index)/arguments"])
    let numbers = LittleEndian.decode(tensor.bytes, as: Double.self)
    let blurred = MotionBlur(radius: numbers[0], deviation: numbers[1])
      .apply(to: Self.pictures[index], degrees: numbers[2])
    let distance = Distance(blurred.pixels, Self.fixture.picture("motion/\(index)").pixels)
    // Sums in single precision fall on the other side of a level now and then, not more.
    #expect(distance.largest <= 1 && distance.differing < 0.002, "\(numbers): \(distance)")
  }

  /// The steps by which drops of water get their light equal OpenCV's, each from OpenCV's result of the one before.
  @Test(arguments: 0..<4)
  func waterEqualsOpenCV(_ index: Int) throws {
    func gray(_ step: String?) throws -> GrayField {
      let tensor = try #require(
        Self.fixture.file["drops/\(index)" + (step.map { "/" + $0 } ?? "")])
      return GrayField(
        width: tensor.shape[1], height: tensor.shape[0], values: Array(tensor.bytes))
    }
    #expect(try gray(nil).edges(low: 50, high: 150) == gray("edges"))
    let expected = try #require(Self.fixture.file["drops/\(index)/distance"]?.floats)
    // Pictures without an edge have no distance: OpenCV says a large number.
    let pairs = zip(try gray("edges").distances, expected).map { (min($0, 20), min($1, 20)) }
    #expect(pairs.allSatisfy { abs($0 - $1) < 1e-3 })
    #expect(try gray("equal").embossed == gray("embossed"))
    #expect(try Distance(gray("embossed").boxBlurred.values, gray("blurred").values).largest == 0)
    let relief = try gray(nil).edgeRelief.map { UInt8($0) }
    #expect(try Distance(relief, gray("blurred").values).beyondOne < 0.001)
  }

  /// The same corruption, severity, index and seed give the same bytes; another of any gives others.
  @Test(arguments: Corruption.allCases)
  func dependsOnIndexAndSeedAlone(_ corruption: Corruption) async {
    let picture = Self.pictures[4]
    func corruptor(_ severity: Int, _ seed: UInt64) -> Corruptor {
      Corruptor(corruption, severity: severity, scale: .cifar, seed: seed, frost: Self.frost)
    }
    let one = corruptor(3, 7)
    let alone = (0..<6).map { one.corrupt(picture, index: $0) }
    let again = corruptor(3, 7)
    let backwards = Array((0..<6).reversed().map { again.corrupt(picture, index: $0) }.reversed())
    #expect(alone == backwards)
    let together = await withTaskGroup(of: (Int, Picture).self) { group in
      for index in 0..<6 { group.addTask { (index, one.corrupt(picture, index: index)) } }
      var results: [Int: Picture] = [:]
      for await (index, result) in group { results[index] = result }
      return (0..<6).compactMap { results[$0] }
    }
    #expect(alone == together)
    #expect(corruptor(0, 7).corrupt(picture, index: 0) == picture)
    let stronger = corruptor(4, 7)
    #expect(alone[0] != picture && (0..<6).map { stronger.corrupt(picture, index: $0) } != alone)
    if !corruption.isDeterministic {
      #expect(Set(alone).count == 6)
      #expect(corruptor(3, 8).corrupt(picture, index: 0) != alone[0])
    } else {
      #expect(Set(alone).count == 1)
    }
  }

  /// The bytes of today, so that a change of any corruption is noticed.
  @Test func bytesAreThoseOfBefore() {
    var text = ""
    for corruption in Corruption.allCases {
      let corruptor = Corruptor(
        corruption, severity: 3, scale: .cifar, seed: 0, frost: Self.frost)
      let bytes = corruptor.corrupt(Self.pictures[5], index: 3).pixels
      text += "\(corruption.rawValue) \(Digest.sha256(of: bytes).hex.prefix(16))\n"
    }
    let url = fixtures.appendingPathComponent("corruption_digests.txt")
    if ProcessInfo.processInfo.environment["BENCH_RENEW_SNAPSHOTS"] != nil {
      try? AtomicFile.write(text, to: url)
    }
    let known = (try? Bytes.read(url)).map { String(decoding: $0, as: UTF8.self) }
    #expect(text == known)
  }

  @Test func flatPicturesOfBothEndsSurvive() {
    for level: UInt8 in [0, 255] {
      let flat = Picture(width: 32, height: 32, red: level, green: level, blue: level)
      for corruption in Corruption.allCases {
        for severity in 1...5 {
          let corruptor = Corruptor(
            corruption, severity: severity, scale: .cifar, seed: 2, frost: Self.frost)
          #expect(corruptor.corrupt(flat, index: severity).pixels.count == 3072)
        }
      }
    }
  }
}
