import Foundation

/// Floats on a cache-line boundary, zeroed, for as long as the object lives.
///
/// A class because it owns memory that kernels address directly.
final class Memory {
  let floats: UnsafeMutablePointer<Float>
  let count: Int

  init(floats count: Int) {
    self.count = max(count, 16)
    let bytes = self.count * 4
    // Large buffers start on a huge-page boundary: fewer address translations in strided kernels.
    let alignment = bytes >= 1 << 21 ? 1 << 21 : 64
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: alignment)
    #if os(Linux)
      if alignment > 64 { madvise(raw, bytes, MADV_HUGEPAGE) }
    #endif
    memset(raw, 0, bytes)
    floats = raw.bindMemory(to: Float.self, capacity: self.count)
  }

  deinit { UnsafeMutableRawPointer(floats).deallocate() }
}

/// The next multiple of 16: kernels work on vectors of sixteen floats.
func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

/// Floats from one row to the next of a matrix of so many columns. Rows a large power of two apart would all fall into
/// the same few sets of a cache.
func rowStride(_ columns: Int) -> Int {
  let stride = padded(columns)
  return stride >= 256 && stride % 256 == 0 ? stride + 16 : stride
}
