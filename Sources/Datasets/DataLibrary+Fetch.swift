import Files
import Foundation

extension DataLibrary {
  /// How far a fetch is.
  public struct Progress: Sendable, Hashable {
    /// The file on its way.
    public var file: String
    /// Bytes of it that are here.
    public var received: Int
    /// Bytes it has.
    public var total: Int
    /// Where it comes from.
    public var source: URL
  }

  /// Downloads what a set lacks into the library's home.
  ///
  /// Each file goes to `<name>.part`, which is locked, continued by a range request after an interruption, and
  /// renamed only once length and SHA-256 are right. Mirrors are tried in order.
  ///
  /// - Parameters:
  ///   - progress: called as bytes arrive, from another thread.
  ///   - patience: seconds without a byte after which a mirror is given up.
  /// - Returns: where the set stands now.
  /// - Throws: `DataError`: `unknown`, `notFetchable`, `download`, `file` (cannot be written).
  @discardableResult
  public func fetch(
    _ name: String, patience: Double = 30,
    progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) throws(DataError) -> Location {
    let entry = try catalogue.entry(name)
    let target = home.appendingPathComponent(name, isDirectory: true)
    // What upstream passes on in one piece is fetched in one piece, unless its files are here.
    var files = entry.files
    if let archive = entry.archiveFile {
      for file in entry.files where try !isHere(file, in: target) { files = [archive] }
    }
    for file in files {
      if try isHere(file, in: target) { continue }
      guard let variant = file.variants.first(where: { !$0.urls.isEmpty }) else {
        throw .notFetchable(dataset: name)
      }
      try entry.wrap { () throws(FileError) in try Folder.make(target) }
      let final = target.appendingPathComponent(variant.name)
      try fetch(variant, to: final, of: entry, patience: patience, progress: progress)
    }
    return try locate(name)
  }

  /// Whether a right variant of a file stands in a folder.
  private func isHere(_ file: Catalogue.File, in folder: URL) throws(DataError) -> Bool {
    file.variants.contains {
      (try? Digest.sha256(file: folder.appendingPathComponent($0.name))) == $0.sha256
    }
  }

  private func fetch(
    _ variant: Catalogue.Variant, to final: URL, of entry: Catalogue.Entry, patience: Double,
    progress: @escaping @Sendable (Progress) -> Void
  ) throws(DataError) {
    let part = try entry.wrap { () throws(FileError) in try PartFile(of: final) }
    var reasons: [String] = []
    for url in variant.urls {
      // What an earlier run left may be of another file: if it does not fit, begin again, once per mirror.
      var mayBeginAgain = part.count > 0
      var before = -1
      // A mirror that breaks off is asked again for the rest, as long as each try brings something.
      while part.count > before {
        if part.count > variant.bytes {
          try entry.wrap { () throws(FileError) in try part.restart() }
        }
        before = part.count
        if part.count < variant.bytes {
          let outcome = Download(
            url, into: part, length: variant.bytes, patience: patience,
            progress: { received in
              progress(
                Progress(
                  file: variant.name, received: received, total: variant.bytes, source: url))
            }
          ).run()
          switch outcome {
          case .finished: break
          case .stopped(let reason): reasons.append("\(url.host ?? url.path): \(reason)")
          case .disk(let error): throw .file(dataset: entry.name, error)
          }
        }
        if part.count == variant.bytes {
          let digest = try entry.wrap { () throws(FileError) in try Digest.sha256(file: part.url) }
          if digest == variant.sha256 {
            try entry.wrap { () throws(FileError) in try part.commit(to: final) }
            return
          }
          reasons.append(
            "\(url.host ?? url.path): expected SHA-256 \(variant.sha256), found \(digest)")
          try entry.wrap { () throws(FileError) in try part.restart() }
        }
        if part.count == 0 && mayBeginAgain {
          mayBeginAgain = false
          before = -1
        }
      }
    }
    if part.count == 0 { part.discard() }
    throw .download(dataset: entry.name, file: variant.name, reasons: reasons)
  }
}
