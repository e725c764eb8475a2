import Foundation

/// Files that are there whole or not at all.
///
/// A temporary in the same folder is written, synced and renamed over the destination; then the folder is
/// synced, so that the file is there after a power loss once `write` has returned.
public enum AtomicFile {
  /// Writes bytes, replacing a file that is there.
  ///
  /// - Throws: `FileError`: `missing` (no such folder), `noSpace`, `readOnly`, `io`. Nothing half-written stays.
  public static func write(_ bytes: [UInt8], to url: URL) throws(FileError) {
    let temporary = TemporaryName.beside(url)
    do throws(FileError) {
      try writeTemporary(bytes, temporary)
      try Posix.rename(temporary, url.path)
    } catch {
      Posix.remove(temporary)
      // The reader knows the destination, not our temporary.
      var told = error
      told.path = url.path
      throw told
    }
    try Posix.syncFolder(url.deletingLastPathComponent().path)
  }

  private static func writeTemporary(_ bytes: [UInt8], _ path: String) throws(FileError) {
    let file = try Descriptor.creating(path)
    try file.write(bytes)
    try file.sync()
  }

  /// Writes a text in UTF-8, replacing a file that is there.
  public static func write(_ text: String, to url: URL) throws(FileError) {
    try write(Array(text.utf8), to: url)
  }
}

/// Names of temporaries: `.<name>.<process>-<random>.tmp`, so that what a dead process left can be told and swept.
public enum TemporaryName {
  private static let suffix = ".tmp"

  /// A new name beside `url`.
  static func beside(_ url: URL) -> String {
    let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let process = ProcessInfo.processInfo.processIdentifier
    return url.deletingLastPathComponent().path + "/."
      + url.lastPathComponent + ".\(process)-\(random)" + suffix
  }

  /// A new folder beside `url`, to be filled and then committed to `url` with `AtomicFolder.commit`.
  ///
  /// - Throws: `FileError`: `missing`, `noSpace`, `readOnly`, `io`.
  public static func makeFolder(beside url: URL) throws(FileError) -> URL {
    let path = beside(url)
    try Posix.makeFolder(path)
    return URL(fileURLWithPath: path, isDirectory: true)
  }

  /// The process that made a temporary of this name; `nil` if the name is not a temporary's.
  static func process(of name: String) -> Int32? {
    guard name.hasPrefix("."), name.hasSuffix(suffix) else { return nil }
    guard let tail = name.dropLast(suffix.count).split(separator: ".").last else { return nil }
    let parts = tail.split(separator: "-")
    guard parts.count == 2, let process = Int32(parts[0]), process > 0 else { return nil }
    return process
  }

  /// Removes temporaries, files and folders, of processes that no longer run on this machine.
  ///
  /// - Parameter age: seconds since the last change below which nothing is touched (a folder shared by several
  ///   machines holds temporaries of processes that cannot be looked up here).
  /// - Returns: the names removed, sorted.
  /// - Throws: `FileError`: `missing`, `unreadable`.
  @discardableResult
  public static func sweep(_ folder: URL, olderThan age: Double = 0) throws(FileError) -> [String] {
    var removed: [String] = []
    for name in try Folder.names(in: folder) {
      guard let process = process(of: name), !Posix.isAlive(process) else { continue }
      let url = folder.appendingPathComponent(name)
      guard let status = try FileStatus.of(url) else { continue }
      let seconds = Date().timeIntervalSince1970 - Double(status.modifiedNanoseconds) / 1e9
      if seconds < age { continue }
      if (try? FileManager.default.removeItem(at: url)) != nil { removed.append(name) }
    }
    return removed
  }
}

/// What a folder holds.
public enum Folder {
  /// Names of everything directly in a folder, sorted by bytes.
  ///
  /// - Throws: `FileError`: `missing`, `unreadable`.
  public static func names(in folder: URL) throws(FileError) -> [String] {
    guard let status = try FileStatus.of(folder) else {
      throw FileError(.missing, path: folder.path, expected: "a folder", found: "nothing")
    }
    guard status.isFolder else {
      throw FileError(.unreadable, path: folder.path, expected: "a folder", found: "a file")
    }
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw FileError(
        .unreadable, path: folder.path, expected: "to list the folder", found: "\(error)")
    }
  }

  /// Paths, relative to `folder`, of all files below it, sorted by bytes.
  ///
  /// - Throws: `FileError`: `missing`, `unreadable`.
  public static func files(below folder: URL) throws(FileError) -> [String] {
    var found: [String] = []
    for name in try names(in: folder) {
      let url = folder.appendingPathComponent(name)
      if try FileStatus.of(url)?.isFolder == true {
        for inner in try files(below: url) { found.append(name + "/" + inner) }
      } else {
        found.append(name)
      }
    }
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Makes a folder and those above it, where they are missing.
  ///
  /// - Throws: `FileError`: `noSpace`, `readOnly`, `io`.
  public static func make(_ folder: URL) throws(FileError) {
    if let status = try FileStatus.of(folder) {
      if status.isFolder { return }
      throw FileError(.exists, path: folder.path, expected: "a folder", found: "a file")
    }
    let parent = folder.standardizedFileURL.deletingLastPathComponent()
    if parent.path != folder.standardizedFileURL.path { try make(parent) }
    do throws(FileError) {
      try Posix.makeFolder(folder.path)
    } catch {
      // Another process may have made it meanwhile.
      if error.kind != .exists { throw error }
    }
  }
}
