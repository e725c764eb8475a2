import Compute
import Files
import Foundation
import Images
import Testing

/// Policy files: what is read, what is refused and how, and the policies that come with bench.
struct PolicyFileTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func parse(_ text: String) throws(FileError) -> Policy {
    try Policy.parse(Array(text.utf8), path: "folder/p.json")
  }

  private func file(_ entries: String, family: String = "cifar") -> String {
    #"{"policy": 1, "family": "\#(family)", "subPolicies": [\#(entries)]}"#
  }

  @Test func whatIsWrittenIsRead() throws {
    let policy = Policy(
      family: .cifar, title: "A \"title\" \\ with\nlines", source: "here",
      [
        .central, .cropAndFlip,
        SubPolicy([.init(.shearY, -12.5), .init(.color, 4), .init(.identity, 0)]),
      ])
    #expect(try parse(policy.json) == policy)
    var generator = RandomStream(seed: 1, "policies").generator
    let random = Policy(
      family: .imageNet,
      (0..<50).map { _ in RandAugment(family: .imageNet).subPolicy(using: &generator) })
    #expect(try parse(random.json) == random)
    #expect(try parse(file(#""crop_flip""#)).elements == [.cropAndFlip])
  }

  @Test func whatIsWrongIsNamedInOneLine() throws {
    let step = #"{"transform": "Rotate", "magnitude": 5}"#
    let cases: [(String, String)] = [
      ("no JSON", "p.json: expected JSON, found something else"),
      ("[1]", "p.json: expected an object, found a list of 1"),
      (
        #"{"family": "cifar", "subPolicies": []}"#, "p.json: policy: expected version 1, found none"
      ),
      (
        #"{"policy": 2, "family": "cifar", "subPolicies": []}"#,
        "p.json: policy: expected version 1, found 2.0"
      ),
      (
        #"{"policy": true, "family": "cifar", "subPolicies": []}"#,
        "p.json: policy: expected version 1, found true"
      ),
      (file("", family: "mnist"), "p.json: family: expected cifar or imagenet, found \"mnist\""),
      (file(""), "p.json: subPolicies: expected 1 to 10000 entries, found 0"),
      (
        #"{"policy": 1, "family": "cifar", "subPolicies": [], "more": 1}"#,
        "p.json: expected keys policy, family, title, source, subPolicies, found \"more\""
      ),
      (
        #"{"policy": 1, "family": "cifar", "title": 3, "subPolicies": []}"#,
        "p.json: title: expected a text, found 3.0"
      ),
      (
        file(#""central", "centre""#),
        "p.json: sub-policy 2: expected \"central\", \"crop_flip\" or a list of steps, found \"centre\""
      ),
      (file("[\(step)], []"), "p.json: sub-policy 2: expected 1 to 20 steps, found 0"),
      (
        file("[\(step), 7]"),
        "p.json: sub-policy 1, step 2: expected an object of transform and magnitude, found 7.0"
      ),
      (
        file(#"[{"transform": "Rotat", "magnitude": 5}]"#),
        "p.json: sub-policy 1, step 1: expected a transform of cifar (Identity, ShearX, "
      ),
      (file(#"[{"transform": "Rotat", "magnitude": 5}]"#), "found \"Rotat\""),
      (file(#"[{"transform": "Invert", "magnitude": 5}]"#), "found \"Invert\""),
      (
        file(#""central", [{"transform": "Rotate", "magnitude": 75}]"#),
        "p.json: sub-policy 2, step 1: expected a magnitude of Rotate from -60 to 60, found 75.0"
      ),
      (
        file(#"[{"transform": "Rotate", "magnitude": "5"}]"#),
        "p.json: sub-policy 1, step 1: expected a magnitude of Rotate, found \"5\""
      ),
      (
        file(#"[{"transform": "Rotate"}]"#),
        "p.json: sub-policy 1, step 1: expected a magnitude of Rotate, found none"
      ),
      (
        file(#"[{"transform": "Rotate", "magnitude": 5, "sign": 1}]"#),
        "p.json: sub-policy 1, step 1: expected keys transform, magnitude, found \"sign\""
      ),
    ]
    for (text, message) in cases {
      do {
        _ = try parse(text)
        Issue.record("read: \(text)")
      } catch {
        let found = "\(error)"
        #expect(found.contains(message), "\(found)")
        #expect(!found.contains("\n") && found.hasPrefix("p.json: "))
      }
    }
    #expect(throws: FileError.self) { try Policy.read(URL(fileURLWithPath: "/nowhere/p.json")) }
  }

  @Test func theAuthorsPoliciesAreThere() throws {
    let folder = Self.root.appendingPathComponent("datasets/gps-policies")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".json") }.sorted()
    #expect(names.count == 16)
    for name in names {
      let policy = try Policy.read(folder.appendingPathComponent(name))
      let isImageNet = name.hasPrefix("imagenet")
      #expect(policy.family == (isImageNet ? .imageNet : .cifar))
      #expect(policy.elements.count == (isImageNet ? 20 : 30))
      // The authors draw from −45 to 45, and begin every sub-policy on ImageNet with a resized crop.
      #expect(policy.elements.allSatisfy { $0.steps.allSatisfy { abs($0.magnitude) <= 45 } })
      if isImageNet {
        #expect(policy.elements.allSatisfy { $0.steps.first?.transform == .randomResizedCrop })
      }
    }
    let first = try Policy.read(folder.appendingPathComponent("imagenet-resnet50.json")).elements
    #expect(
      first[0] == (try SubPolicy("RandomResizedCrop:-8.312 + Identity:-0.660 + ShearY:-0.038")))
    let second = try Policy.read(
      folder.appendingPathComponent("cifar10-preresnet110-crop-flip.json"))
    #expect(second.elements[1] == .central)
  }

  @Test func viewsFollowTheElementsAndBeginAnew() {
    let picture = ShapesMini.picture(3, of: .test)
    let policy = Policy(family: .cifar, [.central, SubPolicy([.init(.invert, 1)])])
    for number in [0, 2, 4] {
      var generator = RandomStream(seed: 1, "view").generator
      #expect(policy.view(number, of: picture, side: 32, using: &generator) == picture)
    }
    var (one, two) = (
      RandomStream(seed: 1, "view").generator, RandomStream(seed: 1, "view").generator
    )
    #expect(
      policy.view(3, of: picture, side: 32, using: &one)
        == CropAndFlip().apply(to: picture.inverted, using: &two))
    // ImageNet's crop and flip is another one.
    var generator = RandomStream(seed: 2, "view").generator
    let large = picture.resized(width: 96, height: 80, .bilinear)
    let view = Policy(family: .imageNet, [.cropAndFlip])
      .view(0, of: large, side: 48, using: &generator)
    #expect(view.width == 48 && view.height == 48)
  }

  @Test func poolsGrowWithoutChangingTheirFirst() {
    func pool(_ strong: Int, _ mild: Int, seed: UInt64 = 1) -> PolicyPool {
      PolicyPool(
        strong: strong, mild: mild, strongMagnitude: 45, mildMagnitude: 20, transforms: 3,
        cropAndFlip: 2, central: 1, seed: seed)
    }
    let (small, large) = (pool(5, 4).subPolicies, pool(9, 6).subPolicies)
    #expect(small.count == 12 && large.count == 18 && pool(5, 4).count == 12)
    #expect(Array(small[..<5]) == Array(large[..<5]))
    #expect(Array(small[5..<9]) == Array(large[9..<13]))
    #expect(small[9] == .cropAndFlip && small[10] == .cropAndFlip && small[11] == .central)
    #expect(small[..<9].allSatisfy { $0.steps.count == 3 && $0.cropsAndFlips })
    #expect(small[5..<9].allSatisfy { $0.steps.allSatisfy { abs($0.magnitude) <= 20 } })
    #expect(small[..<5].contains { $0.steps.contains { abs($0.magnitude) > 20 } })
    #expect(pool(5, 4, seed: 2).subPolicies[0] != small[0])
  }
}
