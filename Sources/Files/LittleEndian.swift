/// Numbers to little-endian bytes and back.
///
/// The one place where bytes are seen as numbers. Hosts are little-endian (x86-64, arm64).
public enum LittleEndian {
  /// `bytes` read as numbers; `bytes.count` must be a multiple of the size of `T`.
  public static func decode<T: LittleEndianNumber>(_ bytes: [UInt8], as type: T.Type = T.self)
    -> [T]
  {
    let size = MemoryLayout<T>.size
    precondition(bytes.count.isMultiple(of: size), "bytes: not a whole number of elements")
    return [T](unsafeUninitializedCapacity: bytes.count / size) { target, count in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
      count = bytes.count / size
    }
  }

  /// The bytes of `numbers`.
  public static func encode<T: LittleEndianNumber>(_ numbers: [T]) -> [UInt8] {
    numbers.withUnsafeBytes { [UInt8]($0) }
  }
}

/// A number that is stored as its plain bits.
public protocol LittleEndianNumber: BitwiseCopyable {}

extension Float16: LittleEndianNumber {}
extension Float: LittleEndianNumber {}
extension Double: LittleEndianNumber {}
extension Int8: LittleEndianNumber {}
extension Int16: LittleEndianNumber {}
extension Int32: LittleEndianNumber {}
extension Int64: LittleEndianNumber {}
extension UInt8: LittleEndianNumber {}
extension UInt16: LittleEndianNumber {}
extension UInt32: LittleEndianNumber {}
extension UInt64: LittleEndianNumber {}

#if _endian(big)
  #error("LittleEndian copies memory: big-endian hosts need a swap here")
#endif
