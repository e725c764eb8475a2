import Files
import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// One request for the rest of a file, written to its part as it arrives.
///
/// A class because `URLSession` talks to a delegate. Its callbacks come one after another on the session's own
/// queue and `run` waits for the last, so that nothing here is touched by two threads at once.
final class Download: NSObject, URLSessionDataDelegate, @unchecked Sendable {
  /// How a request ended.
  enum Outcome {
    /// The server has sent all it wanted.
    case finished
    /// The network or the server failed.
    case stopped(String)
    /// What arrived cannot be written.
    case disk(FileError)
  }

  private let url: URL
  private let part: PartFile
  private let length: Int
  private let patience: Double
  private let progress: (Int) -> Void
  private let done = DispatchSemaphore(value: 0)
  private var outcome: Outcome?

  init(
    _ url: URL, into part: PartFile, length: Int, patience: Double,
    progress: @escaping (Int) -> Void
  ) {
    self.url = url
    self.part = part
    self.length = length
    self.patience = patience
    self.progress = progress
  }

  /// Asks, and returns when the answer has ended.
  func run() -> Outcome {
    if url.isFileURL { return copy() }
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = patience
    configuration.urlCache = nil
    let session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    var request = URLRequest(url: url)
    // A server that compresses on the way would break lengths and ranges.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if part.count > 0 { request.setValue("bytes=\(part.count)-", forHTTPHeaderField: "Range") }
    session.dataTask(with: request).resume()
    done.wait()
    session.finishTasksAndInvalidate()
    return outcome ?? .finished
  }

  private func copy() -> Outcome {
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try Bytes.read(url, limit: length)
    } catch {
      return .stopped(error.description)
    }
    do throws(FileError) {
      try part.restart()
      try part.append(bytes)
    } catch {
      return .disk(error)
    }
    progress(part.count)
    return part.count < length ? .stopped("the end after \(part.count) bytes") : .finished
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
  ) {
    guard let answer = response as? HTTPURLResponse else {
      outcome = .stopped("no HTTP answer")
      return completionHandler(.cancel)
    }
    do throws(FileError) {
      switch answer.statusCode {
      case 206:
        let range = answer.value(forHTTPHeaderField: "Content-Range") ?? ""
        if !range.hasPrefix("bytes \(part.count)-") {
          // Another piece than the one asked for: begin again, without a range.
          try part.restart()
          outcome = .stopped("a range \(range) that was not asked for")
          return completionHandler(.cancel)
        }
      case 200:
        // All of it, whether or not only the rest was asked for.
        if part.count > 0 { try part.restart() }
      case 416:
        try part.restart()
        outcome = .stopped("HTTP status 416")
        return completionHandler(.cancel)
      default:
        outcome = .stopped("HTTP status \(answer.statusCode)")
        return completionHandler(.cancel)
      }
    } catch {
      outcome = .disk(error)
      return completionHandler(.cancel)
    }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    guard outcome == nil else { return }
    if part.count + data.count > length {
      outcome = .stopped("more than \(length) bytes")
      // Nothing of an answer that is too long can be trusted to be a beginning.
      do throws(FileError) { try part.restart() } catch { outcome = .disk(error) }
      return dataTask.cancel()
    }
    do throws(FileError) {
      try part.append(Array(data))
      progress(part.count)
    } catch {
      outcome = .disk(error)
      dataTask.cancel()
    }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    if outcome == nil {
      if let error {
        outcome = .stopped(error.localizedDescription)
      } else {
        outcome = part.count < length ? .stopped("the end after \(part.count) bytes") : .finished
      }
    }
    done.signal()
  }
}
