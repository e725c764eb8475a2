/// What can go wrong while a report is drawn.
public enum ReportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Cairo refused; `status` is its own sentence.
  case drawing(format: String, status: String)

  /// One line naming what failed.
  public var description: String {
    switch self {
    case .drawing(let format, let status):
      "cannot draw \(format): cairo says \"\(status)\""
    }
  }
}
