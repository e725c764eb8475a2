import Files
import Foundation
import Synchronization

/// Digests of files seen in this process, by path, length and time of change.
///
/// A class because all copies of a library share it; nothing is written to disk, so that every process
/// checks what it reads.
final class VerifiedFiles: Sendable {
  private struct Seen: Hashable {
    var path: String
    var status: FileStatus
  }

  private let digests = Mutex<[Seen: Digest]>([:])

  /// The digest of a file, read anew only if it changed.
  ///
  /// - Parameter bytes: its content, where it has been read already; then this is what counts.
  func digest(of url: URL, bytes: [UInt8]? = nil) throws(FileError) -> Digest {
    guard let status = try FileStatus.of(url) else {
      throw FileError(.missing, path: url.path, expected: "a file", found: "nothing")
    }
    let seen = Seen(path: url.path, status: status)
    if let bytes {
      let digest = Digest.sha256(of: bytes)
      digests.withLock { $0[seen] = digest }
      return digest
    }
    if let known = digests.withLock({ $0[seen] }) { return known }
    let digest = try Digest.sha256(file: url)
    digests.withLock { $0[seen] = digest }
    return digest
  }
}
