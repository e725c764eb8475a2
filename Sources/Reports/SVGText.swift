/// Makes cairo's SVG repeatable and readable by machines.
///
/// Cairo 1.16 numbers surfaces and images over the whole process, so the second drawing of a program differs
/// from the first; here they are numbered within the file. Title and description are added for
/// readers who cannot see the picture.
enum SVGText {
  static func settle(_ bytes: [UInt8], title: String, summary: String) -> [UInt8] {
    var text = renumbered(bytes)
    let notes = [("title", title), ("desc", summary)].filter { !$0.1.isEmpty }
      .map { "<\($0.0)>\(escaped($0.1))</\($0.0)>\n" }.joined()
    if !notes.isEmpty, let end = endOfRoot(text) {
      text.insert(contentsOf: Array(notes.utf8), at: end)
    }
    return text
  }

  static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      default: out.append(character)
      }
    }
    return out
  }

  /// Numbers `surface…`, `image…` and the like by first appearance, where they are names: after `"`
  /// or `#`, which no base64 of a picture contains.
  private static func renumbered(_ bytes: [UInt8]) -> [UInt8] {
    let words = ["surface", "image", "mask"].map { Array($0.utf8) }
    var numbers: [[UInt8]: Int] = [:]
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      out.append(byte)
      index += 1
      guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "#"),
        let word = words.first(where: { bytes[index...].starts(with: $0) })
      else { continue }
      var end = index + word.count
      while end < bytes.count, (48...57).contains(bytes[end]) { end += 1 }
      if end == index + word.count { continue }
      let name = Array(bytes[index..<end])
      let number = numbers[name] ?? numbers.count + 1
      numbers[name] = number
      out += word + Array(String(number).utf8)
      index = end
    }
    return out
  }

  /// The place after `<svg …>` and its line end.
  private static func endOfRoot(_ bytes: [UInt8]) -> Int? {
    let word = Array("<svg".utf8)
    guard
      let start = bytes.indices.first(where: {
        bytes[$0] == word[0] && bytes[$0...].starts(with: word)
      }),
      let close = bytes[start...].firstIndex(of: UInt8(ascii: ">"))
    else { return nil }
    let next = close + 1
    return next < bytes.count && bytes[next] == 10 ? next + 1 : next
  }
}
