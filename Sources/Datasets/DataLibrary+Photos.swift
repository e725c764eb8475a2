import Files
import Foundation

/// Sets of photos: re-encoded ones, which the catalogue knows by their sums, and the originals, one `<wnid>_<name>.JPEG`
/// a class, which it knows by their names alone. Importing originals writes down what they were.
extension DataLibrary {
  /// The table that importing originals writes.
  static let originalTable = "original.tsv"

  /// Loads a set of photos without reading the photos.
  ///
  /// - Throws: `DataError`; `unknownSplit` also for a set of other things.
  public func photos(_ name: String, split: String) throws(DataError) -> PhotoSet {
    let entry = try catalogue.entry(name)
    let part = try find(split, in: entry)
    guard entry.format == .photos else {
      throw .unknownSplit(dataset: name, split: split, known: [])
    }
    let location = try locate(name)
    let table = entry.files[0]
    var used: [ImageDataset.UsedFile] = []
    var photos: [PhotoSet.Photo] = []
    var names: [String] = []
    var variant = "original"
    let images = location.files.filter { $0.id != table.id }
    if let labels = location.files.first(where: { $0.id == table.id }) {
      used.append(try verified(labels, of: entry))
      let rows = try entry.wrap { () throws(FileError) in try LabelTable.read(labels.url) }
      let byName = Dictionary(images.map { ($0.url.lastPathComponent, $0) }) { $1 }
      for row in rows {
        guard let image = byName[row.file] else {
          throw .file(
            dataset: name,
            FileError(
              .malformed, path: labels.url.path, expected: "photos that the catalogue has",
              found: row.file))
        }
        photos.append(
          .init(url: image.url, label: Int32(names.count), sha256: image.variant.sha256))
        names.append(row.name)
        variant = image.variant.id
      }
    } else {
      for image in images {
        photos.append(
          .init(url: image.url, label: Int32(names.count), sha256: image.variant.sha256))
        let stem = image.url.deletingPathExtension().lastPathComponent
        names.append(String(stem.drop { $0 != "_" }.dropFirst()))
      }
    }
    guard photos.count == part.records else {
      throw .file(
        dataset: name,
        FileError(
          .malformed, path: location.folder.path, expected: "\(part.records) photos",
          found: "\(photos.count)"))
    }
    let rows = images.map {
      FileTable.Row(name: $0.variant.name, bytes: $0.variant.bytes, sha256: $0.variant.sha256)
    }
    used.append(
      .init(name: "photos", variant: variant, sha256: .sha256(of: FileTable.encoded(rows))))
    return PhotoSet(name: name, photos: photos, classNames: names, files: used)
  }

  /// WordNet ids of the classes, in order: what stands in the names of the re-encoded photos.
  private func wordNetIDs(_ entry: Catalogue.Entry) -> [String] {
    entry.files.dropFirst().map { file in
      let stem = file.id.split(separator: "/").last?.split(separator: ".").first ?? ""
      return String(stem.split(separator: "_").last ?? "")
    }
  }

  /// Originals that were imported into a folder; `nil` where none were.
  func originals(
    in folder: URL, of entry: Catalogue.Entry
  ) throws(DataError) -> [FoundFile]? {
    let table = folder.appendingPathComponent(Self.originalTable)
    let rows = try entry.wrap { () throws(FileError) -> [FileTable.Row]? in
      try FileStatus.of(table) == nil ? nil : try FileTable.read(table)
    }
    guard let rows else { return nil }
    var found: [FoundFile] = []
    for row in rows {
      let url = folder.appendingPathComponent(row.name)
      let bytes = try entry.wrap { () throws(FileError) in try FileStatus.of(url)?.bytes }
      guard bytes == row.bytes else {
        throw .file(
          dataset: entry.name,
          FileError(
            bytes == nil ? .missing : (bytes! < row.bytes ? .truncated : .oversized),
            path: url.path, expected: "\(row.bytes) bytes",
            found: bytes.map { "\($0)" } ?? "nothing"))
      }
      found.append(FoundFile(id: row.name, url: url, variant: row.variant("original")))
    }
    return found
  }

  /// One original per class below a folder, in the order of classes; `nil` where there are none at all.
  ///
  /// - Throws: `DataError.missing` where some classes have none.
  func originals(
    among names: [String], in folder: URL, of entry: Catalogue.Entry
  ) throws(DataError) -> [String]? {
    var byID: [String: String] = [:]
    for name in names {
      let file = name.split(separator: "/").last.map(String.init) ?? name
      guard PhotoSet.isPicture(file), let id = file.split(separator: "_").first, id.hasPrefix("n"),
        id.count == 9, id.dropFirst().allSatisfy(\.isNumber), byID[String(id)] == nil
      else { continue }
      byID[String(id)] = name
    }
    if byID.isEmpty { return nil }
    var chosen: [String] = []
    for id in wordNetIDs(entry) {
      guard let name = byID[id] else {
        throw .missing(
          dataset: entry.name, file: "\(id)_*.JPEG", places: [folder.path], package: nil,
          fetchable: false)
      }
      chosen.append(name)
    }
    return chosen
  }

  /// Copies originals, and writes down what they are.
  func importOriginals(
    _ names: [String], from folder: URL, to target: URL, of entry: Catalogue.Entry
  ) throws(DataError) {
    try entry.wrap { () throws(FileError) in
      try Folder.make(target.appendingPathComponent("photos"))
      var rows: [FileTable.Row] = []
      for name in names {
        let source = folder.appendingPathComponent(name)
        let bytes = try Bytes.read(source, limit: 1 << 28)
        guard JPEG.isJPEG(bytes) else {
          throw FileError(.malformed, path: source.path, expected: "a JPEG file", found: "another")
        }
        let row = FileTable.Row(
          name: "photos/\(source.lastPathComponent)", bytes: bytes.count,
          sha256: .sha256(of: bytes))
        let final = target.appendingPathComponent(row.name)
        if (try? Digest.sha256(file: final)) != row.sha256 {
          try AtomicFile.write(bytes, to: final)
        }
        rows.append(row)
      }
      try AtomicFile.write(
        FileTable.encoded(rows), to: target.appendingPathComponent(Self.originalTable))
    }
  }
}

/// A table of labels: `index`, `file`, `wnid`, `name`, `width`, `height` with tabs between, one line per class in order.
enum LabelTable {
  struct Row {
    var file: String
    var name: String
  }

  /// - Throws: `FileError`: `malformed` with the line.
  static func read(_ url: URL) throws(FileError) -> [Row] {
    let text = String(decoding: try Bytes.read(url, limit: 1 << 24), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var rows: [Row] = []
    for (index, line) in lines.enumerated() where !line.isEmpty {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      if index == 0 && parts.prefix(4) == ["index", "file", "wnid", "name"] { continue }
      guard index > 0, parts.count >= 4, Int(parts[0]) == rows.count else {
        throw FileError(
          .malformed, path: url.path, at: .line(index + 1),
          expected: index == 0 ? "index, file, wnid, name" : "class \(rows.count)",
          found: "\"\(line.prefix(200))\"")
      }
      rows.append(Row(file: String(parts[1]), name: String(parts[3])))
    }
    return rows
  }
}
