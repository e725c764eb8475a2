import Files

/// What stands in one place of a table.
public enum TableCell: Hashable, Sendable {
  /// Words.
  case text(String)
  /// A number of ours, with its spread.
  case number(Quantity)
  /// A number of ours with the paper's beside it, as printed there.
  case compared(Quantity, paper: String)
  /// Nothing was measured or printed.
  case none

  /// The cell as one piece of text: `1.14 ± 0.03 (1.92)`.
  public var text: String {
    switch self {
    case .text(let text): text
    case .number(let quantity): quantity.text
    case .compared(let quantity, let paper):
      paper.isEmpty ? quantity.text : "\(quantity.text) (\(paper))"
    case .none: ""
    }
  }
}

/// A column of a table.
public struct TableColumn: Hashable, Sendable {
  /// What kind of cells it holds, which decides its CSV columns and its side.
  public enum Kind: Hashable, Sendable {
    /// Words, at the left.
    case text
    /// Numbers, at the right; in CSV a second column `<name>_spread`.
    case number
    /// Our number and the paper's; in CSV the columns `<name>_spread` and `<name>_paper` too.
    case compared
  }

  /// Its heading.
  public var title: String
  /// The unit, shown after the title.
  public var unit: String
  /// What it holds.
  public var kind: Kind

  /// A column.
  public init(_ title: String, unit: String = "", _ kind: Kind = .text) {
    self.title = title
    self.unit = unit
    self.kind = kind
  }

  var heading: String { unit.isEmpty ? title : "\(title) (\(unit))" }
}

/// A table: typed cells under named columns, rendered as CSV, Markdown, LaTeX and terminal text.
public struct Table: Hashable, Sendable {
  /// Written above.
  public var title: String
  /// Its columns.
  public private(set) var columns: [TableColumn]
  /// Its rows; each has a cell per column.
  public private(set) var rows: [[TableCell]] = []
  /// Numbers of rows above which a rule is drawn, such as where another network begins.
  public private(set) var breaks: Set<Int> = []
  /// Written below: what ± and parentheses mean.
  public var note: String

  /// An empty table.
  public init(title: String = "", columns: [TableColumn], note: String = "") {
    precondition(!columns.isEmpty, "a table has a column")
    self.title = title
    self.columns = columns
    self.note = note
  }

  /// Adds a row.
  public mutating func append(_ row: [TableCell]) {
    precondition(row.count == columns.count, "a row has one cell per column")
    rows.append(row)
  }

  /// Begins a new group: the next row stands below a rule.
  public mutating func startGroup() {
    if !rows.isEmpty { breaks.insert(rows.count) }
  }

  /// The table for programs: full precision, the spread and the paper's number in columns of their
  /// own, empty where there is nothing.
  public var csv: CSVTable {
    let header = columns.flatMap { column -> [String] in
      switch column.kind {
      case .text: [column.heading]
      case .number: [column.heading, "\(column.heading) spread"]
      case .compared:
        [column.heading, "\(column.heading) spread", "\(column.heading) paper"]
      }
    }
    let body = rows.map { row in
      zip(columns, row).flatMap { column, cell -> [String] in
        let parts = Self.parts(cell)
        return switch column.kind {
        case .text: [cell.text]
        case .number: Array(parts.prefix(2))
        case .compared: parts
        }
      }
    }
    return CSVTable(header: header, rows: body)
  }

  private static func parts(_ cell: TableCell) -> [String] {
    func number(_ value: Double?) -> String {
      value.map { $0.isFinite ? CSV.number($0) : "" } ?? ""
    }
    return switch cell {
    case .text(let text): [text, "", ""]
    case .number(let quantity): [number(quantity.value), number(quantity.spread), ""]
    case .compared(let quantity, let paper):
      [number(quantity.value), number(quantity.spread), paper]
    case .none: ["", "", ""]
    }
  }
}
