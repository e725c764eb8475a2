import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The one place of this module that calls libc: signals, processes, resource use.
enum Libc {
  static func ignore(signal number: Int32) { _ = signal(number, SIG_IGN) }

  /// Sends a signal to a process, or with a negative number to its group. Nothing happens if it is gone.
  static func send(signal number: Int32, to process: Int32) { _ = kill(process, number) }

  static func isAlive(_ process: Int32) -> Bool { kill(process, 0) == 0 || errno == EPERM }

  static var parent: Int32 { getppid() }

  static func exitNow(_ code: Int32) -> Never { _exit(code) }

  /// User and system seconds, and peak resident bytes, of this process.
  static func usage() -> (cpuSeconds: Double, peakBytes: Int) {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    #if canImport(Darwin)
      let unit = 1
    #else
      let unit = 1024
    #endif
    let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return (seconds(usage.ru_utime) + seconds(usage.ru_stime), Int(usage.ru_maxrss) * unit)
  }

  /// Start of a process in clock ticks since boot: with the number and the boot it names one process for ever.
  static func startTime(of process: Int32) -> String? {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    return fields.count > 19 ? String(fields[19]) : nil
  }

  /// Whether a process is gone or only waits to be collected by its parent.
  static func hasEnded(_ process: Int32) -> Bool {
    guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = stat.lastIndex(of: ")")
    else { return !isAlive(process) }
    return stat[stat.index(after: end)...].split(separator: " ").first == "Z"
  }

  /// Ends every process of the session that `leader` opened, whatever group it moved to.
  static func endSession(_ leader: Int32) {
    send(signal: SIGKILL, to: -leader)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let process = Int32(name),
        let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
        let end = stat.lastIndex(of: ")")
      else { continue }
      let fields = stat[stat.index(after: end)...].split(separator: " ")
      if fields.count > 3, Int32(fields[3]) == leader { send(signal: SIGKILL, to: process) }
    }
  }

  /// Changes at every boot.
  static var bootID: String {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
  }

  /// A file to lock bytes of, made where there is none; nil when it cannot be opened.
  static func openForLocks(_ url: URL) -> Int32? {
    let descriptor = open(url.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    return descriptor < 0 ? nil : descriptor
  }

  /// Closing any descriptor of a file ends all locks this process has on it.
  static func closeFile(_ descriptor: Int32) { _ = close(descriptor) }

  /// Locks one byte; false while another process has it, true also where the file system cannot lock.
  static func lock(_ descriptor: Int32, at place: Int64) -> Bool {
    var request = byteLock(place)
    return fcntl(descriptor, F_SETLK, &request) == 0 || (errno != EAGAIN && errno != EACCES)
  }

  /// Whether another process has locked the byte.
  static func isLockedByOthers(_ descriptor: Int32, at place: Int64) -> Bool {
    var request = byteLock(place)
    return fcntl(descriptor, F_GETLK, &request) == 0 && request.l_type != Int16(F_UNLCK)
  }

  private static func byteLock(_ place: Int64) -> flock {
    var request = flock()
    request.l_type = Int16(F_WRLCK)
    request.l_whence = Int16(SEEK_SET)
    request.l_start = off_t(place)
    request.l_len = 1
    return request
  }
}
