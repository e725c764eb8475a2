import CKernels
import Foundation

/// Which instruction set the kernels use; chosen once, as the program starts.
///
/// `BENCH_KERNELS=avx512|avx2|plain` overrides the choice; a path the processor lacks is refused.
public enum KernelPath: String, Sendable, CaseIterable {
  case avx512, avx2, plain

  /// Whether this processor and this build have the path.
  public var isAvailable: Bool {
    switch self {
    case .avx512: bench_cpu_has_avx512() != 0 && bench_kernels_avx512() != nil
    case .avx2: bench_cpu_has_avx2() != 0 && bench_kernels_avx2() != nil
    case .plain: true
    }
  }

  /// The path that new programs use.
  public static let current: KernelPath = {
    if let name = ProcessInfo.processInfo.environment["BENCH_KERNELS"],
      let path = KernelPath(rawValue: name), path.isAvailable
    {
      return path
    }
    return allCases.first { $0.isAvailable } ?? .plain
  }()

  /// What is wrong with `BENCH_KERNELS`, if it names no path of this machine.
  public static var environmentProblem: String? {
    guard let name = ProcessInfo.processInfo.environment["BENCH_KERNELS"], !name.isEmpty else {
      return nil
    }
    let known = allCases.filter(\.isAvailable).map(\.rawValue)
    return known.contains(name)
      ? nil : "BENCH_KERNELS: expected one of \(known.joined(separator: ", ")), found \(name)"
  }

  var table: UnsafePointer<BenchKernels> {
    switch self {
    case .avx512: bench_kernels_avx512()
    case .avx2: bench_kernels_avx2()
    case .plain: bench_kernels_plain()
    }
  }

  /// Floating-point operations per second of register-only fused multiply-adds on one thread.
  public func measuredPeak(seconds: Double = 0.2) -> Double {
    var sink: [Float] = [0.999, 0.5, 0, 0]
    let clock = ContinuousClock()
    var best = 0.0
    let start = clock.now
    repeat {
      let before = clock.now
      let operations = table.pointee.peak(2_000_000, &sink)
      let took = clock.now - before
      best = max(best, operations / took.seconds)
    } while (clock.now - start).seconds < seconds
    return best
  }
}

extension Duration {
  /// The duration in seconds.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
