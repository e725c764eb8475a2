import Compute
import Files
import Foundation
import Images
import Testing

/// What Pillow makes of sub-policies whose chances are decided.
struct PolicyFixture: Decodable {
  struct Case: Decodable {
    let input: String
    let family: PolicyFamily
    let steps: [Step]
    let crop: Crop?
    let size: [Int]
    let sha256: String
  }

  struct Step: Decodable {
    let transform: PolicyTransform
    let magnitude: Double
    let negative, mirrored: Bool
    let across, down: Double
    let box: [Int]
    let side: Int

    var chance: Chance {
      Chance(
        negative: negative, mirrored: mirrored, across: across, down: down,
        box: .init(left: box[0], top: box[1], width: box[2], height: box[3]))
    }
  }

  /// Left, top, mirrored.
  struct Crop: Decodable {
    let left, top: Int
    let mirrored: Bool

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      left = try list.decode(Int.self)
      top = try list.decode(Int.self)
      mirrored = try list.decode(Bool.self)
    }
  }

  let ranges: [String: [Double]]
  let cases: [Case]

  init() throws {
    let bytes = try Bytes.read(fixtures.appendingPathComponent("policies.json"))
    self = try JSONDecoder().decode(PolicyFixture.self, from: Data(bytes))
  }
}

@Suite struct PolicyTests {
  /// Every transform, border and chance, alone and three in a row with crop and flip: Pillow's bytes.
  @Test func equalsPillow() throws {
    let fixture = try PolicyFixture()
    let pictures = try Fixture("transforms.safetensors")
    #expect(fixture.cases.count == 418)
    for (index, example) in fixture.cases.enumerated() {
      var picture = pictures.picture(example.input)
      for step in example.steps {
        if SubPolicy.Step(step.transform, step.magnitude).isSkipped { continue }
        picture = picture.applying(
          step.transform, magnitude: step.magnitude, step.chance, family: example.family,
          side: step.side)
      }
      if let crop = example.crop {
        picture = picture.cropped(
          left: crop.left, top: crop.top, width: picture.width, height: picture.height)
        if crop.mirrored { picture = picture.flipped }
      }
      let words = example.steps.map { "\($0.transform.rawValue):\($0.magnitude)" }
      #expect([picture.width, picture.height] == example.size)
      #expect(
        Digest.sha256(of: picture.pixels).hex == example.sha256,
        "case \(index): \(words) of \(example.input), \(example.family)")
    }
  }

  @Test func rangesAreTheAuthors() throws {
    let ranges = try PolicyFixture().ranges
    #expect(ranges.count == PolicyTransform.allCases.count)
    for transform in PolicyTransform.allCases {
      #expect(ranges[transform.rawValue] == [transform.range.low, transform.range.high])
    }
    #expect(PolicyFamily.cifar.transforms.count == 15)
    #expect(PolicyFamily.cifar.transforms.last == .cutout)
  }

  @Test func magnitudesStandForValues() {
    func near(_ transform: PolicyTransform, _ magnitude: Double, _ value: Double) -> Bool {
      abs(transform.value(at: magnitude) - value) < 1e-12
    }
    #expect(near(.shearX, 15, 0.25) && near(.shearX, -15, 0.25) && near(.rotate, 45, 60))
    #expect(near(.solarize, 45, 64) && near(.solarizeAdd, 30, 128) && near(.autoContrast, 45, 15))
    #expect(near(.posterize, 15, 5) && near(.posterize, 45, -1))
    #expect(near(.contrast, -45, -1.2) && near(.color, 30, 0.9) && near(.sharpness, -10, -0.3))
    #expect(near(.randomResizedCrop, 0, 0.99) && near(.randomResizedCrop, -30, 0.08))
  }

  @Test func textsReadBack() throws {
    let text = "ShearY:-12.5 + Posterize:30.0 + Color:4.25"
    let policy = try SubPolicy(text)
    #expect(policy.steps.map(\.transform) == [.shearY, .posterize, .color])
    #expect(policy.steps.map(\.magnitude) == [-12.5, 30, 4.25] && policy.cropsAndFlips)
    #expect(policy.description == text)
    #expect(try SubPolicy("none (central crop, no augmentation)") == .central)
    #expect(try SubPolicy(SubPolicy.central.description) == .central)
    #expect(try SubPolicy("") == .cropAndFlip)
    for (text, line) in [
      ("Wobble:3", "sub-policy: expected a transform, found \"Wobble\""),
      ("Color", "sub-policy: expected a magnitude of Color, found \"Color\""),
      ("Color:nan", "sub-policy: expected a magnitude of Color, found \"Color:nan\""),
      ("Color:1:2", "sub-policy: expected a magnitude of Color, found \"Color:1:2\""),
    ] {
      #expect { try SubPolicy(text) } throws: { "\($0)" == line }
    }
  }

  @Test func smallMagnitudesAndTheCentralViewChangeNothing() throws {
    let picture = try Fixture("transforms.safetensors").picture("square")
    var generator = RandomStream(seed: 1, "views").generator
    #expect(SubPolicy.central.view(of: picture, family: .cifar, using: &generator) == picture)
    let idle = SubPolicy(
      PolicyFamily.cifar.transforms.map { .init($0, 0.49) }, cropsAndFlips: false)
    #expect(idle.view(of: picture, family: .cifar, using: &generator) == picture)
    let busy = SubPolicy([.init(.posterize, 20)], cropsAndFlips: false)
    #expect(
      busy.view(of: picture, family: .cifar, using: &generator) == picture.posterized(bits: 4))
  }

  /// Crop and flip behind an empty sub-policy are those of training, from the same draws.
  @Test func endsInCropAndFlip() throws {
    let picture = try Fixture("transforms.safetensors").picture("square")
    let stream = RandomStream(seed: 5, "views")
    for index in 0..<20 {
      var (one, two) = (stream.child(index).generator, stream.child(index).generator)
      #expect(
        SubPolicy.cropAndFlip.view(of: picture, family: .cifar, using: &one)
          == CropAndFlip().apply(to: picture, using: &two))
    }
  }

  @Test func resizedCropsComeFirstOnImageNet() throws {
    let picture = try Fixture("transforms.safetensors").picture("odd")
    let drawn = RandAugment(transforms: 2, magnitude: 20, family: .imageNet)
      .subPolicies(50, from: RandomStream(seed: 2, "pool"))
    for policy in drawn {
      #expect(policy.steps.count == 3 && policy.steps[0].transform == .randomResizedCrop)
      #expect(!policy.steps.dropFirst().map(\.transform).contains(.randomResizedCrop))
      var generator = RandomStream(seed: 3, "views").generator
      let view = policy.view(of: picture, family: .imageNet, side: 16, using: &generator)
      #expect(view.width == 16 && view.height == 16)
    }
  }

  /// 4,000 sub-policies: all 15 about equally often, magnitudes uniform; the bounds are five standard errors.
  @Test func drawsAllTransformsAlike() {
    let stream = RandomStream(seed: 11, "pool")
    let augment = RandAugment()
    let drawn = augment.subPolicies(4000, from: stream)
    let steps = drawn.flatMap(\.steps)
    #expect(steps.count == 12_000 && steps.allSatisfy { abs($0.magnitude) <= 45 })
    for transform in PolicyFamily.cifar.transforms {
      let count = steps.count { $0.transform == transform }
      #expect(abs(Double(count) - 800) < 5 * (12_000.0 / 15 * 14 / 15).squareRoot())
    }
    let mean = steps.reduce(0) { $0 + $1.magnitude } / 12_000
    let square = steps.reduce(0) { $0 + $1.magnitude * $1.magnitude } / 12_000
    #expect(abs(mean) < 5 * (675.0 / 12_000).squareRoot())
    #expect(abs(square - 675) < 5 * 675 * (0.8 / 12_000).squareRoot())
    // More of them, and another seed.
    #expect(augment.subPolicies(10, from: stream) == Array(drawn.prefix(10)))
    #expect(
      augment.subPolicies(10, from: RandomStream(seed: 12, "pool")) != Array(drawn.prefix(10)))
  }

  /// The sign of a magnitude counts in two directions, and chance draws both: every view of a shear is one of four.
  @Test func chanceTakesEveryWay() throws {
    let picture = try Fixture("transforms.safetensors").picture("square")
    let policy = SubPolicy([.init(.shearX, 20)], cropsAndFlips: false)
    let stream = RandomStream(seed: 4, "views")
    var views: [Picture: Int] = [:]
    for index in 0..<400 {
      var generator = stream.child(index).generator
      views[policy.view(of: picture, family: .cifar, using: &generator), default: 0] += 1
    }
    #expect(views.count == 4 && views.values.allSatisfy { $0 > 60 })
  }

  @Test func signsTurnAsOftenAsTheAuthorsTurnThem() {
    let policy = SubPolicy((0..<10_000).map { _ in .init(.color, 3) })
    var generator = RandomStream(seed: 6, "signs").generator
    let turned = policy.turningSigns(using: &generator).steps.count { $0.magnitude < 0 }
    // Φ(½) = 0.6915; five standard errors.
    #expect(abs(Double(turned) / 10_000 - 0.6915) < 5 * (0.6915 * 0.3085 / 10_000).squareRoot())
  }
}
