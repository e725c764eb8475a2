import Foundation

/// An array as NumPy's `.npy` holds it: a shape, an element type, and plain little-endian bytes in C order.
public struct NPY: Hashable, Sendable {
  /// Element types, by NumPy's short names.
  public enum ElementType: String, Hashable, Sendable, CaseIterable {
    case f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8
    /// NumPy's `bool`, one byte of 0 or 1.
    case bool = "b1"

    /// Bytes per element.
    public var size: Int { Int(rawValue.utf8.last! - 48) }

    /// As it stands in a header.
    var descriptor: String { (size == 1 ? "|" : "<") + rawValue }
  }

  /// Length of each axis; empty for a single number.
  public let shape: [Int]
  /// What the bytes are.
  public let elementType: ElementType
  /// The elements, little-endian, last axis fastest.
  public let bytes: [UInt8]

  /// An array over plain bytes; their number must be the product of `shape` times the element size.
  public init(shape: [Int], elementType: ElementType, bytes: [UInt8]) {
    precondition(shape.allSatisfy { $0 >= 0 }, "shape: negative length")
    precondition(
      shape.byteCount(elementSize: elementType.size) == bytes.count,
      "bytes: count does not match the shape")
    self.shape = shape
    self.elementType = elementType
    self.bytes = bytes
  }
}

// MARK: - Values

extension NPY {
  /// `[Float]` as `f4`.
  public init(_ values: [Float], shape: [Int]) {
    self.init(shape: shape, elementType: .f4, bytes: LittleEndian.encode(values))
  }

  /// `[Double]` as `f8`.
  public init(_ values: [Double], shape: [Int]) {
    self.init(shape: shape, elementType: .f8, bytes: LittleEndian.encode(values))
  }

  /// `[Int32]` as `i4`.
  public init(_ values: [Int32], shape: [Int]) {
    self.init(shape: shape, elementType: .i4, bytes: LittleEndian.encode(values))
  }

  /// `[Int64]` as `i8`.
  public init(_ values: [Int64], shape: [Int]) {
    self.init(shape: shape, elementType: .i8, bytes: LittleEndian.encode(values))
  }

  /// `[UInt8]` as `u1`.
  public init(_ values: [UInt8], shape: [Int]) {
    self.init(shape: shape, elementType: .u1, bytes: values)
  }

  /// Number of elements.
  public var count: Int { bytes.count / elementType.size }

  /// The elements as `Float`, rounded to nearest where they are wider.
  public func floats() -> [Float] {
    switch elementType {
    case .f2: return LittleEndian.decode(bytes, as: Float16.self).map { Float($0) }
    case .f4: return LittleEndian.decode(bytes, as: Float.self)
    case .f8: return LittleEndian.decode(bytes, as: Double.self).map { Float($0) }
    case .i1: return LittleEndian.decode(bytes, as: Int8.self).map { Float($0) }
    case .i2: return LittleEndian.decode(bytes, as: Int16.self).map { Float($0) }
    case .i4: return LittleEndian.decode(bytes, as: Int32.self).map { Float($0) }
    case .i8: return LittleEndian.decode(bytes, as: Int64.self).map { Float($0) }
    case .u1, .bool: return bytes.map { Float($0) }
    case .u2: return LittleEndian.decode(bytes, as: UInt16.self).map { Float($0) }
    case .u4: return LittleEndian.decode(bytes, as: UInt32.self).map { Float($0) }
    case .u8: return LittleEndian.decode(bytes, as: UInt64.self).map { Float($0) }
    }
  }

  /// The elements as `Double`, exact except for integers beyond 2⁵³.
  public func doubles() -> [Double] {
    switch elementType {
    case .f8: return LittleEndian.decode(bytes, as: Double.self)
    case .i4: return LittleEndian.decode(bytes, as: Int32.self).map { Double($0) }
    case .i8: return LittleEndian.decode(bytes, as: Int64.self).map { Double($0) }
    case .u4: return LittleEndian.decode(bytes, as: UInt32.self).map { Double($0) }
    case .u8: return LittleEndian.decode(bytes, as: UInt64.self).map { Double($0) }
    default: return floats().map { Double($0) }
    }
  }

  /// The elements as `Int`; `nil` for floating-point types, and for a `u8` beyond `Int.max`.
  public func integers() -> [Int]? {
    switch elementType {
    case .f2, .f4, .f8: return nil
    case .i1: return LittleEndian.decode(bytes, as: Int8.self).map { Int($0) }
    case .i2: return LittleEndian.decode(bytes, as: Int16.self).map { Int($0) }
    case .i4: return LittleEndian.decode(bytes, as: Int32.self).map { Int($0) }
    case .i8: return LittleEndian.decode(bytes, as: Int64.self).map { Int($0) }
    case .u1, .bool: return bytes.map { Int($0) }
    case .u2: return LittleEndian.decode(bytes, as: UInt16.self).map { Int($0) }
    case .u4: return LittleEndian.decode(bytes, as: UInt32.self).map { Int($0) }
    case .u8:
      let wide = LittleEndian.decode(bytes, as: UInt64.self)
      return wide.allSatisfy { $0 <= UInt64(Int.max) } ? wide.map { Int($0) } : nil
    }
  }
}
