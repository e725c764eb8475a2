/// Examples in rows, as bytes or floats, from which a step gathers its batch.
///
/// Bytes become `byte * scale + shift[feature]` as they are gathered. A class because kernels read its memory
/// while a step runs, and large tables are shared. Its memory never changes, so threads may share it.
public final class RowTable: @unchecked Sendable {
  /// Features in each row.
  public let features: Int
  /// Number of rows.
  public let rows: Int
  private let bytes: UnsafeMutablePointer<UInt8>?
  private let floats: UnsafeMutablePointer<Float>?
  let shift: UnsafeMutablePointer<Float>?
  let scale: Float

  /// Rows of floats `[rows, features]`.
  public init(floats source: [Float], features: Int) {
    precondition(features > 0 && source.count % features == 0, "rows of unequal length")
    self.features = features
    rows = source.count / features
    let copy = UnsafeMutablePointer<Float>.allocate(capacity: source.count + 16)
    copy.initialize(repeating: 0, count: source.count + 16)
    copy.update(from: source, count: source.count)
    floats = copy
    bytes = nil
    shift = nil
    scale = 1
  }

  /// Rows of bytes `[rows, features]`, read as `byte * scale + shift[feature]`.
  public init(bytes source: [UInt8], features: Int, scale: Float, shift: [Float]? = nil) {
    precondition(features > 0 && source.count % features == 0, "rows of unequal length")
    precondition(shift == nil || shift!.count == features, "one shift per feature")
    self.features = features
    rows = source.count / features
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: source.count)
    copy.initialize(from: source, count: source.count)
    bytes = copy
    floats = nil
    self.scale = scale
    if let shift {
      let values = UnsafeMutablePointer<Float>.allocate(capacity: features)
      values.initialize(from: shift, count: features)
      self.shift = values
    } else {
      self.shift = nil
    }
  }

  deinit {
    bytes?.deallocate()
    floats?.deallocate()
    shift?.deallocate()
  }

  var isBytes: Bool { bytes != nil }
  func byteRow(_ row: Int32) -> UnsafePointer<UInt8>? {
    precondition(row >= 0 && row < rows, "row \(row) of a table of \(rows)")
    return UnsafePointer(bytes.map { $0 + Int(row) * features })
  }
  func floatRow(_ row: Int32) -> UnsafePointer<Float>? {
    precondition(row >= 0 && row < rows, "row \(row) of a table of \(rows)")
    return UnsafePointer(floats.map { $0 + Int(row) * features })
  }
}
