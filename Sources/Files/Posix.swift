import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The one place that calls libc: descriptors, `fsync`, `rename`.
///
/// Foundation has no `fsync`, and its atomic write does not sync the folder.
enum Posix {
  /// The system's words for an error number.
  static func message(_ code: Int32) -> String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }

  /// Renames, replacing a file that is there.
  static func rename(_ old: String, _ new: String) throws(FileError) {
    #if canImport(Glibc)
      let result = Glibc.rename(old, new)
    #elseif canImport(Musl)
      let result = Musl.rename(old, new)
    #else
      let result = Darwin.rename(old, new)
    #endif
    if result != 0 {
      throw FileError(errno: errno, path: new, action: "rename a temporary to this name")
    }
  }

  /// Removes a file; nothing happens if it is not there.
  static func remove(_ path: String) {
    _ = unlink(path)
  }

  /// Makes a folder that must not exist yet.
  static func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o777) != 0 {
      throw FileError(errno: errno, path: path, action: "make a folder")
    }
  }

  /// Flushes a folder's entries, so that a rename in it survives a power loss.
  static func syncFolder(_ path: String) throws(FileError) {
    let descriptor = try Descriptor(opening: path, flags: O_RDONLY | O_DIRECTORY, action: "sync")
    try descriptor.sync()
  }

  /// What `stat` tells of a file; `nil` if nothing is there.
  static func status(_ path: String) throws(FileError) -> FileStatus? {
    var buffer = stat()
    if stat(path, &buffer) != 0 {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw FileError(errno: errno, path: path, action: "look at for reading")
    }
    #if canImport(Darwin)
      let time = buffer.st_mtimespec
    #else
      let time = buffer.st_mtim
    #endif
    return FileStatus(
      bytes: Int(buffer.st_size),
      modifiedNanoseconds: Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec),
      isFolder: buffer.st_mode & S_IFMT == S_IFDIR,
      isRegular: buffer.st_mode & S_IFMT == S_IFREG)
  }

  /// Whether a process of this number runs on this machine.
  static func isAlive(_ process: Int32) -> Bool {
    kill(process, 0) == 0 || errno == EPERM
  }
}

/// Size, time and kind of a file.
public struct FileStatus: Hashable, Sendable {
  /// Length in bytes.
  public var bytes: Int
  /// Time of last change, nanoseconds since 1970.
  public var modifiedNanoseconds: Int
  /// A folder.
  public var isFolder: Bool
  /// An ordinary file.
  public var isRegular: Bool

  /// What stands at `url`, following links; `nil` if nothing does.
  public static func of(_ url: URL) throws(FileError) -> FileStatus? {
    try Posix.status(url.path)
  }
}

/// An open file that closes itself.
struct Descriptor: ~Copyable {
  private let number: Int32
  private let path: String

  init(opening path: String, flags: Int32, action: String) throws(FileError) {
    // Swift's String would pass only what stands before a zero byte: another file than the one named.
    if path.utf8.contains(0) {
      throw FileError(.malformed, path: path, expected: "a file name", found: "a zero byte in it")
    }
    let opened = open(path, flags | O_CLOEXEC, 0o666)
    if opened < 0 { throw FileError(errno: errno, path: path, action: action) }
    number = opened
    self.path = path
  }

  deinit { close(number) }

  static func reading(_ path: String) throws(FileError) -> Descriptor {
    // Non-blocking, so that a pipe in the place of a file cannot hang the program.
    let file = try Descriptor(
      opening: path, flags: O_RDONLY | O_NONBLOCK, action: "open for reading")
    guard let status = try Posix.status(path), status.isRegular else {
      throw FileError(
        .unreadable, path: path, expected: "an ordinary file", found: "a folder or device")
    }
    return file
  }

  static func creating(_ path: String) throws(FileError) -> Descriptor {
    try Descriptor(opening: path, flags: O_WRONLY | O_CREAT | O_EXCL, action: "create")
  }

  /// A file that is written at its end, locked against other processes until it closes.
  static func appending(_ path: String) throws(FileError) -> Descriptor {
    let file = try Descriptor(
      opening: path, flags: O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, action: "open to append")
    try file.lock()
    // Between opening and locking another process may have finished this very file and renamed it.
    var opened = stat()
    var named = stat()
    guard fstat(file.number, &opened) == 0, stat(path, &named) == 0, opened.st_ino == named.st_ino
    else {
      throw FileError(
        .exists, path: path, expected: "to be the only one to write it", found: "another process")
    }
    return file
  }

  /// Up to `count` bytes; empty at the end of the file.
  func read(_ count: Int) throws(FileError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while true {
        #if canImport(Glibc)
          let got = Glibc.read(number, buffer.baseAddress, count)
        #elseif canImport(Musl)
          let got = Musl.read(number, buffer.baseAddress, count)
        #else
          let got = Darwin.read(number, buffer.baseAddress, count)
        #endif
        if got < 0 && errno == EINTR { continue }
        if got < 0 { code = errno }
        filled = max(0, got)
        return
      }
    }
    if code != 0 { throw FileError(errno: code, path: path, action: "continue reading") }
    return bytes
  }

  func write(_ bytes: [UInt8]) throws(FileError) {
    let code: Int32 = bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        #if canImport(Glibc)
          let put = Glibc.write(number, buffer.baseAddress! + done, buffer.count - done)
        #elseif canImport(Musl)
          let put = Musl.write(number, buffer.baseAddress! + done, buffer.count - done)
        #else
          let put = Darwin.write(number, buffer.baseAddress! + done, buffer.count - done)
        #endif
        if put < 0 && errno == EINTR { continue }
        if put < 0 { return errno }
        done += put
      }
      return 0
    }
    if code != 0 { throw FileError(errno: code, path: path, action: "write") }
  }

  /// Takes the file for this process alone.
  func lock() throws(FileError) {
    if flock(number, LOCK_EX | LOCK_NB) != 0 {
      let code = errno
      if code == EWOULDBLOCK {
        throw FileError(
          .exists, path: path, expected: "to be the only one to write it", found: "another process")
      }
      throw FileError(errno: code, path: path, action: "lock")
    }
  }

  func truncate() throws(FileError) {
    if ftruncate(number, 0) != 0 {
      throw FileError(errno: errno, path: path, action: "empty")
    }
  }

  func sync() throws(FileError) {
    if fsync(number) != 0 {
      // Some file systems cannot sync a folder; that they refuse is no loss of data of ours.
      if errno == EINVAL { return }
      throw FileError(errno: errno, path: path, action: "sync")
    }
  }
}
