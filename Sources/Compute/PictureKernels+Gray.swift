import CKernels

/// Gray fields, `[height, width]`.
extension PictureKernels {
  private func check(_ count: Int, _ width: Int, _ height: Int) {
    precondition(
      width > 0 && height > 0 && width < 1 << 24 && height < 1 << 24 && count == width * height
        && (width + 4) * (height + 4) < 1 << 31, "field: count does not match")
  }

  /// Canny's edges: Sobel gradients, their 1-norm, the strongest across an edge, two thresholds. Edges are 255.
  public func edges(
    _ field: [UInt8], width: Int, height: Int, low: Int, high: Int
  ) -> [UInt8] {
    check(field.count, width, height)
    precondition(low >= 0 && low <= high && high < 1 << 15, "low, high: out of range")
    let bytes = 10 * field.count + 3 * (width + 2) * (height + 2)
    return filled(field.count) { out in
      room((bytes + 3) / 4, of: Int32.self) { room in
        table.pointee.gray_edges(
          field, out, Int32(width), Int32(height), Int32(low), Int32(high), room)
      }
    }
  }

  /// Distance of every byte from the nearest 255, by steps of 1, 1.4 and 2.1969 in fixed point of 16 bits; 8192 or more
  /// where there is none.
  public func distances(_ field: [UInt8], width: Int, height: Int) -> [Float] {
    check(field.count, width, height)
    return filled(field.count) { out in
      room((width + 4) * (height + 4), of: Int32.self) { room in
        table.pointee.gray_distances(field, out, Int32(width), Int32(height), room)
      }
    }
  }

  /// The mean of 3 × 3 numbers, mirrored at the border ones.
  public func blurred(_ field: [Float], width: Int, height: Int) -> [Float] {
    check(field.count, width, height)
    return filled(field.count) {
      table.pointee.gray_blur_floats(field, $0, Int32(width), Int32(height))
    }
  }

  /// The mean of 3 × 3 bytes, rounded, mirrored at the border ones.
  public func blurred(_ field: [UInt8], width: Int, height: Int) -> [UInt8] {
    check(field.count, width, height)
    return filled(field.count) {
      table.pointee.gray_blur(field, $0, Int32(width), Int32(height))
    }
  }

  /// Correlated with ((−2, −1, 0), (−1, 1, 1), (0, 1, 2)), clamped to bytes, mirrored at the border ones.
  public func embossed(_ field: [UInt8], width: Int, height: Int) -> [UInt8] {
    check(field.count, width, height)
    return filled(field.count) {
      table.pointee.gray_emboss(field, $0, Int32(width), Int32(height))
    }
  }

  /// clip(byte / 255 + light · tint, 0, 1) · 255, truncated: one light per pixel, one tint per channel.
  public func lit(_ pixels: [UInt8], light: [Float], tint: [Float]) -> [UInt8] {
    precondition(tint.count == 3 && pixels.count == 3 * light.count, "light, tint: counts differ")
    return filled(pixels.count) {
      table.pointee.add_light(pixels, light, tint, $0, Int64(light.count))
    }
  }
}
