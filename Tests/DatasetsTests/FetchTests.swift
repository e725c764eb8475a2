import Datasets
import Files
import Foundation
import Synchronization
import Testing

@Suite(.serialized) struct FetchTests {
  /// A set whose file of images does not compress: 60,000 bytes to cut in pieces.
  static let toy: Toy = {
    var numbers = Numbers(state: 5)
    let pixels = (0..<60_000).map { _ in UInt8.random(in: 0...255, using: &numbers) }
    return Toy(images: idx([2051, 6, 100, 100], pixels))
  }()

  /// Fetches images from servers that answer in these ways (labels from a file); gives the library and the requests.
  func fetch(
    in folder: URL, part: [UInt8]? = nil, patience: Double = 5,
    progress: @escaping @Sendable (DataLibrary.Progress) -> Void = { _ in },
    _ answers: [@Sendable (Server.Request) -> [UInt8]]
  ) throws -> (error: String?, requests: [[Server.Request]]) {
    var toy = FetchTests.toy
    let servers = answers.map { Server($0) }
    defer { servers.forEach { $0.stop() } }
    toy.imageURLs = servers.map { "http://127.0.0.1:\($0.port)/images.gz" }
    let labels = folder.appendingPathComponent("source-labels")
    try AtomicFile.write(toy.labels, to: labels)
    toy.labelURLs = [labels.absoluteString]
    let home = folder.appendingPathComponent("home")
    if let part {
      try Folder.make(home.appendingPathComponent("toy"))
      try AtomicFile.write(part, to: home.appendingPathComponent("toy/images.gz.part"))
    }
    let library = DataLibrary(catalogue: try toy.catalogue(), directory: home, environment: [:])
    let error = message { try library.fetch("toy", patience: patience, progress: progress) }
    let names = try Folder.names(in: home.appendingPathComponent("toy"))
    if error == nil {
      #expect(names == ["images.gz", "labels"])
      #expect(try library.verify("toy").count == 2)
    } else {
      #expect(!names.contains("images.gz"), "the final name never holds a bad file")
    }
    return (error, servers.map(\.requests))
  }

  var packed: [UInt8] { FetchTests.toy.packedImages }

  @Test func fetchesAndReportsProgress() throws {
    let packed = packed
    try withFolder { folder in
      let state = Progressed()
      let (error, requests) = try fetch(
        in: folder, progress: { if $0.file == "images.gz" { state.set($0.received) } },
        [{ Server.file(packed, $0) }])
      #expect(error == nil && requests[0].count == 1)
      #expect(state.value == packed.count)
    }
  }

  final class Progressed: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func set(_ value: Int) { number.withLock { $0 = value } }
  }

  @Test func continuesWhatWasInterrupted() throws {
    let packed = packed
    try withFolder { folder in
      let (error, requests) = try fetch(
        in: folder, part: Array(packed.prefix(20_000)), [{ Server.file(packed, $0) }])
      #expect(error == nil)
      #expect(requests[0].map(\.start) == [20_000])
    }
  }

  @Test func asksAgainForTheRestWhenCutOff() throws {
    let packed = packed
    try withFolder { folder in
      let (error, requests) = try fetch(
        in: folder, [{ Server.file(packed, $0, sent: 25_000) }])
      #expect(error == nil)
      #expect(requests[0].map(\.start) == [nil, 25_000, 50_000])
    }
  }

  @Test func beginsAgainWhenThePartIsOfAnotherFile() throws {
    let packed = packed
    try withFolder { folder in
      let wrong = [UInt8](repeating: 7, count: 1000)
      let (error, requests) = try fetch(in: folder, part: wrong, [{ Server.file(packed, $0) }])
      #expect(error == nil)
      #expect(requests[0].map(\.start) == [1000, nil])
    }
    try withFolder { folder in
      let long = [UInt8](repeating: 7, count: packed.count + 5)
      let (error, requests) = try fetch(in: folder, part: long, [{ Server.file(packed, $0) }])
      #expect(error == nil && requests[0].map(\.start) == [nil])
    }
    try withFolder { folder in
      let (error, requests) = try fetch(in: folder, part: packed, [{ Server.file(packed, $0) }])
      #expect(error == nil && requests[0].isEmpty, "a finished part only lacks its name")
    }
  }

  @Test func acceptsAServerThatIgnoresRanges() throws {
    let packed = packed
    try withFolder { folder in
      let (error, _) = try fetch(
        in: folder, part: Array(packed.prefix(9_000)), [{ _ in Server.answer("200 OK", packed) }])
      #expect(error == nil)
    }
  }

  @Test func distrustsAWrongRange() throws {
    let packed = packed
    try withFolder { folder in
      let (error, requests) = try fetch(in: folder, part: Array(packed.prefix(9_000))) { request in
        if request.start == nil { return Server.file(packed, request) }
        return Server.answer(
          "206 Partial Content", Array(packed[5000...]),
          headers: ["Content-Range: bytes 5000-\(packed.count - 1)/\(packed.count)"])
      }
      #expect(error == nil)
      #expect(requests[0].map(\.start) == [9000, nil])
    }
  }

  func fetch(
    in folder: URL, part: [UInt8]? = nil, _ answer: @escaping @Sendable (Server.Request) -> [UInt8]
  ) throws -> (error: String?, requests: [[Server.Request]]) {
    try fetch(in: folder, part: part, [answer])
  }

  @Test func triesTheNextMirror() throws {
    let packed = packed
    try withFolder { folder in
      let (error, requests) = try fetch(
        in: folder,
        [
          { _ in Server.answer("404 Not Found", Array("<html>".utf8)) },
          { _ in Server.answer("200 OK", [UInt8](repeating: 1, count: packed.count)) },
          { Server.file(packed, $0) },
        ])
      #expect(error == nil)
      #expect(requests.map(\.count) == [1, 1, 1])
    }
  }

  @Test func saysWhatEachMirrorSaid() throws {
    let packed = packed
    let wrong = [UInt8](repeating: 1, count: packed.count)
    try withFolder { folder in
      let (error, _) = try fetch(
        in: folder,
        [
          { _ in Server.answer("404 Not Found", []) },
          { _ in Server.answer("200 OK", wrong) },
          { _ in Server.answer("200 OK", packed + [0]) },
          { _ in Server.answer("200 OK", Array("<html>".utf8)) },
        ])
      #expect(
        error == "toy: expected to fetch images.gz, found 127.0.0.1: HTTP status 404; "
          + "127.0.0.1: expected SHA-256 \(Digest.sha256(of: packed)), found \(Digest.sha256(of: wrong)); "
          + "127.0.0.1: more than \(packed.count) bytes; 127.0.0.1: the end after 6 bytes; "
          + "127.0.0.1: the end after 6 bytes")
    }
  }

  @Test func givesUpOnASilentServer() throws {
    try withFolder { folder in
      let started = Date()
      let (error, _) = try fetch(
        in: folder, patience: 1,
        [
          { _ in
            Thread.sleep(forTimeInterval: 3)
            return []
          }
        ])
      #expect(error?.hasPrefix("toy: expected to fetch images.gz, found 127.0.0.1: ") == true)
      #expect(Date().timeIntervalSince(started) < 10)
    }
  }

  @Test func aSetWithoutURLsIsNotFetched() throws {
    try withFolder { folder in
      let library = DataLibrary(
        catalogue: try Toy().catalogue(), directory: folder, environment: [:])
      #expect(
        message { try library.fetch("toy") }
          == "toy: expected a URL in the catalogue, found none; get it with: bench data import toy <folder>"
      )
      let embeddedSet = try DataLibrary(
        embedded: embedded, directory: embedded, environment: [:])
      #expect(try embeddedSet.fetch("fashion-mnist-mini").files.count == 4)
    }
  }

  @Test func onlyOneProcessWritesAPart() throws {
    try withFolder { folder in
      let final = folder.appendingPathComponent("a")
      let first = try PartFile(of: final)
      #expect(
        message { _ = try PartFile(of: final) }
          == "\(final.path).part: expected to be the only one to write it, found another process")
      try first.append([1, 2])
      try first.commit(to: final)
      #expect(try Bytes.read(final) == [1, 2])
      #expect(try Folder.names(in: folder) == ["a"])
    }
  }
}
