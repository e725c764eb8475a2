import Foundation

/// The right to run one trial of a store: one process has it at a time, and loses it when it ends, however it ends.
///
/// Without it two runs on one store would do the same work twice. A claim is a lock on one byte of the store's file
/// `claims`, at a place that the key names. Where a file system knows no locks everybody gets it: then results of one trial are
/// compared as they are committed, and one is dropped.
struct TrialClaim {
  private let descriptor: Int32?

  /// Waits until no other process runs the trial.
  ///
  /// - Throws: `TrialFailure.interrupted`.
  init(_ key: TrialKey, in store: TrialStore, _ interruption: Interruption) throws {
    descriptor = Libc.openForLocks(store.claimsFile)
    guard let descriptor else { return }
    while !Libc.lock(descriptor, at: Self.place(of: key)) {
      if interruption.isRequested {
        Libc.closeFile(descriptor)
        throw TrialFailure.interrupted
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  /// Lets others have it.
  func release() { if let descriptor { Libc.closeFile(descriptor) } }

  /// Whether another process runs the trial now.
  static func isHeld(_ key: TrialKey, in store: TrialStore) -> Bool {
    guard let descriptor = Libc.openForLocks(store.claimsFile) else { return false }
    defer { Libc.closeFile(descriptor) }
    return Libc.isLockedByOthers(descriptor, at: place(of: key))
  }

  /// 60 bits of the key.
  private static func place(of key: TrialKey) -> Int64 { Int64(key.hex.prefix(15), radix: 16)! }
}
