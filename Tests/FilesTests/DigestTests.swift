import Files
import Foundation
import Testing

@Suite struct DigestTests {
  // FIPS 180-2, appendix B.
  @Test(arguments: [
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func knownAnswers(text: String, hex: String) throws {
    #expect(Digest.sha256(of: text).hex == hex)
    try withFolder { folder in
      let url = folder.appendingPathComponent("a")
      try AtomicFile.write(text, to: url)
      #expect(try Digest.sha256(file: url).hex == hex)
    }
  }

  @Test func streamsInPieces() {
    var stream = Digest.Stream()
    for _ in 0..<1000 { stream.update([UInt8](repeating: 97, count: 1000)) }
    // FIPS 180-2: one million times "a".
    #expect(
      stream.digest.hex == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func canBeReadBetweenPieces() {
    var stream = Digest.Stream()
    stream.update(Array("abc".utf8))
    #expect(stream.digest == Digest.sha256(of: "abc"))
    var other = stream
    other.update(Array("d".utf8))
    stream.update([])
    #expect(stream.digest == Digest.sha256(of: "abc"))
    #expect(other.digest == Digest.sha256(of: "abcd"))
  }

  @Test func readsAndWritesHexadecimal() throws {
    let digest = Digest.sha256(of: "abc")
    #expect(Digest(hex: digest.hex.uppercased()) == digest)
    #expect(Digest(hex: "abc") == nil)
    #expect(Digest(hex: String(repeating: "g", count: 64)) == nil)
    let json = try JSONEncoder().encode([digest])
    #expect(try JSONDecoder().decode([Digest].self, from: json) == [digest])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Digest].self, from: Data("[\"12\"]".utf8))
    }
  }

  @Test func namesWhatIsNotThere() {
    let line = message { () throws(FileError) in
      _ = try Digest.sha256(file: URL(fileURLWithPath: "/nowhere/x"))
    }
    #expect(line == "/nowhere/x: expected to open for reading, found No such file or directory")
    let folder = message { () throws(FileError) in
      _ = try Digest.sha256(file: URL(fileURLWithPath: "/"))
    }
    #expect(folder == "/: expected an ordinary file, found a folder or device")
  }
}
