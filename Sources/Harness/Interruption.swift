import Dispatch
import Foundation
import Synchronization

/// Whether and how often the process was asked to stop.
///
/// A class because signal handlers, the runner and running recipes share one count.
public final class Interruption: Sendable {
  private let state = Mutex<(count: Int, handlers: [@Sendable (Int) -> Void])>((0, []))

  /// Nothing asked yet.
  public init() {}

  /// Requests so far.
  public var count: Int { state.withLock { $0.count } }
  /// Whether a request came.
  public var isRequested: Bool { count > 0 }

  /// Asks to stop, as a signal does.
  public func request() {
    let (count, handlers) = state.withLock {
      $0.count += 1
      return ($0.count, $0.handlers)
    }
    for handler in handlers { handler(count) }
  }

  /// Calls `handler` with the new count at every request.
  func onRequest(_ handler: @escaping @Sendable (Int) -> Void) {
    state.withLock { $0.handlers.append(handler) }
  }

  /// From now on SIGINT, SIGTERM and SIGHUP count as requests instead of ending the process.
  public func installSignalHandlers() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      Libc.ignore(signal: number)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // The handler holds its source: both live as long as the process.
      source.setEventHandler { [self] in withExtendedLifetime(source) { request() } }
      source.resume()
    }
  }
}
