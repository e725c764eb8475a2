import Foundation

/// Named arrays with text about them, as a `.safetensors` file holds them.
public struct SafetensorsFile: Hashable, Sendable {
  /// Element types, by their names in the header.
  public enum ElementType: String, Hashable, Sendable, CaseIterable {
    case f64 = "F64"
    case i64 = "I64"
    case u64 = "U64"
    case f32 = "F32"
    case i32 = "I32"
    case u32 = "U32"
    case f16 = "F16"
    case bf16 = "BF16"
    case i16 = "I16"
    case u16 = "U16"
    case i8 = "I8"
    case u8 = "U8"
    case bool = "BOOL"

    /// Bytes per element.
    public var size: Int {
      switch self {
      case .f64, .i64, .u64: 8
      case .f32, .i32, .u32: 4
      case .f16, .bf16, .i16, .u16: 2
      case .i8, .u8, .bool: 1
      }
    }
  }

  /// One named array.
  public struct Tensor: Hashable, Sendable {
    /// Its name, unique in the file.
    public let name: String
    /// What the bytes are.
    public let elementType: ElementType
    /// Length of each axis; empty for a single number.
    public let shape: [Int]
    /// The elements, little-endian, last axis fastest.
    public let bytes: [UInt8]

    /// An array over plain bytes; their number must be the product of `shape` times the element size.
    public init(name: String, elementType: ElementType, shape: [Int], bytes: [UInt8]) {
      precondition(shape.allSatisfy { $0 >= 0 }, "shape: negative length")
      precondition(
        shape.byteCount(elementSize: elementType.size) == bytes.count,
        "\(name): byte count does not match the shape")
      precondition(name != "__metadata__", "name: __metadata__ is taken by the format")
      self.name = name
      self.elementType = elementType
      self.shape = shape
      self.bytes = bytes
    }

    /// An array of `Float`.
    public init(name: String, shape: [Int], _ values: [Float]) {
      self.init(name: name, elementType: .f32, shape: shape, bytes: LittleEndian.encode(values))
    }

    /// The elements as `Float`, rounded to nearest where they are wider; `nil` if they are not floating-point.
    public var floats: [Float]? {
      switch elementType {
      case .f32: LittleEndian.decode(bytes, as: Float.self)
      case .f64: LittleEndian.decode(bytes, as: Double.self).map { Float($0) }
      case .f16: LittleEndian.decode(bytes, as: Float16.self).map { Float($0) }
      case .bf16:
        LittleEndian.decode(bytes, as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
      default: nil
      }
    }
  }

  /// Text about the file, such as where it came from.
  public var metadata: [String: String]
  /// The arrays; names are unique.
  public private(set) var tensors: [Tensor]

  /// A file of these arrays; their names must be unique.
  public init(metadata: [String: String] = [:], tensors: [Tensor] = []) {
    precondition(Set(tensors.map(\.name)).count == tensors.count, "tensors: a name occurs twice")
    self.metadata = metadata
    self.tensors = tensors
  }

  /// Adds an array of a new name.
  public mutating func append(_ tensor: Tensor) {
    precondition(self[tensor.name] == nil, "\(tensor.name): the name is taken")
    tensors.append(tensor)
  }

  /// The array of this name, if there is one.
  public subscript(name: String) -> Tensor? {
    tensors.first { $0.name == name }
  }

  /// Shape and values of a floating-point array that a reader needs.
  ///
  /// - Parameters:
  ///   - shape: what the shape must be, where it is known.
  ///   - path: what errors call the file.
  /// - Throws: `FileError`: `missing` name, `unsupported` element type, `malformed` shape.
  public func floats(
    named name: String, shape: [Int]? = nil, path: String = "safetensors"
  ) throws(FileError) -> [Float] {
    guard let tensor = self[name] else {
      throw FileError(
        .malformed, path: path, expected: "a tensor \"\(name)\"",
        found: "\(tensors.count) others")
    }
    if let shape, shape != tensor.shape {
      throw FileError(
        .malformed, path: path, expected: "shape \(shape) of \"\(name)\"",
        found: "\(tensor.shape)")
    }
    guard let floats = tensor.floats else {
      throw FileError(
        .unsupported, path: path, expected: "floating-point elements in \"\(name)\"",
        found: tensor.elementType.rawValue)
    }
    return floats
  }
}
