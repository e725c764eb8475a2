import Files

/// Pictures with labels, all in memory: `[N, C, H, W]` bytes and `[N]` classes.
public struct ImageDataset: Sendable {
  /// A file that was read: which, in which of its variants.
  public struct UsedFile: Hashable, Sendable, Codable {
    /// Its name on disk.
    public var name: String
    /// The variant's name in the catalogue.
    public var variant: String
    /// Its SHA-256.
    public var sha256: Digest

    /// A file that was read.
    public init(name: String, variant: String, sha256: Digest) {
      self.name = name
      self.variant = variant
      self.sha256 = sha256
    }
  }

  /// Name in the catalogue.
  public let name: String
  /// Which part of the set.
  public let split: String
  /// Number of channels C.
  public let channels: Int
  /// Rows H.
  public let height: Int
  /// Columns W.
  public let width: Int
  /// `[N, C, H, W]`, 0 to 255.
  public let pixels: [UInt8]
  /// Class of each record, `0..<classNames.count`.
  public let labels: [Int32]
  /// What the classes are called.
  public let classNames: [String]
  /// The files it came from; a subset keeps them.
  public let files: [UsedFile]

  /// A data set of these records; counts and labels must agree.
  public init(
    name: String, split: String, channels: Int, height: Int, width: Int, pixels: [UInt8],
    labels: [Int32], classNames: [String], files: [UsedFile] = []
  ) {
    precondition(channels > 0 && height > 0 && width > 0, "shape: must be positive")
    precondition(
      pixels.count == labels.count * channels * height * width, "pixels: count does not match")
    precondition(
      labels.allSatisfy { $0 >= 0 && Int($0) < classNames.count }, "labels: out of range")
    self.name = name
    self.split = split
    self.channels = channels
    self.height = height
    self.width = width
    self.pixels = pixels
    self.labels = labels
    self.classNames = classNames
    self.files = files
  }

  /// Number of records N.
  public var count: Int { labels.count }
  /// Number of classes.
  public var classCount: Int { classNames.count }
  /// `[C, H, W]`.
  public var shape: [Int] { [channels, height, width] }
  /// C · H · W.
  public var pixelsPerRecord: Int { channels * height * width }
  /// What a key says about the data: SHA-256 over the digests of its files.
  public var digest: Digest { ImageDataset.digest(of: files) }

  /// SHA-256 over one line `name variant sha256` per file, sorted.
  static func digest(of files: [UsedFile]) -> Digest {
    let lines = files.map { "\($0.name) \($0.variant) \($0.sha256)\n" }
    return .sha256(of: lines.sorted().joined())
  }

  /// Bytes of record `index`, `[C, H, W]`.
  public func record(_ index: Int) -> ArraySlice<UInt8> {
    pixels[(index * pixelsPerRecord)..<((index + 1) * pixelsPerRecord)]
  }

  /// These records, in this order.
  public func subset(_ indices: some Collection<Int>) -> ImageDataset {
    var chosen: [UInt8] = []
    chosen.reserveCapacity(indices.count * pixelsPerRecord)
    for index in indices { chosen += record(index) }
    return ImageDataset(
      name: name, split: split, channels: channels, height: height, width: width, pixels: chosen,
      labels: indices.map { labels[$0] }, classNames: classNames, files: files)
  }

  /// Records `range`, in their order.
  public func range(_ range: Range<Int>) -> ImageDataset { subset(range) }
}
