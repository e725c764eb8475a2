import Files
import Foundation
import Testing

@Suite struct FolderTests {
  @Test func namesWhatIsNoFolder() throws {
    try withFolder { folder in
      let none = folder.appendingPathComponent("none")
      let file = folder.appendingPathComponent("file")
      try AtomicFile.write("x", to: file)
      #expect(
        message { () throws(FileError) in _ = try Folder.names(in: none) }
          == "\(none.path): expected a folder, found nothing")
      #expect(
        message { () throws(FileError) in _ = try Folder.files(below: none) }
          == "\(none.path): expected a folder, found nothing")
      #expect(
        message { () throws(FileError) in _ = try Folder.files(below: file) }
          == "\(file.path): expected a folder, found a file")
      #expect(
        message { () throws(FileError) in try Folder.make(file) }
          == "\(file.path): expected a folder, found a file")
      #expect(
        message { () throws(FileError) in try Folder.make(file.appendingPathComponent("a")) }
          == "\(file.path): expected a folder, found a file")
      try Folder.make(folder.appendingPathComponent("a/b/c"))
      try Folder.make(folder.appendingPathComponent("a/b/c"))
      try AtomicFile.write("x", to: folder.appendingPathComponent("a/b/c/d"))
      #expect(try Folder.files(below: folder) == ["a/b/c/d", "file"])
    }
  }
}
