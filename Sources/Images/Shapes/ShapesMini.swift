import Compute

/// The data set `shapes-mini`: generated colour pictures in CIFAR-10's binary layout, the same bytes everywhere.
///
/// Each class has as many pictures as the others: record number i is of class i mod 10.
public enum ShapesMini {
  /// A part of the set.
  public enum Part: String, Sendable, CaseIterable {
    case train, test

    /// Its records.
    public var count: Int { self == .train ? 2000 : 1000 }
    /// Its file: the records behind each other, packed.
    public var file: String { "\(rawValue).bin.gz" }
  }

  /// The class of a record.
  public static func label(_ index: Int) -> ShapeClass { ShapeClass.allCases[index % 10] }

  /// The picture of a record.
  public static func picture(_ index: Int, of part: Part) -> Picture {
    var generator = RandomStream(seed: 1, "shapes-mini").child(part.rawValue).child(index).generator
    return ShapeScene(label(index), using: &generator).picture
  }

  /// Records of a part: a label, then 1,024 bytes each of red, green and blue.
  public static func records(_ range: Range<Int>, of part: Part) -> [UInt8] {
    range.flatMap { [UInt8(label($0).rawValue)] + picture($0, of: part).planes }
  }
}
