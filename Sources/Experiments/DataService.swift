import Datasets
import Files
import Harness

/// The data sets that trials read.
public struct DataService: Sendable {
  /// Where they are found.
  public let dataLibrary: DataLibrary

  /// A service over a library.
  public init(_ dataLibrary: DataLibrary) { self.dataLibrary = dataLibrary }

  /// The digest of a set in trial keys: over the digests of all its files, each checked on disk.
  ///
  /// - Throws: `DataError`, which names the set and the command that gets it.
  public func digest(_ name: String) throws -> String {
    // One line per file, in the catalogue's order: its name and digest.
    let files = try dataLibrary.verify(name).map { "\($0.name) \($0.sha256.hex)" }
    return Digest.sha256(of: files.joined(separator: "\n")).hex
  }
}

extension TrialContext {
  /// What `body` takes from the library of data sets.
  ///
  /// - Throws: `TrialFailure.data` when a set is missing or damaged.
  func data<T>(_ body: (DataLibrary) throws -> T) throws -> T {
    guard let service = services[DataService.self] else {
      preconditionFailure("trials that read data need a data service")
    }
    do {
      return try body(service.dataLibrary)
    } catch {
      throw TrialFailure.data("\(error)")
    }
  }

  /// The training and test images of a set, ready for a network.
  ///
  /// - Throws: `TrialFailure.data` when the set is missing or damaged.
  func digits(
    _ name: String, _ split: DigitData.Split, pixels: DigitData.Pixels = .minusMeanImage
  ) throws -> DigitData {
    try data { library in
      let train = try library.load(name, split: "train")
      let test = try library.load(name, split: "test")
      return try DigitData(
        train: train, test: test, split: split, holdOut: train.count / 12, pixels: pixels)
    }
  }
}
