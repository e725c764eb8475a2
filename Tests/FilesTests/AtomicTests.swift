import Files
import Foundation
import Testing

@Suite struct AtomicTests {
  @Test func replacesAFileAndLeavesNothingElse() throws {
    try withFolder { folder in
      let url = folder.appendingPathComponent("a.txt")
      try AtomicFile.write("one", to: url)
      try AtomicFile.write("two", to: url)
      #expect(try Bytes.read(url) == Array("two".utf8))
      #expect(try Folder.names(in: folder) == ["a.txt"])
    }
  }

  @Test func namesTheDestinationThatCannotBe() throws {
    try withFolder { folder in
      let url = folder.appendingPathComponent("missing/a.txt")
      let line = message { () throws(FileError) in try AtomicFile.write("x", to: url) }
      #expect(line == "\(url.path): expected to create, found No such file or directory")
      let taken = folder.appendingPathComponent("taken")
      try Folder.make(taken.appendingPathComponent("inner"))
      #expect(throws: FileError.self) { try AtomicFile.write("x", to: taken) }
      #expect(try Folder.names(in: folder) == ["taken"])
    }
  }

  @Test func fullDiskIsToldApart() {
    // Linux's /dev/full refuses every write as a full disk would; a temporary cannot stand there, so
    // that the error is made from its number.
    let full = FileError(errno: ENOSPC, path: "/disk/a", action: "write")
    #expect(full.kind == .noSpace)
    #expect(full.description == "/disk/a: expected to write, found No space left on device")
    #expect(FileError(errno: EDQUOT, path: "a", action: "write").kind == .noSpace)
    #expect(FileError(errno: EROFS, path: "a", action: "create").kind == .readOnly)
    #expect(FileError(errno: EACCES, path: "a", action: "create").kind == .readOnly)
    #expect(FileError(errno: EACCES, path: "a", action: "open for reading").kind == .unreadable)
    #expect(FileError(errno: EIO, path: "a", action: "write").kind == .io(errno: EIO))
  }

  @Test func readOnlyFolder() throws {
    // A folder that root, too, cannot write to.
    let line = message { () throws(FileError) in
      try AtomicFile.write("x", to: URL(fileURLWithPath: "/proc/self/x"))
    }
    #expect(line?.hasPrefix("/proc/self/x: expected to create, found ") == true)
  }

  @Test func commitsAFolderOnce() throws {
    try withFolder { folder in
      let final = folder.appendingPathComponent("trial")
      let first = try TemporaryName.makeFolder(beside: final)
      try Folder.make(first.appendingPathComponent("inner"))
      try AtomicFile.write("1", to: first.appendingPathComponent("inner/value"))
      let second = try TemporaryName.makeFolder(beside: final)
      try AtomicFile.write("2", to: second.appendingPathComponent("value"))
      #expect(try AtomicFolder.commit(from: first, to: final) == .committed)
      #expect(try AtomicFolder.commit(from: second, to: final) == .alreadyThere)
      #expect(try Folder.files(below: final) == ["inner/value"])
      #expect(try Bytes.read(final.appendingPathComponent("inner/value")) == Array("1".utf8))
      #expect(try Folder.names(in: second) == ["value"])
    }
  }

  @Test func sweepsOnlyWhatDeadProcessesLeft() throws {
    try withFolder { folder in
      let alive = try TemporaryName.makeFolder(beside: folder.appendingPathComponent("b"))
      // No process has the largest number there is.
      let dead = ".a.csv.2147483646-k3.tmp"
      try AtomicFile.write("x", to: folder.appendingPathComponent(dead))
      try AtomicFile.write("x", to: folder.appendingPathComponent(".notes.tmp"))
      try AtomicFile.write("x", to: folder.appendingPathComponent("a.csv"))
      #expect(try TemporaryName.sweep(folder, olderThan: 3600) == [])
      #expect(try TemporaryName.sweep(folder) == [dead])
      #expect(
        try Set(Folder.names(in: folder)) == [alive.lastPathComponent, ".notes.tmp", "a.csv"])
    }
  }

  @Test func errorsStayOnOneLine() {
    let error = FileError(.malformed, path: "a", expected: "b\nc", found: "\u{1B}[2Jd")
    #expect(error.description == "a: expected b\u{FFFD}c, found \u{FFFD}[2Jd")
    let long = FileError(
      .malformed, path: "a", expected: "b", found: String(repeating: "x", count: 5000))
    #expect(long.description.count == 1001)
    let line = FileError(.malformed, path: "a", at: .line(3, column: 4), expected: "b", found: "c")
    #expect(line.description == "a: line 3, column 4: expected b, found c")
  }
}
