// Contrast in double precision, on shares of 255.

/// (x − mean) · factor + mean, mean per channel; one table per channel, since nothing but the byte counts.
func contrasted(_ picture: Picture, _ factor: Double) -> [UInt8] {
  let area = Double(picture.width * picture.height)
  let tables = picture.histograms.map { histogram in
    let sum = zip(histogram, shares).reduce(0) { $0 + Double($1.0) * $1.1 }
    let mean = sum / area
    return shares.map { truncated(($0 - mean) * factor + mean) }
  }
  return picture.mapped(tables).pixels
}
