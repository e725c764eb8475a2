import CKernels

/// Gathers the rows of a batch into blocks of 16 examples.
final class InputNode: Node {
  private var table: RowTable?
  private var rows: ArraySlice<Int32> = []
  private var features = 0
  private var pointers: UnsafeMutablePointer<UnsafeRawPointer?>?
  private var capacity = 0
  private let domain: Int

  init(domain: Int = 0) {
    self.domain = domain
    super.init([])
  }
  deinit { pointers?.deallocate() }

  override func prepare(_ program: Program) {
    features = program.trace.values[output].shape.reduce(1, *)
    capacity = program.trace.capacities[domain]
    pointers = .allocate(capacity: padded(capacity))
    pointers?.initialize(repeating: nil, count: padded(capacity))
  }

  func bind(_ table: RowTable, rows: ArraySlice<Int32>) {
    precondition(
      table.features == features, "input of \(features) features, table of \(table.features)")
    precondition(rows.count <= capacity, "\(rows.count) rows for a batch of \(capacity)")
    self.table = table
    self.rows = rows
    var place = 0
    for row in rows {
      pointers![place] =
        table.isBytes ? UnsafeRawPointer(table.byteRow(row)) : UnsafeRawPointer(table.floatRow(row))
      place += 1
    }
  }

  override func forward(_ step: Step, _ thread: Int) {
    guard let table, let pointers else { preconditionFailure("an input was not bound") }
    precondition(rows.count >= step.examples[domain], "fewer rows bound than examples in the step")
    let (begin, end) = step.share((features + 15) / 16, thread)
    let count = Int32(step.examples[domain])
    if table.isBytes {
      pointers.withMemoryRebound(to: UnsafePointer<UInt8>?.self, capacity: capacity) {
        step.kernels.from_bytes(
          $0, step.data[output], table.shift, table.scale, Int32(features), count, begin, end)
      }
    } else {
      pointers.withMemoryRebound(to: UnsafePointer<Float>?.self, capacity: capacity) {
        step.kernels.from_rows($0, step.data[output], Int32(features), count, begin, end)
      }
    }
  }
}

/// Holds the labels of a batch.
final class LabelNode: Node {
  let labels: UnsafeMutablePointer<Int32>
  private let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
    let raw = UnsafeMutableRawPointer.allocate(byteCount: padded(capacity) * 4, alignment: 64)
    labels = raw.bindMemory(to: Int32.self, capacity: padded(capacity))
    labels.initialize(repeating: 0, count: padded(capacity))
    super.init([])
  }
  deinit { UnsafeMutableRawPointer(labels).deallocate() }

  func bind(_ source: [Int32], rows: ArraySlice<Int32>) {
    precondition(rows.count <= capacity, "\(rows.count) labels for a batch of \(capacity)")
    var place = 0
    for row in rows {
      labels[place] = source[Int(row)]
      place += 1
    }
  }
}

/// A number given before each step.
final class ScalarNode: Node {
  var number: Float = 0
  init() { super.init([]) }
  override func forward(_ step: Step, _ thread: Int) {
    if thread == 0 { step.data[output].pointee = number }
  }
}
