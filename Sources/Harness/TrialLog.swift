import Foundation
import Logging
import Synchronization

/// A trial's `log.txt`: one line per message, written through, without paths of this machine.
///
/// A class because loggers copy their handler and all copies write one file.
final class TrialLog: Sendable {
  private let handle: Mutex<FileHandle>
  private let hidden: [(path: String, name: String)]

  /// A log at `url`; `hidden` paths are replaced by names, longest first.
  init(at url: URL, hiding hidden: [(path: String, name: String)]) throws {
    guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
      throw HarnessError.cannotWrite(path: url.path, why: "cannot create the log")
    }
    handle = Mutex(try FileHandle(forWritingTo: url))
    self.hidden = hidden.filter { $0.path.count > 1 }.sorted { $0.path.count > $1.path.count }
  }

  func write(_ line: String) {
    var line = line.replacingOccurrences(of: "\n", with: " ")
    for (path, name) in hidden { line = line.replacingOccurrences(of: path, with: name) }
    // A full disk must not stop a log line from being dropped quietly: the commit's own writes will report it.
    handle.withLock { try? $0.write(contentsOf: Data((line + "\n").utf8)) }
  }

  func close() { handle.withLock { try? $0.close() } }
}

/// Connects swift-log to a trial's log file.
struct TrialLogHandler: LogHandler {
  let log: TrialLog
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info

  init(_ log: TrialLog) { self.log = log }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    log.write("\(Date().ISO8601Format()) \(event.level) \(event.message)")
  }
}
