import Files
import Foundation

// Every level names its keys, so that a misspelt one is an error and not a default.

/// The whole file.
struct CatalogueDocument: Decodable {
  let datasets: [Catalogue.Entry]

  enum Key: String, CodingKey, CaseIterable { case version, datasets }

  init(from decoder: any Decoder) throws {
    let values = try decoder.strict(Key.self)
    let version = try values.decode(Int.self, forKey: .version)
    if version != 1 { throw Misfit(decoder, expected: "version 1", found: "\(version)") }
    datasets = try values.decode([Catalogue.Entry].self, forKey: .datasets)
  }
}

extension Catalogue.Entry {
  private enum Key: String, CodingKey, CaseIterable {
    case name, title, licence, terms, citation, homepage, note, format, shape, classes, package
    case folder, archive, splits, files, list
  }

  /// Reads an entry; unknown keys are errors.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.strict(Key.self)
    name = try values.decode(String.self, forKey: .name)
    title = try values.decode(String.self, forKey: .title)
    licence = try values.decode(String.self, forKey: .licence)
    terms = try values.decode(String.self, forKey: .terms)
    citation = try values.decode(String.self, forKey: .citation)
    homepage = try values.decode(String.self, forKey: .homepage)
    note = try values.decodeIfPresent(String.self, forKey: .note)
    let word = try values.decode(String.self, forKey: .format)
    guard let known = Catalogue.Format(rawValue: word) else {
      let formats = Catalogue.Format.allCases.map(\.rawValue).joined(separator: ", ")
      throw Misfit(decoder, expected: "one of the formats \(formats)", found: word)
    }
    format = known
    let hasRecords = format != .files
    let hasShape = hasRecords && format != .photos
    shape = hasShape ? try values.decode([Int].self, forKey: .shape) : []
    classes = hasShape ? try values.decode([String].self, forKey: .classes) : []
    package = try values.decodeIfPresent(Catalogue.Package.self, forKey: .package)
    folder = try values.decodeIfPresent(String.self, forKey: .folder)
    archive = try values.decodeIfPresent(Catalogue.Variant.self, forKey: .archive)
    splits = hasRecords ? try values.decode([Catalogue.Split].self, forKey: .splits) : []
    files = try values.decode([Catalogue.File].self, forKey: .files)
    for key in [Key.shape, .classes, .splits] where !hasRecords && values.contains(key) {
      throw Misfit(
        decoder, expected: "a set of files without shape, classes, splits", found: key.stringValue)
    }
    for key in [Key.shape, .classes] where format == .photos && values.contains(key) {
      throw Misfit(
        decoder, expected: "photos without shape, classes", found: key.stringValue)
    }
    list = try values.decodeIfPresent(Catalogue.FileList.self, forKey: .list)
    try check(decoder)
  }

  /// What the parts must agree on.
  private func check(_ decoder: any Decoder) throws {
    func need(_ condition: Bool, _ expected: String, _ found: String) throws {
      if !condition { throw Misfit(decoder, expected: expected, found: found) }
    }
    try need(Catalogue.isPlainName(name), "a name of letters, digits and dashes", name)
    if let folder {
      try need(Catalogue.isPlainName(folder), "a plain folder name", folder)
    }
    try need(Set(files.map(\.id)).count == files.count, "unique file ids", "one twice")
    if format == .files { return try need(!files.isEmpty, "files", "none") }
    if format == .photos {
      try need(list != nil && files.count == 1, "a table of labels and a list of photos", "others")
      return try need(
        splits.count == 1 && splits[0].first == 0 && splits[0].count == splits[0].records,
        "one split of all records", "others")
    }
    try need(
      shape.count == 3 && shape.allSatisfy { (1...100_000).contains($0) }, "shape [C, H, W]",
      "\(shape)")
    try need(
      !classes.isEmpty && !splits.isEmpty && !files.isEmpty, "classes, splits, files", "none")
    try need(Set(splits.map(\.name)).count == splits.count, "unique split names", "one twice")
    for split in splits {
      try need(
        format == .idx ? split.files.count == 2 : !split.files.isEmpty,
        format == .idx ? "images and labels of split \(split.name)" : "files of \(split.name)",
        "\(split.files.count) files")
      for id in split.files {
        try need(file(id) != nil, "a file of split \(split.name)", id)
      }
      try need(
        (0...1_000_000_000).contains(split.records) && split.first >= 0 && split.count >= 0
          && split.first <= split.records && split.count <= split.records - split.first,
        "split \(split.name) within its \(split.records) records",
        "first \(split.first), count \(split.count)")
    }
  }
}

extension Catalogue {
  /// A name that is safe as the name of a file: it cannot leave its folder.
  static func isPlainName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: "."), name.utf8.count <= 200 else {
      return false
    }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case 48...57, 65...90, 97...122: true
      default: [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
      }
    }
  }
}

extension Catalogue.Package {
  private enum Key: String, CodingKey, CaseIterable { case apt, folder }

  /// Reads a package; unknown keys are errors.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.strict(Key.self)
    apt = try values.decode(String.self, forKey: .apt)
    folder = try values.decode(String.self, forKey: .folder)
  }
}

extension Catalogue.Split {
  private enum Key: String, CodingKey, CaseIterable {
    case name, images, labels, files, records, first, count
  }

  /// Reads a split; unknown keys are errors. Without `first` and `count` it has all records.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.strict(Key.self)
    name = try values.decode(String.self, forKey: .name)
    if let several = try values.decodeIfPresent([String].self, forKey: .files) {
      files = several
    } else {
      files = [
        try values.decode(String.self, forKey: .images),
        try values.decode(String.self, forKey: .labels),
      ]
    }
    records = try values.decode(Int.self, forKey: .records)
    let start = try values.decodeIfPresent(Int.self, forKey: .first) ?? 0
    first = start
    count = try values.decodeIfPresent(Int.self, forKey: .count) ?? (records &- start)
  }
}

extension Catalogue.FileList {
  private enum Key: String, CodingKey, CaseIterable { case name, variant }

  /// Reads a list; unknown keys are errors.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.strict(Key.self)
    name = try values.decode(String.self, forKey: .name)
    variant = try values.decode(String.self, forKey: .variant)
    if !Catalogue.isPlainName(name) {
      throw Misfit(decoder, expected: "a plain file name", found: name)
    }
  }
}

extension Catalogue.File {
  private enum Key: String, CodingKey, CaseIterable { case id, variants }

  /// Reads a file; unknown keys are errors.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.strict(Key.self)
    id = try values.decode(String.self, forKey: .id)
    variants = try values.decode([Catalogue.Variant].self, forKey: .variants)
    if variants.isEmpty { throw Misfit(decoder, expected: "variants of \(id)", found: "none") }
  }
}

extension Catalogue.Variant {
  private enum Key: String, CodingKey, CaseIterable {
    case id, name, bytes, sha256, records, md5, urls
  }

  /// Reads a variant; unknown keys are errors.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.strict(Key.self)
    id = try values.decode(String.self, forKey: .id)
    name = try values.decode(String.self, forKey: .name)
    bytes = try values.decode(Int.self, forKey: .bytes)
    sha256 = try values.decode(Digest.self, forKey: .sha256)
    records = try values.decodeIfPresent(Int.self, forKey: .records)
    md5 = try values.decodeIfPresent(String.self, forKey: .md5)
    let texts = try values.decodeIfPresent([String].self, forKey: .urls) ?? []
    urls = try texts.map { text in
      guard let url = URL(string: text), ["http", "https", "file"].contains(url.scheme) else {
        throw Misfit(decoder, expected: "an http, https or file URL", found: text)
      }
      return url
    }
    if !Catalogue.isPlainName(name) {
      throw Misfit(decoder, expected: "a plain file name", found: name)
    }
    if bytes < 0 { throw Misfit(decoder, expected: "a length in bytes", found: "\(bytes)") }
    if let records, !(0...1_000_000_000).contains(records) {
      throw Misfit(decoder, expected: "a number of records", found: "\(records)")
    }
  }
}

/// A value that decodes and cannot be.
struct Misfit: Error {
  let place: String
  let expected: String
  let found: String

  init(_ decoder: any Decoder, expected: String, found: String) {
    self.init(path: decoder.codingPath, expected: expected, found: found)
  }

  init(path: [any CodingKey], expected: String, found: String) {
    place = path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
    self.expected = expected
    self.found = found.isEmpty ? "an empty text" : found
  }

  /// The same about a file.
  func fileError(_ path: String) -> FileError {
    let at = place.isEmpty ? "" : " in \(place)"
    return FileError(.malformed, path: path, expected: expected + at, found: found)
  }
}

extension DecodingError {
  /// Where and what, in one line.
  var misfit: Misfit {
    switch self {
    case .keyNotFound(let key, let context):
      Misfit(path: context.codingPath, expected: "key \(key.stringValue)", found: "none")
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      Misfit(path: context.codingPath, expected: "\(type)", found: "something else")
    // Yams passes on what an initializer throws in this wrapping.
    case .dataCorrupted(let context) where context.underlyingError is Misfit:
      context.underlyingError as! Misfit
    case .dataCorrupted(let context):
      Misfit(
        path: context.codingPath, expected: "a valid value",
        found: context.underlyingError.map { "\($0)" } ?? context.debugDescription)
    @unknown default: Misfit(path: [], expected: "valid values", found: "\(self)")
    }
  }
}

private struct AnyKey: CodingKey {
  let stringValue: String
  let intValue: Int? = nil
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { return nil }
}

extension Decoder {
  /// The container for `keys`; a key that is none of them is an error that names the closest.
  func strict<Key: CodingKey & CaseIterable>(
    _ keys: Key.Type
  ) throws -> KeyedDecodingContainer<Key> {
    let known = Key.allCases.map(\.stringValue)
    for key in try container(keyedBy: AnyKey.self).allKeys
    where !known.contains(key.stringValue) {
      let hint = closest(to: key.stringValue, among: known).map { "; did you mean \($0)?" } ?? ""
      throw Misfit(
        self, expected: "one of the keys \(known.joined(separator: " "))",
        found: key.stringValue + hint)
    }
    return try container(keyedBy: keys)
  }
}
