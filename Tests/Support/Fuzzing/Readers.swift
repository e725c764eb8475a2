import Datasets
import Files
import Foundation
import Images

/// Most bytes of pixels, and bytes out of a gzip file.
private let limit = 1 << 22

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Fixtures/Files", isDirectory: true)

/// The committed files of an ending; an empty list would fuzz nothing, so that it is a mistake.
private func committed(_ ending: String) -> [[UInt8]] {
  let names = (try? FileManager.default.contentsOfDirectory(atPath: fixtures.path)) ?? []
  let files = names.sorted().filter { $0.hasSuffix(ending) }.compactMap {
    try? Bytes.read(fixtures.appendingPathComponent($0))
  }
  precondition(!files.isEmpty, "no \(ending) in \(fixtures.path)")
  return files
}

/// Bytes that look like nothing in particular.
private func pattern(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 &* 7) }
}

private func fits(_ picture: Picture) -> String? {
  picture.pixels.count == picture.width * picture.height * 3 ? nil : "a picture of other size"
}

extension Target {
  static let png = Target(
    "png", seeds: committed(".png"), repair: Repair.png
  ) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      fits(Picture(try PNG.parse(bytes, limit: limit)))
    }
  }

  static let jpeg = Target("jpeg", seeds: committed(".jpg")) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      fits(try Picture.parse(bytes, limit: limit))
    }
  }

  static let npy = Target("npy", seeds: committed(".npy")) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      let array = try NPY.parse(bytes)
      let count = array.shape.reduce(1, *)
      if count != array.count || array.floats().count != count { return "an array of other size" }
      return try NPY.parse(array.encoded()) == array ? nil : "written, it is another array"
    }
  }

  static let safetensors = Target(
    "safetensors",
    seeds: committed(".safetensors") + [
      SafetensorsFile(
        metadata: ["a": "b"],
        tensors: [
          .init(name: "w", shape: [2, 3], [1, 2, 3, 4, 5, 6]), .init(name: "b", shape: [], [7]),
        ]
      ).encoded()
    ]
  ) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      let file = try SafetensorsFile.parse(bytes)
      for tensor in file.tensors {
        let count = tensor.shape.reduce(1, *)
        if tensor.bytes.count != count * tensor.elementType.size { return "a tensor of other size" }
      }
      let again = try SafetensorsFile.parse(file.encoded())
      let same =
        again.metadata == file.metadata && Set(again.tensors) == Set(file.tensors)
      return same ? nil : "written, it is another file"
    }
  }

  static let csv = Target(
    "csv",
    seeds: [
      Array("name,value,note\na,1,\"x, \"\"y\"\"\"\nb,2.5e-3,\n\"two\nlines\",3,é\n".utf8),
      Array("\u{FEFF}a,b\r\n1,2\r\n".utf8), Array("a\n".utf8),
    ]
  ) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      let table = try CSV.parse(bytes)
      return try CSV.parse(Array(CSV.encode(table).utf8)) == table
        ? nil : "written, it is another table"
    }
  }

  static let gzip = Target(
    "gzip", seeds: committed(".gz") + [Gzip.compress(pattern(5000)), Gzip.compress([])]
  ) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      try Gzip.decompress(bytes, limit: limit).count <= limit ? nil : "more than was allowed"
    }
  }

  static let tar = Target(
    "tar",
    seeds: [Repair.archive([("set/a.bin", pattern(700)), ("set/b.txt", Array("text".utf8))])],
    repair: Repair.tar
  ) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      let members = try Tar.members(bytes)
      let total = members.reduce(0) { $0 + $1.bytes.count }
      return total <= bytes.count ? nil : "more than the archive holds"
    }
  }

  static let idxImages = Target(
    "idx-images", seeds: [[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4] + pattern(24)]
  ) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      let images = try IDX.images(bytes)
      let count = images.count * images.height * images.width
      return images.pixels.count == count ? nil : "pictures of other size"
    }
  }

  static let idxLabels = Target(
    "idx-labels", seeds: [[0, 0, 8, 1, 0, 0, 0, 5, 0, 9, 3, 3, 1]]
  ) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      let labels = try IDX.labels(bytes, classes: 10)
      return labels.allSatisfy { $0 < 10 } ? nil : "a label out of range"
    }
  }

  static let cifar10 = cifar(
    "cifar-10", .one, classes: 10, seed: [3] + pattern(3072) + [9] + pattern(3072))
  static let cifar100 = cifar("cifar-100", .fine, classes: 100, seed: [3, 99] + pattern(3072))

  private static func cifar(
    _ name: String, _ labels: CIFAR.Labels, classes: Int, seed: [UInt8]
  ) -> Target {
    // Half of the files are brought to whole records again, so that labels are looked at.
    let size = labels.recordBytes
    return Target(
      name, seeds: [seed],
      repair: { $0 + [UInt8](repeating: 0, count: (size - $0.count % size) % size) }
    ) { bytes in
      outcome(of: bytes) { bytes throws(FileError) in
        var pixels: [UInt8] = []
        var found: [Int32] = []
        try CIFAR.read(bytes, labels, classes: classes, into: &pixels, &found)
        if pixels.count != found.count * CIFAR.pixels { return "records of other size" }
        return found.allSatisfy { (0..<Int32(classes)).contains($0) } ? nil : "a label out of range"
      }
    }
  }

  static let policy = Target("policy", seeds: [ownPolicy]) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      let policy = try Policy.parse(bytes)
      // Numbers that no policy may hold would not come back either.
      return try Policy.parse(Array(policy.json.utf8)) == policy ? nil : "written, it is another"
    }
  }

  /// A policy with all that its file can hold.
  private static let ownPolicy = Array(
    """
    {
      "policy": 1,
      "family": "cifar",
      "title": "One of \\"each\\"",
      "source": "here",
      "subPolicies": [
        "central",
        "crop_flip",
        [{"transform": "ShearY", "magnitude": -12.5}, {"transform": "Color", "magnitude": 4}]
      ]
    }

    """.utf8)

  static let catalogue = Target("catalogue", seeds: [firstEntry()]) { bytes in
    outcome(of: bytes) { bytes throws(FileError) in
      let names = try Catalogue.parse(bytes).datasets.map(\.name)
      return Set(names).count == names.count ? nil : "a name twice"
    }
  }

  /// The catalogue up to its second entry.
  private static func firstEntry() -> [UInt8] {
    let url = fixtures.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("datasets/catalog.yml")
    let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    let parts = text.components(separatedBy: "\n  - name: ")
    return Array(parts.prefix(2).joined(separator: "\n  - name: ").utf8) + [10]
  }
}
