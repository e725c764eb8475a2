import Foundation

/// Anything the outside world did to a file: what it is about, where, what was expected, what was found.
///
/// `description` is one line, such as
/// `train-images-idx3-ubyte.gz: at byte 0: expected magic 2051, found 1234`.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, coarse enough to choose an exit code by.
  public enum Kind: Hashable, Sendable {
    /// Nothing is there.
    case missing
    /// It is there and cannot be opened or read.
    case unreadable
    /// The first bytes say that it is something else.
    case wrongMagic
    /// It ends before its own header says so.
    case truncated
    /// It goes on after its own header says it ends, or passes a stated limit.
    case oversized
    /// Its SHA-256 is not the recorded one.
    case wrongHash
    /// It breaks the rules of its format.
    case malformed
    /// It keeps the rules and uses a part of the format that is not read here.
    case unsupported
    /// The destination is taken.
    case exists
    /// The disk or the quota is full.
    case noSpace
    /// The folder or the file system may not be written to.
    case readOnly
    /// Any other system call that failed.
    case io(errno: Int32)
  }

  /// Where in the file.
  public enum Place: Hashable, Sendable {
    /// The file as a whole.
    case whole
    /// Offset in bytes from the start.
    case byte(Int)
    /// Line, and column where it is known, both counted from 1.
    case line(Int, column: Int? = nil)
    /// Row of a table, and column where it is one entry; of which table where there are several. All are counted from 0.
    case row(Int, column: Int? = nil, member: Int? = nil)
    /// An entry of a structured text, in words that name it.
    case entry(String)
  }

  /// What went wrong.
  public var kind: Kind
  /// The file, as the caller named it.
  public var path: String
  /// Where in the file.
  public var place: Place
  /// What should have been there.
  public var expected: String
  /// What was there.
  public var found: String

  /// An error about `path`.
  public init(
    _ kind: Kind, path: String, at place: Place = .whole, expected: String, found: String
  ) {
    self.kind = kind
    self.path = path
    self.place = place
    self.expected = expected
    self.found = found
  }

  /// One line: name, place, expected, found. Errors of the file system give the whole path, errors of content the name.
  public var description: String {
    let name: String
    switch kind {
    case .missing, .unreadable, .exists, .noSpace, .readOnly, .io: name = path
    default: name = path.split(separator: "/").last.map(String.init) ?? path
    }
    let at: String
    switch place {
    case .whole: at = ""
    case .byte(let offset): at = "at byte \(offset): "
    case .line(let line, nil): at = "line \(line): "
    case .line(let line, let column?): at = "line \(line), column \(column): "
    case .entry(let name): at = "\(name): "
    case .row(let row, let column, let member):
      at =
        (member.map { "member \($0), " } ?? "") + "row \(row)"
        + (column.map { ", column \($0)" } ?? "") + ": "
    }
    return FileError.oneLine("\(name): \(at)expected \(expected), found \(found)")
  }

  /// The error a failed system call stands for.
  ///
  /// - Parameter action: what was being done, as in "open for reading".
  public init(errno code: Int32, path: String, action: String) {
    let kind: Kind
    switch code {
    case ENOENT, ENOTDIR: kind = .missing
    case ENOSPC, EDQUOT: kind = .noSpace
    case EROFS: kind = .readOnly
    case EACCES, EPERM: kind = action.hasSuffix("reading") ? .unreadable : .readOnly
    case EISDIR where action.hasSuffix("reading"): kind = .unreadable
    case EEXIST, ENOTEMPTY: kind = .exists
    default: kind = .io(errno: code)
    }
    self.init(kind, path: path, expected: "to \(action)", found: Posix.message(code))
  }

  /// Hostile names and values must not break the one line, nor fill the screen.
  static func oneLine(_ text: String) -> String {
    var line = ""
    var count = 0
    for scalar in text.unicodeScalars {
      if count == 1000 { return line + "…" }
      let control = scalar.value < 32 || scalar.value == 127
      line.unicodeScalars.append(control ? "\u{FFFD}" : scalar)
      count += 1
    }
    return line
  }
}

extension FileError: LocalizedError {
  /// The same one line.
  public var errorDescription: String? { description }
}
