/// Makes cairo's SVG repeatable and readable by machines.
///
/// Cairo 1.16 numbers surfaces over the whole process, so the second drawing of a program differs
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

  private static func renumbered(_ bytes: [UInt8]) -> [UInt8] {
    let word = Array("surface".utf8)
    var numbers: [[UInt8]: Int] = [:]
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == word[0], bytes[index...].starts(with: word) {
        var end = index + word.count
        while end < bytes.count, (48...57).contains(bytes[end]) { end += 1 }
        let digits = Array(bytes[(index + word.count)..<end])
        out += word
        if !digits.isEmpty {
          let number = numbers[digits] ?? numbers.count + 1
          numbers[digits] = number
          out += Array(String(number).utf8)
        }
        index = end
      } else {
        out.append(bytes[index])
        index += 1
      }
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
