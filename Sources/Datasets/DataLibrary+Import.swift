import Files
import Foundation

extension DataLibrary {
  /// Copies a set from a folder, at any depth below it, into the library's home; every file is checked first.
  ///
  /// A file that is at home already, and right, is left alone.
  ///
  /// - Returns: where the set stands now.
  /// - Throws: `DataError`: `missing` for a file that is not below the folder, `file` for one that is damaged or
  ///   cannot be written.
  @discardableResult
  public func importFiles(_ name: String, from folder: URL) throws(DataError) -> Location {
    let entry = try catalogue.entry(name)
    let below = try entry.wrap { () throws(FileError) in try Folder.files(below: folder) }
    let target = home.appendingPathComponent(name, isDirectory: true)
    if entry.format == .photos, let originals = try originals(among: below, in: folder, of: entry) {
      try importOriginals(originals, from: folder, to: target, of: entry)
      return try locate(name)
    }
    var copies: [(from: URL, variant: Catalogue.Variant)] = []
    do throws(DataError) {
      for file in entry.files {
        copies.append(try choose(file, of: entry, among: below, in: folder))
      }
    } catch {
      guard case .missing = error, let archive = entry.archiveFile,
        let packed = try? choose(archive, of: entry, among: below, in: folder)
      else { throw error }
      copies = [packed]
    }
    // Nothing is written before all files are known to be there and right.
    try entry.wrap { () throws(FileError) in try Folder.make(target) }
    for (source, variant) in copies {
      let final = target.appendingPathComponent(variant.name)
      if (try? Digest.sha256(file: final)) == variant.sha256 { continue }
      try entry.wrap { () throws(FileError) in
        try Folder.make(final.deletingLastPathComponent())
        try AtomicFile.write(try Bytes.read(source, limit: variant.bytes), to: final)
      }
    }
    return try locate(name)
  }

  /// The first file of a fitting name whose SHA-256 is right.
  private func choose(
    _ file: Catalogue.File, of entry: Catalogue.Entry, among names: [String], in folder: URL
  ) throws(DataError) -> (from: URL, variant: Catalogue.Variant) {
    var wrong: FileError?
    for variant in file.variants {
      for name in names where name == variant.name || name.hasSuffix("/" + variant.name) {
        let url = folder.appendingPathComponent(name)
        let digest = try entry.wrap { () throws(FileError) in try Digest.sha256(file: url) }
        if digest == variant.sha256 { return (url, variant) }
        let bytes = try entry.wrap { () throws(FileError) in try FileStatus.of(url)?.bytes ?? 0 }
        guard wrong == nil else { continue }
        if bytes == variant.bytes {
          wrong = FileError(
            .wrongHash, path: url.path, expected: "SHA-256 \(variant.sha256)", found: "\(digest)")
        } else {
          wrong = FileError(
            bytes < variant.bytes ? .truncated : .oversized, path: url.path,
            at: .byte(min(bytes, variant.bytes)), expected: "\(variant.bytes) bytes",
            found: "\(bytes)")
        }
      }
    }
    if let wrong { throw .file(dataset: entry.name, wrong) }
    throw .missing(
      dataset: entry.name, file: file.variants[0].name, places: [folder.path],
      package: entry.package?.apt, fetchable: file.variants.contains { !$0.urls.isEmpty })
  }
}
