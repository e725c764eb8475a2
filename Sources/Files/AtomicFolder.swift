import Foundation

/// Folders that are there whole or not at all.
public enum AtomicFolder {
  /// What became of a commit.
  public enum Outcome: Hashable, Sendable {
    /// The folder is now at the destination.
    case committed
    /// The destination was there already and is untouched; so is the temporary.
    case alreadyThere
  }

  /// Moves a finished temporary folder to its final name, durably.
  ///
  /// Every file and folder below `temporary` is synced, then it is renamed, then the parent is synced. Of two
  /// processes that commit to the same name one wins and the other gets `alreadyThere`.
  ///
  /// - Throws: `FileError`: `missing`, `noSpace`, `readOnly`, `io`.
  public static func commit(from temporary: URL, to final: URL) throws(FileError) -> Outcome {
    try sync(temporary)
    // A rename onto an empty folder would succeed; one onto a filled folder fails by itself.
    if try FileStatus.of(final) != nil { return .alreadyThere }
    do throws(FileError) {
      try Posix.rename(temporary.path, final.path)
    } catch {
      if error.kind == .exists { return .alreadyThere }
      throw error
    }
    try Posix.syncFolder(final.deletingLastPathComponent().path)
    return .committed
  }

  /// Syncs everything below a folder, files before the folders that hold them.
  private static func sync(_ folder: URL) throws(FileError) {
    for name in try Folder.names(in: folder) {
      let url = folder.appendingPathComponent(name)
      if try FileStatus.of(url)?.isFolder == true {
        try sync(url)
      } else {
        let file = try Descriptor.reading(url.path)
        try file.sync()
      }
    }
    try Posix.syncFolder(folder.path)
  }
}
