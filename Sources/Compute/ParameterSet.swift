import Foundation

/// The names, shapes and places of the parameters of a program.
public struct ParameterLayout: Sendable {
  /// One parameter.
  public struct Entry: Sendable {
    /// Its name, such as `conv1.weight`.
    public let name: String
    /// Its dimensions.
    public let shape: [Int]
    /// What part it plays.
    public let role: ParameterRole
    let offset: Int
    var layout: FreeLayout { FreeLayout(shape: shape) }
    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
  }

  /// In order: trainable, frozen, statistics; each in the order of the trace.
  public let entries: [Entry]
  /// Floats of the trainable parameters, which come first.
  let trainable: Int
  let floats: Int
  private let places: [String: Int]

  init(_ parameters: [Trace.Parameter]) {
    var entries: [Entry] = []
    var offset = 0
    var trainable = 0
    for role in [ParameterRole.trainable, .frozen, .statistic] {
      for parameter in parameters where parameter.role == role {
        entries.append(
          Entry(name: parameter.name, shape: parameter.shape, role: role, offset: offset))
        offset += FreeLayout(shape: parameter.shape).floats
      }
      if role == .trainable { trainable = offset }
    }
    self.entries = entries
    self.trainable = trainable
    floats = offset
    places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
  }

  /// The entry of a name; a programmer's mistake where there is none.
  public subscript(_ name: String) -> Entry {
    guard let place = places[name] else { preconditionFailure("no parameter named \(name)") }
    return entries[place]
  }
  /// Whether there is a parameter of that name.
  public func contains(_ name: String) -> Bool { places[name] != nil }

  /// Where another program's parameter of the same name and shape lies in this layout.
  func offset(of entry: Entry) -> Int {
    let own = self[entry.name]
    precondition(
      own.shape == entry.shape, "\(entry.name): expected shape \(entry.shape), found \(own.shape)")
    return own.offset
  }
}

/// The numbers that programs compute with, and their gradients. Programs with the same parameter names can run on
/// the same set; an ensemble is several sets under one program.
///
/// A class because it owns memory that kernels address directly.
public final class ParameterSet {
  /// Names, shapes and places.
  public let layout: ParameterLayout
  let values: Memory
  lazy var gradients = Memory(floats: layout.floats)

  /// A set of zeros.
  public init(_ layout: ParameterLayout) {
    self.layout = layout
    values = Memory(floats: layout.floats)
  }

  /// A copy of the numbers.
  public func copy() -> ParameterSet {
    let other = ParameterSet(layout)
    memcpy(other.values.floats, values.floats, layout.floats * 4)
    return other
  }

  /// Takes the numbers of every parameter that both sets have.
  public func copyValues(from other: ParameterSet) {
    for entry in layout.entries where other.layout.contains(entry.name) {
      memcpy(
        values.floats + entry.offset, other.values.floats + other.layout.offset(of: entry),
        entry.layout.floats * 4)
    }
  }

  /// The numbers of a parameter, in row-major order of its shape.
  public subscript(_ name: String) -> [Float] {
    get {
      let entry = layout[name]
      return unpack(values.floats + entry.offset, entry.layout)
    }
    set {
      let entry = layout[name]
      precondition(
        newValue.count == entry.count, "\(name): \(newValue.count) numbers for \(entry.shape)")
      let free = entry.layout
      newValue.withUnsafeBufferPointer { source in
        for row in 0..<free.rows {
          memcpy(
            values.floats + entry.offset + row * free.stride,
            source.baseAddress! + row * free.columns,
            free.columns * 4)
        }
      }
    }
  }

  /// The gradient of a parameter after a backward pass.
  public func gradient(_ name: String) -> [Float] {
    let entry = layout[name]
    return unpack(gradients.floats + entry.offset, entry.layout)
  }

  /// Whether every trainable number is finite.
  public var isFinite: Bool {
    var total: Float = 0
    for i in 0..<layout.trainable { total += values.floats[i] * 0 }
    return total == 0
  }
}
