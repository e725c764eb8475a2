import Files
import Foundation

/// Finds data sets on disk, checks them against the catalogue, and loads them.
///
/// Places, the first that holds all files needed wins: the directory given, `BENCH_DATA`,
/// `$XDG_CACHE_HOME/bench/datasets` (else `~/.cache/bench/datasets`), the `datasets` folder that came with the
/// program, the folder of the system's package. In each, a set `name` is the folder `name`, or the one that
/// upstream's archive unpacks to.
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
      if entry.format != .photos { files = files.filter { part.files.contains($0.id) } }
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
      if entry.format == .photos, let originals = try originals(in: folder, of: entry) {
        return Location(folder: folder, files: originals)
      }
      if let archive = entry.archiveFile, let packed = try self.find(archive, in: folder, of: entry)
      {
        return Location(folder: folder, files: [packed])
      }
    }
    throw .missing(
      dataset: name, file: absent ?? files[0].variants[0].name, places: folders.map(\.path),
      package: entry.package?.apt,
      fetchable: (entry.archiveFile.map { [$0] } ?? files)
        .allSatisfy { $0.variants.contains { !$0.urls.isEmpty } })
  }

  private func folders(of entry: Catalogue.Entry) -> [URL] {
    let names = [entry.name] + (entry.folder.map { [$0] } ?? [])
    var folders = places.flatMap { place in
      names.map { place.appendingPathComponent($0, isDirectory: true) }
    }
    if let package = entry.package {
      folders.append(URL(fileURLWithPath: package.folder, isDirectory: true))
    }
    return folders
  }

  func find(
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
  func verified(
    _ file: FoundFile, of entry: Catalogue.Entry, bytes: [UInt8]? = nil
  ) throws(DataError) -> ImageDataset.UsedFile {
    let digest = try entry.wrap { () throws(FileError) in
      try verified.digest(of: file.url, bytes: bytes)
    }
    // Originals are known by the list that was made when they were imported.
    let forms = (entry.file(file.id) ?? entry.archiveFile)?.variants ?? [file.variant]
    let known = forms.first { $0.sha256 == digest && $0.name == file.variant.name }
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

  /// Where the files of a set stand, by id, each compared with its SHA-256.
  ///
  /// - Throws: `DataError`.
  public func files(_ name: String) throws(DataError) -> [String: URL] {
    let entry = try catalogue.entry(name)
    var urls: [String: URL] = [:]
    for file in try locate(name).files {
      _ = try verified(file, of: entry)
      urls[file.id] = file.url
    }
    return urls
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
    if entry.format == .photos { throw .photos(dataset: name) }
    let (files, used) = try contents(of: part, in: entry)
    let whole: ImageDataset
    let expected: Int
    if let kind = entry.format.cifarLabels {
      var pixels: [UInt8] = []
      var labels: [Int32] = []
      for file in files {
        try entry.wrap { () throws(FileError) in
          try CIFAR.read(
            file.bytes, kind, classes: entry.classes.count, path: file.path, into: &pixels, &labels)
        }
      }
      whole = ImageDataset(
        name: name, split: split, channels: 3, height: 32, width: 32, pixels: pixels,
        labels: labels, classNames: entry.classes, files: used)
      let stated = files.compactMap { $0.variant?.records }
      expected = stated.isEmpty ? part.records : stated.reduce(0, +)
    } else {
      whole = try entry.wrap { () throws(FileError) in
        try IDX.dataset(
          images: files[0].bytes, imagePath: files[0].path, labels: files[1].bytes,
          labelPath: files[1].path, name: name, split: split, classNames: entry.classes, files: used
        )
      }
      expected = part.records
    }
    if whole.shape != entry.shape || whole.count != expected {
      throw .file(
        dataset: name,
        FileError(
          .malformed, path: files[0].path, at: .byte(4),
          expected: "\(expected) records of \(entry.shape)",
          found: "\(whole.count) of \(whole.shape)"))
    }
    if part.first == 0 && part.count >= whole.count { return whole }
    return whole.range(part.first..<(part.first + part.count))
  }

  /// A file's unpacked content; its variant is unknown where it comes out of an archive.
  private struct Content {
    var bytes: [UInt8]
    var path: String
    var variant: Catalogue.Variant?
  }

  /// The unpacked files of a split in the order that the split names them, and what was read for them.
  private func contents(
    of part: Catalogue.Split, in entry: Catalogue.Entry
  ) throws(DataError) -> ([Content], [ImageDataset.UsedFile]) {
    var used: [ImageDataset.UsedFile] = []
    var byName: [String: Content] = [:]
    for file in try locate(entry.name, split: part.name).files {
      let raw = try entry.wrap { () throws(FileError) in
        try Bytes.read(file.url, limit: file.variant.bytes)
      }
      used.append(try verified(file, of: entry, bytes: raw))
      if entry.file(file.id) == nil {
        let (members, path) = (try unpack(raw, of: entry, path: file.url.path), file.url.path)
        for member in members {
          byName[member.name] = Content(
            bytes: Array(member.bytes), path: "\(path)/\(member.name)", variant: nil)
        }
      } else if entry.format == .idx {
        let limit = 16 + part.records * entry.shape.reduce(1, *)
        let unpacked = try entry.wrap { () throws(FileError) in
          try IDX.unpack(raw, path: file.url.path, limit: limit)
        }
        byName[file.id] = Content(bytes: unpacked, path: file.url.path, variant: file.variant)
      } else if file.variant.name.hasSuffix(".gz") {
        let limit = part.records * (entry.format.cifarLabels?.recordBytes ?? 1)
        let unpacked = try entry.wrap { () throws(FileError) in
          try Gzip.decompress(raw, limit: limit, path: file.url.path)
        }
        byName[file.id] = Content(bytes: unpacked, path: file.url.path, variant: file.variant)
      } else {
        byName[file.id] = Content(bytes: raw, path: file.url.path, variant: file.variant)
      }
    }
    var contents: [Content] = []
    for id in part.files {
      let names = [id] + (entry.file(id)?.variants.map(\.name) ?? [])
      guard let content = names.lazy.compactMap({ byName[$0] }).first else {
        throw .file(
          dataset: entry.name,
          FileError(
            .malformed, path: used[0].name, expected: "a file \(names[names.count - 1])",
            found: "none"))
      }
      contents.append(content)
    }
    return (contents, used)
  }

  /// The members of a gzipped tar.
  private func unpack(
    _ raw: [UInt8], of entry: Catalogue.Entry, path: String
  ) throws(DataError) -> [Tar.Member] {
    try entry.wrap { () throws(FileError) in
      // Every file has its header and padding; readme and names come along.
      let limit = 2 * entry.bytes + (1 << 20)
      return try Tar.members(try Gzip.decompress(raw, limit: limit, path: path), path: path)
    }
  }
}

extension Catalogue.Entry {
  /// The archive as a file of its own.
  var archiveFile: Catalogue.File? {
    archive.map { Catalogue.File(id: "archive", variants: [$0]) }
  }

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
