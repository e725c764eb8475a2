import Dispatch
import Files
import Images
import Synchronization

/// Pictures through corruptions on several threads. The bytes do not depend on their number.
public struct CorruptionRun: Sendable {
  /// Whose constants, and of which size the pictures are.
  public let scale: CorruptionScale
  /// Under which all draws are made.
  public let seed: UInt64
  /// Threads.
  public let jobs: Int
  private let frost: FrostOverlays

  /// - Parameter frost: what `frost` lays over pictures.
  public init(scale: CorruptionScale, seed: UInt64, jobs: Int, frost: FrostOverlays) {
    precondition(jobs > 0, "jobs: must be positive")
    self.scale = scale
    self.seed = seed
    self.jobs = jobs
    self.frost = frost
  }

  /// One corruption at one severity, ready for pictures.
  public func corruptor(_ corruption: Corruption, severity: Int) -> Corruptor {
    Corruptor(corruption, severity: severity, scale: scale, seed: seed, frost: frost)
  }

  /// The corrupted pictures of each severity in turn, `[severities · N, side, side, 3]`.
  ///
  /// - Parameters:
  ///   - pictures: number n of them has index n.
  ///   - progress: called with the number of pictures finished since the call before, from any thread.
  public func bytes(
    of pictures: [Picture], _ corruption: Corruption, severities: [Int],
    progress: @Sendable (Int) -> Void = { _ in }
  ) -> [UInt8] {
    let corruptors = severities.map { self.corruptor(corruption, severity: $0) }
    let size = 100
    let perSeverity = (pictures.count + size - 1) / size
    let chunks = Mutex([[UInt8]](repeating: [], count: perSeverity * severities.count))
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: jobs) { _ in
      while true {
        let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if chunk >= perSeverity * corruptors.count { return }
        let first = chunk % perSeverity * size
        let range = first..<min(first + size, pictures.count)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count * scale.side * scale.side * 3)
        for index in range {
          bytes += corruptors[chunk / perSeverity].corrupt(pictures[index], index: index).pixels
        }
        chunks.withLock { $0[chunk] = bytes }
        progress(range.count)
      }
    }
    return chunks.withLock { Array($0.joined()) }
  }

  /// Calls `body` for every index on the threads, in no order; the first error ends all.
  ///
  /// - Throws: what `body` throws.
  public func forEach(
    _ count: Int, _ body: @Sendable (Int) throws(FileError) -> Void
  ) throws(FileError) {
    let failure = Mutex<FileError?>(nil)
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: jobs) { _ in
      while failure.withLock({ $0 == nil }) {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if index >= count { return }
        do throws(FileError) {
          try body(index)
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
