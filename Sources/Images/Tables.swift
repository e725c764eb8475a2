extension Picture {
  /// Every byte replaced by its entry in a table of 256.
  func mapped(_ table: [UInt8]) -> Picture { mapped([table, table, table]) }

  /// Every byte replaced by its entry in the table of its channel.
  func mapped(_ tables: [[UInt8]]) -> Picture {
    precondition(tables.count == 3 && tables.allSatisfy { $0.count == 256 }, "tables: 3 of 256")
    var out = [UInt8](repeating: 0, count: pixels.count)
    // Bytes stay within tables of 256, and `pixels` and `out` are of one length, whole pixels.
    let from = pixels.span
    var to = out.mutableSpan
    let all = tables[0] + tables[1] + tables[2]
    let table = all.span
    for index in stride(from: 0, to: from.count, by: 3) {
      to[unchecked: index] = table[unchecked: Int(from[unchecked: index])]
      to[unchecked: index + 1] = table[unchecked: 256 + Int(from[unchecked: index + 1])]
      to[unchecked: index + 2] = table[unchecked: 512 + Int(from[unchecked: index + 2])]
    }
    return Picture(width: width, height: height, pixels: out)
  }

  /// How often each byte occurs, per channel.
  var histograms: [[Int]] {
    // Neighbours are counted apart: equal ones would wait for each other.
    var counts = [UInt32](repeating: 0, count: 6 * 256)
    let from = pixels.span
    var count = counts.mutableSpan
    let pairs = from.count / 6 * 6
    for index in stride(from: 0, to: pairs, by: 6) {
      for channel in 0..<6 {
        count[unchecked: 256 * channel + Int(from[unchecked: index + channel])] &+= 1
      }
    }
    for index in pairs..<from.count { count[256 * (index - pairs) + Int(from[index])] &+= 1 }
    return (0..<3).map { channel in
      (0..<256).map { Int(counts[256 * channel + $0]) + Int(counts[256 * (channel + 3) + $0]) }
    }
  }

  /// 255 minus every byte.
  public var inverted: Picture {
    var out = [UInt8](repeating: 0, count: pixels.count)
    for index in 0..<pixels.count { out[index] = ~pixels[index] }
    return Picture(width: width, height: height, pixels: out)
  }

  /// Only the highest bits of every byte; all black for 0 and less.
  public func posterized(bits: Int) -> Picture {
    let kept = min(max(bits, 0), 8)
    let mask = UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
    return mapped((0..<256).map { UInt8($0) & mask })
  }

  /// Bytes from a threshold on are inverted.
  public func solarized(threshold: Double) -> Picture {
    mapped((0..<256).map { Double($0) < threshold ? UInt8($0) : UInt8(255 - $0) })
  }

  /// The mean of the picture and its solarized self.
  public func solarizedHalf(threshold: Double) -> Picture {
    // One table, since both depend on the byte alone.
    mapped(
      (0..<256).map { byte in
        let other = Double(byte) < threshold ? byte : 255 - byte
        return UInt8(Float(byte) + 0.5 * Float(other - byte))
      })
  }

  /// Each channel stretched to 0 … 255, after `cutoff` per cent of its pixels are left out at each end.
  ///
  /// Source: Pillow, `ImageOps.autocontrast`.
  public func autoContrasted(cutoff: Double = 0) -> Picture {
    mapped(
      histograms.map { histogram in
        var counts = histogram
        if cutoff > 0 {
          let total = counts.reduce(0, +)
          let share = Int((Double(total) * cutoff / 100).rounded(.down))
          for order in [Array(0..<256), Array((0..<256).reversed())] {
            var cut = share
            for level in order {
              if cut > counts[level] {
                cut -= counts[level]
                counts[level] = 0
              } else {
                counts[level] -= cut
                cut = 0
              }
              if cut <= 0 { break }
            }
          }
        }
        // Pillow ends at the last level where no pixel is left.
        let low = counts.firstIndex { $0 != 0 } ?? 255
        let high = counts.lastIndex { $0 != 0 } ?? 0
        if high <= low { return (0..<256).map { UInt8($0) } }
        let scale = 255.0 / Double(high - low)
        let offset = Double(-low) * scale
        return (0..<256).map { UInt8(min(max((Double($0) * scale + offset), 0), 255)) }
      })
  }

  /// Each channel with its levels spread so that all are about equally frequent.
  ///
  /// Source: Pillow, `ImageOps.equalize`.
  public var equalized: Picture {
    mapped(
      histograms.map { histogram in
        let identity = (0..<256).map { UInt8($0) }
        guard let last = histogram.last(where: { $0 > 0 }) else { return identity }
        let total = histogram.reduce(0, +)
        let step = (total - last) / 255
        if step == 0 || total == last { return identity }
        var sum = step / 2
        return histogram.map { count in
          defer { sum += count }
          return UInt8(min(255, sum / step))
        }
      })
  }
}
