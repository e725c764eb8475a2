import Reports
import Testing

struct TicksTests {
  struct Case: Sendable {
    var range: ClosedRange<Double>
    var count: Int
    var labels: [String]
  }

  @Test(arguments: [
    Case(range: 0...1, count: 5, labels: ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    Case(range: 0...10, count: 5, labels: ["0", "2", "4", "6", "8", "10"]),
    Case(range: 0.62...3.9, count: 4, labels: ["1", "2", "3"]),
    Case(range: -1.2...1.2, count: 5, labels: ["−1.0", "−0.5", "0.0", "0.5", "1.0"]),
    Case(range: 98.9...99.9, count: 3, labels: ["99.0", "99.5"]),
    Case(range: 0...60000, count: 4, labels: ["0", "20000", "40000", "60000"]),
    Case(
      range: 0...1_200_000, count: 3, labels: ["0", "0.5×10⁶", "1.0×10⁶"]),
    Case(range: 0...0.00012, count: 3, labels: ["0", "0.5×10⁻⁴", "1.0×10⁻⁴"]),
    Case(range: 5...5, count: 3, labels: ["5"]),
  ])
  func linearLabels(_ known: Case) {
    #expect(Ticks.linear(known.range, count: known.count).labels == known.labels)
  }

  @Test func linearPlacesAreTheNearestDoubles() {
    #expect(Ticks.linear(0...1, count: 10).major[3] == 0.3)
    #expect(Ticks.linear(0...1, count: 10).major[7] == 0.7)
  }

  @Test(arguments: [
    Case(range: 0.9...1200, count: 4, labels: ["1", "10", "100", "1000"]),
    Case(range: 0.8...120, count: 7, labels: ["1", "2", "5", "10", "20", "50", "100"]),
    Case(range: 1.9...11, count: 5, labels: ["2", "5", "10"]),
    Case(range: 30...50, count: 4, labels: ["30", "35", "40", "45", "50"]),
    Case(range: 1e-8...1e8, count: 4, labels: ["10⁻⁵", "10⁰", "10⁵"]),
    Case(range: 1e-5...1e-2, count: 4, labels: ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²"]),
  ])
  func logLabels(_ known: Case) {
    #expect(Ticks.log(known.range, count: known.count).labels == known.labels)
  }

  @Test func logMinorTicksAreTwoToNine() {
    let ticks = Ticks.log(1...1000, count: 4)
    #expect(ticks.major == [1, 10, 100, 1000])
    #expect(ticks.minor.count == 24)
    #expect(ticks.minor.prefix(8) == [2, 3, 4, 5, 6, 7, 8, 9])
    #expect(ticks.minor.last == 900)
  }

  @Test(arguments: [2, 3, 5, 9], [1e-290, 1e-20, 1e-3, 1, 7, 1e5, 1e280])
  func everyTickIsInsideAndLabelled(_ count: Int, _ scale: Double) {
    let linear = Ticks.linear(-0.37 * scale...1.91 * scale, count: count)
    #expect(linear.major.count == linear.labels.count)
    #expect(linear.major.count >= 2 && linear.major.count <= 2 * count + 2)
    #expect(Set(linear.labels).count == linear.labels.count)
    #expect(linear.major == linear.major.sorted())
    #expect(linear.major.allSatisfy { $0 >= -0.38 * scale && $0 <= 1.92 * scale })
    for span in [1.5, 8, 40, 1e4, 1e9] {
      let log = Ticks.log(scale...scale * span, count: count)
      #expect(log.major.count == log.labels.count && !log.major.isEmpty)
      #expect(Set(log.labels).count == log.labels.count)
      #expect(
        (log.major + log.minor).allSatisfy {
          $0 >= scale * (1 - 1e-6) && $0 <= scale * span * (1 + 1e-6)
        })
    }
  }
}
