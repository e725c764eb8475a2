/// A JPEG file as its segments: marker and what follows it, up to the next.
struct JPEGFile {
  struct Segment {
    /// The second byte of the marker.
    var marker: UInt8
    /// Length and content, and the data of a scan.
    var body: [UInt8]

    init(_ marker: UInt8, body: [UInt8]) {
      self.marker = marker
      self.body = body
    }

    /// A segment with its length in front.
    init(_ marker: UInt8, _ content: [UInt8]) {
      let length = content.count + 2
      self.init(marker, body: [UInt8(length >> 8), UInt8(length & 255)] + content)
    }
  }

  var segments: [Segment]

  /// The segments of a valid file.
  init(_ bytes: [UInt8]) {
    segments = [Segment(0xD8, body: [])]
    var position = 2
    while position < bytes.count {
      let marker = bytes[position + 1]
      var end = position + 2
      if marker != 0xD9 { end += Int(bytes[end]) << 8 | Int(bytes[end + 1]) }
      if marker == 0xDA {
        while !(bytes[end] == 0xFF && bytes[end + 1] != 0) { end += 1 }
      }
      segments.append(Segment(marker, body: Array(bytes[(position + 2)..<end])))
      position = end
    }
  }

  var bytes: [UInt8] { segments.flatMap { [0xFF, $0.marker] + $0.body } }

  func index(_ marker: UInt8) -> Int { segments.firstIndex { $0.marker == marker }! }

  /// Offset of a segment's marker in the file.
  func offset(_ marker: UInt8) -> Int {
    segments[..<index(marker)].reduce(0) { $0 + 2 + $1.body.count }
  }

  /// The file with other bytes in a segment, counted from behind its marker.
  func with(_ marker: UInt8, at offset: Int, _ bytes: [UInt8]) -> [UInt8] {
    var file = self
    let place = index(marker)
    file.segments[place].body = segments[place].body.replacing(at: offset, bytes)
    return file.bytes
  }

  /// The file with another segment in the place of the frame, and one in that of the scan.
  func framed(_ marker: UInt8, _ content: [UInt8], scan: [UInt8]? = nil) -> [UInt8] {
    var file = self
    file.segments[index(0xC0)] = Segment(marker, content)
    if let scan { file.segments[index(0xDA)] = Segment(0xDA, scan) }
    return file.bytes
  }

  func without(_ marker: UInt8) -> [UInt8] {
    var file = self
    file.segments.removeAll { $0.marker == marker }
    return file.bytes
  }

  /// The file with one segment more before its scan.
  func adding(_ segment: Segment) -> [UInt8] {
    var file = self
    file.segments.insert(segment, at: index(0xDA))
    return file.bytes
  }
}
