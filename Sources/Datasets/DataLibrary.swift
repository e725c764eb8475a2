import Files
import Foundation

/// Finds data sets on disk, checks them against the catalogue, and loads them.
///
/// Places, the first that holds all files needed wins: the directory given, `BENCH_DATA`,
/// `$XDG_CACHE_HOME/bench/datasets` (else `~/.cache/bench/datasets`), the `datasets` folder that came with the
/// program, the folder of the system's package. In each, a set `name` is the folder `name`.
public struct DataLibrary: Sendable {
  /// What there is by name.
  public let catalogue: Catalogue
  /// Where sets are looked for, in this order, as folders that hold one folder per set.
  public let places: [URL]
  /// Where fetched and imported sets go.
  public let home: URL
  private let verified = VerifiedFiles()

  /// A library over places.
  ///
  /// - Parameters:
  ///   - directory: a place given by the user; goes before all others.
  ///   - environment: where `BENCH_DATA`, `XDG_CACHE_HOME` and `HOME` are looked up.
  ///   - embedded: the `datasets` folder that came with the program.
  public init(
    catalogue: Catalogue, directory: URL? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment, embedded: URL? = nil
  ) {
    self.catalogue = catalogue
    var places: [URL] = []
    func folder(_ name: String) -> URL? {
      guard let path = environment[name], !path.isEmpty else { return nil }
      return URL(fileURLWithPath: path, isDirectory: true)
    }
    if let directory { places.append(directory) }
    if let shared = folder("BENCH_DATA") { places.append(shared) }
    let cache =
      folder("XDG_CACHE_HOME") ?? folder("HOME")?.appendingPathComponent(".cache")
      ?? FileManager.default.temporaryDirectory
    places.append(cache.appendingPathComponent("bench/datasets"))
    home = places[0]
    if let embedded { places.append(embedded) }
    self.places = places
  }

  /// A library over `datasets/catalog.yml` and the sets beside it.
  ///
  /// - Throws: `FileError`.
  public init(
    embedded: URL, directory: URL? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(FileError) {
    self.init(
      catalogue: try Catalogue.read(embedded.appendingPathComponent("catalog.yml")),
      directory: directory, environment: environment, embedded: embedded)
  }

  /// A file of a set on disk, in a variant told by name and length.
  public struct FoundFile: Sendable, Hashable {
    /// Id in the catalogue.
    public let id: String
    /// Where it stands.
    public let url: URL
    /// Which form it has.
    public let variant: Catalogue.Variant
  }

  /// Where a set stands.
  public struct Location: Sendable, Hashable {
    /// The folder with its files.
    public let folder: URL
    /// Its files, in the catalogue's order.
    public let files: [FoundFile]
  }

  /// Finds the files of a set, or of one of its splits, without reading them.
  ///
  /// - Throws: `DataError`: `unknown`, `unknownSplit`, `missing`, `file` (a file of no known length).
  public func locate(_ name: String, split: String? = nil) throws(DataError) -> Location {
    let entry = try catalogue.entry(name)
    var files = entry.files
    if let split {
      let part = try find(split, in: entry)
      files = files.filter { [part.images, part.labels].contains($0.id) }
    }
    var absent: String?
    let folders = folders(of: entry)
    for folder in folders {
      var found: [FoundFile] = []
      for file in files {
        guard let one = try self.find(file, in: folder, of: entry) else {
          // A place that has a part of the set tells most about what is missing.
          if absent == nil && !found.isEmpty { absent = file.variants[0].name }
          break
        }
        found.append(one)
      }
      if found.count == files.count { return Location(folder: folder, files: found) }
    }
    throw .missing(
      dataset: name, file: absent ?? files[0].variants[0].name, places: folders.map(\.path),
      package: entry.package?.apt,
      fetchable: files.allSatisfy { $0.variants.contains { !$0.urls.isEmpty } })
  }

  private func folders(of entry: Catalogue.Entry) -> [URL] {
    var folders = places.map { $0.appendingPathComponent(entry.name, isDirectory: true) }
    if let package = entry.package {
      folders.append(URL(fileURLWithPath: package.folder, isDirectory: true))
    }
    return folders
  }

  private func find(
    _ split: String, in entry: Catalogue.Entry
  ) throws(DataError) -> Catalogue.Split {
    if let part = entry.split(split) { return part }
    throw .unknownSplit(dataset: entry.name, split: split, known: entry.splits.map(\.name))
  }

  /// A file in a folder; `nil` if none of its names is there.
  private func find(
    _ file: Catalogue.File, in folder: URL, of entry: Catalogue.Entry
  ) throws(DataError) -> FoundFile? {
    var wrong: FileError?
    for variant in file.variants {
      let url = folder.appendingPathComponent(variant.name)
      let status = try entry.wrap { () throws(FileError) in try FileStatus.of(url) }
      guard let status, !status.isFolder else { continue }
      if status.bytes == variant.bytes { return FoundFile(id: file.id, url: url, variant: variant) }
      if wrong == nil {
        wrong = FileError(
          status.bytes < variant.bytes ? .truncated : .oversized, path: url.path,
          at: .byte(min(status.bytes, variant.bytes)), expected: "\(variant.bytes) bytes",
          found: "\(status.bytes)")
      }
    }
    if let wrong { throw .file(dataset: entry.name, wrong) }
    return nil
  }

  /// The variant of a found file whose SHA-256 it has.
  ///
  /// Two variants may share a name and a length, so that all of this name and length are compared.
  private func verified(
    _ file: FoundFile, of entry: Catalogue.Entry, bytes: [UInt8]? = nil
  ) throws(DataError) -> ImageDataset.UsedFile {
    let digest = try entry.wrap { () throws(FileError) in
      try verified.digest(of: file.url, bytes: bytes)
    }
    let known = entry.file(file.id)?.variants.first {
      $0.sha256 == digest && $0.name == file.variant.name
    }
    guard let known else {
      throw .file(
        dataset: entry.name,
        FileError(
          .wrongHash, path: file.url.path, expected: "SHA-256 \(file.variant.sha256)",
          found: "\(digest)"))
    }
    return ImageDataset.UsedFile(name: known.name, variant: known.id, sha256: digest)
  }

  /// Reads every file of a set and compares it with its SHA-256.
  ///
  /// - Returns: the files, in the variants that they have.
  /// - Throws: `DataError`.
  @discardableResult
  public func verify(_ name: String) throws(DataError) -> [ImageDataset.UsedFile] {
    let entry = try catalogue.entry(name)
    var used: [ImageDataset.UsedFile] = []
    for file in try locate(name).files { used.append(try verified(file, of: entry)) }
    return used
  }

  /// What a key says about a split: SHA-256 over the digests of its files. Equal to `load(…).digest`.
  ///
  /// - Throws: `DataError`.
  public func digest(_ name: String, split: String) throws(DataError) -> Digest {
    let entry = try catalogue.entry(name)
    var used: [ImageDataset.UsedFile] = []
    for file in try locate(name, split: split).files { used.append(try verified(file, of: entry)) }
    return ImageDataset.digest(of: used)
  }

  /// Loads a split, checked against the catalogue: length, SHA-256, magic, counts, shape, label range.
  ///
  /// - Throws: `DataError`.
  public func load(_ name: String, split: String) throws(DataError) -> ImageDataset {
    let entry = try catalogue.entry(name)
    let part = try find(split, in: entry)
    let found = try locate(name, split: split).files
    var used: [ImageDataset.UsedFile] = []
    var bytes: [String: (bytes: [UInt8], path: String)] = [:]
    for file in found {
      let limit = 16 + part.records * entry.shape.reduce(1, *)
      let raw = try entry.wrap { () throws(FileError) in
        try Bytes.read(file.url, limit: file.variant.bytes)
      }
      used.append(try verified(file, of: entry, bytes: raw))
      let unpacked = try entry.wrap { () throws(FileError) in
        try IDX.unpack(raw, path: file.url.path, limit: limit)
      }
      bytes[file.id] = (unpacked, file.url.path)
    }
    guard let images = bytes[part.images], let labels = bytes[part.labels] else {
      preconditionFailure("locate returns the files of the split")
    }
    let whole = try entry.wrap { () throws(FileError) in
      try IDX.dataset(
        images: images.bytes, imagePath: images.path, labels: labels.bytes,
        labelPath: labels.path, name: name, split: split, classNames: entry.classes, files: used)
    }
    if whole.shape != entry.shape || whole.count != part.records {
      throw .file(
        dataset: name,
        FileError(
          .malformed, path: images.path, at: .byte(4),
          expected: "\(part.records) records of \(entry.shape)",
          found: "\(whole.count) of \(whole.shape)"))
    }
    if part.count == whole.count { return whole }
    return whole.range(part.first..<(part.first + part.count))
  }
}

extension Catalogue.Entry {
  /// Says which data set a file's error is about.
  func wrap<R>(_ body: () throws(FileError) -> R) throws(DataError) -> R {
    do {
      return try body()
    } catch {
      throw DataError.file(dataset: name, error)
    }
  }
}

extension IDX {
  /// Joins pictures and labels.
  ///
  /// - Throws: `FileError`, also where their counts differ.
  public static func dataset(
    images: [UInt8], imagePath: String = "images", labels: [UInt8], labelPath: String = "labels",
    name: String, split: String, classNames: [String], files: [ImageDataset.UsedFile] = []
  ) throws(FileError) -> ImageDataset {
    let pictures = try IDX.images(images, path: imagePath)
    let classes = try IDX.labels(labels, classes: classNames.count, path: labelPath)
    if classes.count != pictures.count {
      throw FileError(
        .malformed, path: labelPath, at: .byte(4),
        expected: "\(pictures.count) labels, one per image", found: "\(classes.count)")
    }
    guard pictures.height > 0, pictures.width > 0 else {
      throw FileError(
        .malformed, path: imagePath, at: .byte(8), expected: "images of at least 1 x 1",
        found: "\(pictures.height) x \(pictures.width)")
    }
    return ImageDataset(
      name: name, split: split, channels: 1, height: pictures.height, width: pictures.width,
      pixels: pictures.pixels, labels: classes.map { Int32($0) }, classNames: classNames,
      files: files)
  }
}
