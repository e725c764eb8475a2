// Contrast in double precision, on shares of 255.

/// (x − mean) · factor + mean, mean per channel; one table per channel, since nothing but the byte counts.
func contrasted(_ picture: Picture, _ factor: Double) -> [UInt8] {
  let area = picture.width * picture.height
  let tables = kernels.sums(picture.pixels).map { sum in
    let mean = Double(sum) / Double(255 * area)
    return shares.map { truncated(($0 - mean) * factor + mean) }
  }
  return picture.mapped(tables).pixels
}
