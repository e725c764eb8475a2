import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A web server on the loopback that answers one request per connection, in a manner a test chooses.
///
/// A class because its thread and the test share it.
final class Server: Sendable {
  /// What a request asked for.
  struct Request: Sendable {
    var path: String
    /// First byte asked for; `nil` without a range.
    var start: Int?
  }

  let port: UInt16
  private let socketNumber: Int32
  private let seen = Mutex<[Request]>([])

  /// All requests so far.
  var requests: [Request] { seen.withLock { $0 } }

  /// - Parameter answer: the bytes to send, header included; the connection closes after them.
  init(_ answer: @escaping @Sendable (Request) -> [UInt8]) {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        precondition(bind(number, $0, length) == 0)
        precondition(listen(number, 16) == 0)
        getsockname(number, $0, &length)
      }
    }
    socketNumber = number
    port = UInt16(bigEndian: address.sin_port)
    let thread = Thread { [self] in
      while true {
        let client = accept(number, nil, nil)
        if client < 0 { return }
        serve(client, answer)
        shutdown(client, Int32(SHUT_RDWR))
        close(client)
      }
    }
    thread.start()
  }

  func stop() {
    shutdown(socketNumber, Int32(SHUT_RDWR))
    close(socketNumber)
  }

  private func serve(_ client: Int32, _ answer: (Request) -> [UInt8]) {
    var head: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: head, as: UTF8.self).contains("\r\n\r\n") {
      let got = recv(client, &buffer, buffer.count, 0)
      if got <= 0 { return }
      head += buffer.prefix(got)
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    var request = Request(path: lines[0].components(separatedBy: " ")[1], start: nil)
    for line in lines where line.lowercased().hasPrefix("range: bytes=") {
      request.start = Int(line.dropFirst(13).prefix { $0.isNumber })
    }
    seen.withLock { $0.append(request) }
    let bytes = answer(request)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  /// An answer with a status line, the true length of `body`, and only its first `sent` bytes.
  static func answer(
    _ status: String, _ body: [UInt8], sent: Int? = nil, headers: [String] = []
  ) -> [UInt8] {
    let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)", "Connection: close"]
    return Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n").utf8)
      + body.prefix(sent ?? body.count)
  }

  /// The file from where the request asks, as a well-behaved server sends it.
  static func file(_ bytes: [UInt8], _ request: Request, sent: Int? = nil) -> [UInt8] {
    guard let start = request.start else { return answer("200 OK", bytes, sent: sent) }
    return answer(
      "206 Partial Content", Array(bytes[start...]), sent: sent,
      headers: ["Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)"])
  }
}
