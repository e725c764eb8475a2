extension Picture {
  /// Every byte replaced by its entry in a table of 256.
  func mapped(_ table: [UInt8]) -> Picture { mapped([table, table, table]) }

  /// Every byte replaced by its entry in the table of its channel.
  func mapped(_ tables: [[UInt8]]) -> Picture {
    precondition(tables.count == 3 && tables.allSatisfy { $0.count == 256 }, "tables: 3 of 256")
    return Picture(
      width: width, height: height,
      pixels: kernels.mapped(pixels, tables[0] + tables[1] + tables[2]))
  }

  /// Every byte through a table of its channel, which is made from how often each byte occurs there.
  private func mapped(_ table: (ArraySlice<UInt32>) -> [UInt8]) -> Picture {
    let counts = kernels.histograms(pixels)
    return Picture(
      width: width, height: height,
      pixels: kernels.mapped(
        pixels, table(counts[..<256]) + table(counts[256..<512]) + table(counts[512...])))
  }

  /// 255 minus every byte.
  public var inverted: Picture {
    Picture(width: width, height: height, pixels: kernels.inverted(pixels))
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
    mapped { histogram in
      var counts = histogram.map { Int($0) }
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
    }
  }

  /// Each channel with its levels spread so that all are about equally frequent.
  ///
  /// Source: Pillow, `ImageOps.equalize`.
  public var equalized: Picture {
    mapped { histogram in
      let last = Int(histogram.last { $0 > 0 } ?? 0)
      let step = (width * height - last) / 255
      if step == 0 { return (0..<256).map { UInt8($0) } }
      var sum = step / 2
      return histogram.map { count in
        defer { sum += Int(count) }
        return UInt8(min(255, sum / step))
      }
    }
  }
}
