/// Lower and upper end of an error bar or band, in the units of the axis.
public struct Interval: Hashable, Sendable {
  /// Lower end.
  public var low: Double
  /// Upper end.
  public var high: Double

  /// The interval from `low` to `high`.
  public init(_ low: Double, _ high: Double) {
    self.low = low
    self.high = high
  }

  /// `middle` ± `half`.
  public init(_ middle: Double, plusMinus half: Double) {
    self.init(middle - half, middle + half)
  }
}

/// One thing drawn: a point, a corner of a line, a bar.
public struct Datum: Hashable, Sendable {
  /// Across; the index of the category on a categorical axis; unused by rules.
  public var x: Double
  /// Upwards.
  public var y: Double
  /// Error bar across.
  public var xInterval: Interval?
  /// Error bar or band upwards.
  public var yInterval: Interval?
  /// Text beside it, empty for none.
  public var label: String
  /// How far to the right of its place the picture has it, in points of the page, where data would cover each other; the CSV
  /// knows nothing of it.
  public var aside: Double

  /// A datum.
  public init(
    x: Double, y: Double, xInterval: Interval? = nil, yInterval: Interval? = nil,
    label: String = "", aside: Double = 0
  ) {
    self.x = x
    self.y = y
    self.xInterval = xInterval
    self.yInterval = yInterval
    self.label = label
    self.aside = aside
  }
}

/// Data drawn alike.
public struct Series: Hashable, Sendable {
  /// How data are drawn.
  public enum Kind: String, Hashable, Sendable {
    /// Filled markers with error bars.
    case points
    /// Open markers: numbers printed in a paper.
    case reference
    /// Small faint dots: single seeds.
    case seeds
    /// A line with a band.
    case line
    /// An arrow from each datum to the next.
    case arrows
    /// A horizontal dashed line across the panel, at the `y` of its data.
    case rule
    /// Filled bars from zero, with error bars.
    case bars
    /// Hatched bars from zero: numbers printed in a paper.
    case referenceBars
  }

  /// What it is; the text of the legend.
  public var name: String
  /// How it is drawn.
  public var kind: Kind
  /// Colour, marker, dashes.
  public var style: Style
  /// What is drawn.
  public var data: [Datum]
  /// Whether the legend has an entry for it.
  public var inLegend: Bool

  /// A series.
  public init(
    _ name: String, _ kind: Kind, style: Style, data: [Datum], inLegend: Bool = true
  ) {
    self.name = name
    self.kind = kind
    self.style = style
    self.data = data
    self.inLegend = inLegend
  }
}

/// One pair of axes and what is drawn between them.
public struct Panel: Hashable, Sendable {
  /// Written above.
  public var title: String
  /// Across.
  public var x: Axis
  /// Upwards.
  public var y: Axis
  /// What is drawn, first below last.
  public var series: [Series]
  /// A remark in the emptiest corner, empty for none.
  public var note: String

  /// A panel.
  public init(title: String = "", x: Axis, y: Axis, series: [Series], note: String = "") {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.note = note
  }
}

/// A whole figure: panels in rows and columns, a legend and a note below.
public struct Figure: Hashable, Sendable {
  /// Widths of the columns of a paper.
  public enum Width: Double, Hashable, Sendable {
    /// One column, 3.25 inches.
    case column = 234
    /// The whole page, 6.75 inches.
    case page = 486
  }

  /// Stem of its files' names.
  public var name: String
  /// What it shows, in a few words (metadata, not drawn).
  public var title: String
  /// What a reader who cannot see it should know (metadata).
  public var summary: String
  /// Total width.
  public var width: Width
  /// Height of each panel's frame in points.
  public var panelHeight: Double
  /// Rows of panels; all rows have equally many.
  public var panels: [[Panel]]
  /// Whether the panels of a column have one x axis, labelled below the last.
  public var sharesX: Bool
  /// Whether the panels of a row have one y axis, labelled left of the first.
  public var sharesY: Bool
  /// Entries of the legend that stand for no series of their own, such as "open: the paper".
  public var legend: [LegendEntry]
  /// What error bars and bands mean, how many seeds; written below.
  public var note: String

  /// A figure.
  public init(
    name: String, title: String, summary: String = "", width: Width = .page,
    panelHeight: Double = 150, panels: [[Panel]], sharesX: Bool = false, sharesY: Bool = false,
    legend: [LegendEntry] = [], note: String = ""
  ) {
    precondition(!panels.isEmpty && !panels[0].isEmpty, "a figure has a panel")
    precondition(
      panels.allSatisfy { $0.count == panels[0].count }, "rows have equally many panels")
    precondition(panelHeight >= 40 && panelHeight <= 1000, "a panel is 40 to 1000 points high")
    self.name = name
    self.title = title
    self.summary = summary
    self.width = width
    self.panelHeight = panelHeight
    self.panels = panels
    self.sharesX = sharesX
    self.sharesY = sharesY
    self.legend = legend
    self.note = note
  }
}

/// A line of the legend.
public struct LegendEntry: Hashable, Sendable {
  /// What the sign means.
  public var name: String
  /// The sign: drawn as a series of this kind would be.
  public var kind: Series.Kind
  /// Colour, marker, dashes.
  public var style: Style
  /// Whether a line's sign lies on a band.
  public var hasBand: Bool

  /// An entry.
  public init(
    _ name: String, _ kind: Series.Kind, style: Style = .neutral, hasBand: Bool = false
  ) {
    self.hasBand = hasBand
    self.name = name
    self.kind = kind
    self.style = style
  }
}
