import Files

/// What a reader made of some bytes.
public enum Outcome: Sendable, Equatable {
  /// It read them.
  case read
  /// It refused them with a proper error of this kind.
  case refused(String)
  /// It returned something or threw something that breaks its own rules.
  case broken(String)
}

/// Runs a reader that throws `FileError`, and checks what it throws: one line, with a place inside the file.
func outcome(of bytes: [UInt8], _ read: ([UInt8]) throws(FileError) -> String?) -> Outcome {
  do throws(FileError) {
    return try read(bytes).map { .broken($0) } ?? .read
  } catch {
    return judged(error, count: bytes.count)
  }
}

private func judged(_ error: FileError, count: Int) -> Outcome {
  let line = error.description
  if line.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) {
    return .broken("an error of more than one line: \(line.debugDescription)")
  }
  if error.expected.isEmpty || error.found.isEmpty { return .broken("an empty error: \(line)") }
  switch error.place {
  case .byte(let offset) where offset < 0: return .broken("an error before the file: \(line)")
  case .line(let line, _) where line < 1: return .broken("an error before line 1: \(line)")
  default: break
  }
  switch error.kind {
  case .missing, .unreadable, .wrongHash, .exists, .noSpace, .readOnly, .io:
    return .broken("an error about the disk: \(line)")
  case .wrongMagic, .truncated, .oversized, .malformed, .unsupported:
    return .refused("\(error.kind)")
  }
}
