import Files
import Foundation
import Yams

/// The data sets that can be asked for by name: `datasets/catalog.yml`.
public struct Catalogue: Sendable {
  /// The sets, in the order of the file.
  public let datasets: [Entry]

  /// A data set: what it is, who made it, which files it consists of.
  public struct Entry: Sendable, Hashable, Decodable {
    /// Name by which experiments ask for it.
    public let name: String
    /// One line for people.
    public let title: String
    /// Short name of the licence.
    public let licence: String
    /// Whose it is and what may be done with it.
    public let terms: String
    /// What to cite.
    public let citation: String
    /// Where upstream lives.
    public let homepage: String
    /// What else a reader must know.
    public let note: String?
    /// How the files are read.
    public let format: Format
    /// `[C, H, W]`; empty where there are no records.
    public let shape: [Int]
    /// What the classes are called.
    public let classes: [String]
    /// A package of the system that brings it.
    public let package: Package?
    /// What upstream calls the folder of unpacked files, where that is not `name`.
    public let folder: String?
    /// All files in one gzipped tar, as upstream passes them on; members are told by their file names.
    public let archive: Variant?
    /// The parts it is used in.
    public let splits: [Split]
    /// What it consists of.
    public internal(set) var files: [File]
    /// A table of further files, which stands beside the catalogue in a folder `name`: name, length, SHA-256.
    public let list: FileList?

    /// The split of this name.
    public func split(_ name: String) -> Split? { splits.first { $0.name == name } }
    /// The file of this id.
    public func file(_ id: String) -> File? { files.first { $0.id == id } }
    /// Bytes on disk, of the first variant of each file.
    public var bytes: Int { files.reduce(0) { $0 + $1.variants[0].bytes } }
  }

  /// How files are read.
  public enum Format: String, Sendable, Hashable, Decodable, CaseIterable {
    /// MNIST's format, one file of pictures and one of labels per split, plain or gzip.
    case idx
    /// CIFAR-10's binary version: files of records of a label and 3 · 32 · 32 bytes.
    case cifar10 = "cifar-10"
    /// CIFAR-100's binary version, labelled by the 100 fine classes.
    case cifar100Fine = "cifar-100-fine"
    /// CIFAR-100's binary version, labelled by the 20 coarse classes.
    case cifar100Coarse = "cifar-100-coarse"
    /// Photos of any size with a table of labels, one picture a file: without shape and classes.
    case photos
    /// Files that hold no records, such as a network's weights: without shape, classes and splits, asked for by id.
    case files
  }

  /// A package of the operating system.
  public struct Package: Sendable, Hashable, Decodable {
    /// Its Debian name.
    public let apt: String
    /// Where it puts the files.
    public let folder: String
  }

  /// A part of a set: records `first ..< first + count` of its files.
  public struct Split: Sendable, Hashable, Decodable {
    /// Its name, such as `train`.
    public let name: String
    /// Ids of its files: that of pictures and that of labels, or all that hold records, in order.
    public let files: [String]
    /// Records that the files hold.
    public let records: Int
    /// First record that belongs to the split.
    public let first: Int
    /// Records that belong to the split.
    public let count: Int
  }

  /// A table of files that are too many to be named in the catalogue.
  public struct FileList: Sendable, Hashable, Decodable {
    /// Name of the table.
    public let name: String
    /// The variant that its files are.
    public let variant: String
  }

  /// A file of a set, in one of several variants.
  public struct File: Sendable, Hashable, Decodable {
    /// Name within the set.
    public let id: String
    /// What is accepted.
    public let variants: [Variant]

    init(id: String, variants: [Variant]) {
      self.id = id
      self.variants = variants
    }
  }

  /// One accepted form of a file.
  public struct Variant: Sendable, Hashable, Decodable {
    /// Name of the form, such as `original` or `unpacked`.
    public let id: String
    /// Name on disk.
    public let name: String
    /// Length.
    public let bytes: Int
    /// SHA-256.
    public let sha256: Digest
    /// Records in this form of the file, where it holds fewer than the split says.
    public let records: Int?
    /// MD5 as upstream publishes it.
    public let md5: String?
    /// Where it can be fetched; mirrors in order.
    public let urls: [URL]

    /// A form that cannot be fetched.
    init(id: String, name: String, bytes: Int, sha256: Digest) {
      self.id = id
      self.name = name
      self.bytes = bytes
      self.sha256 = sha256
      records = nil
      md5 = nil
      urls = []
    }
  }

  /// Reads `catalog.yml`.
  ///
  /// - Throws: `FileError`: `malformed` for what is not YAML, an unknown or missing key, a wrong type, or a
  ///   name that is used twice or points nowhere.
  public static func read(_ url: URL) throws(FileError) -> Catalogue {
    try parse(try Bytes.read(url, limit: 1 << 24), path: url.path)
  }

  /// Reads the bytes of a catalogue.
  public static func parse(
    _ bytes: [UInt8], path: String = "catalog.yml"
  ) throws(FileError) -> Catalogue {
    let document: CatalogueDocument
    do {
      document = try YAMLDecoder().decode(CatalogueDocument.self, from: Data(bytes))
    } catch let error as Misfit {
      throw error.fileError(path)
    } catch let error as DecodingError {
      throw error.misfit.fileError(path)
    } catch {
      throw FileError(.malformed, path: path, expected: "YAML", found: "\(error)")
    }
    var names: Set<String> = []
    for entry in document.datasets where !names.insert(entry.name).inserted {
      throw FileError(
        .malformed, path: path, expected: "unique names", found: "\(entry.name) twice")
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    var datasets: [Entry] = []
    for var entry in document.datasets {
      if let list = entry.list {
        let table = folder.appendingPathComponent(entry.name).appendingPathComponent(list.name)
        entry.files += try FileTable.read(table).map {
          File(id: $0.name, variants: [$0.variant(list.variant)])
        }
      }
      datasets.append(entry)
    }
    return Catalogue(datasets: datasets)
  }

  /// The set of this name.
  ///
  /// - Throws: `DataError.unknown` with the closest name there is.
  public func entry(_ name: String) throws(DataError) -> Entry {
    if let entry = datasets.first(where: { $0.name == name }) { return entry }
    throw .unknown(name: name, suggestion: closest(to: name, among: datasets.map(\.name)))
  }

}
