import Files
import Foundation

/// Labelled pictures in files of their own, PNG or JPEG of any size, read one at a time.
public struct PhotoSet: Sendable {
  /// A picture that has not been read.
  public struct Photo: Sendable, Hashable {
    /// Its file.
    public var url: URL
    /// Its class.
    public var label: Int32
    /// What the file must be.
    public var sha256: Digest

    /// A picture in a file.
    public init(url: URL, label: Int32, sha256: Digest) {
      self.url = url
      self.label = label
      self.sha256 = sha256
    }
  }

  /// Name in the catalogue, or that of the folder.
  public let name: String
  /// The pictures, in order.
  public let photos: [Photo]
  /// What the classes are called.
  public let classNames: [String]
  /// What it came from: for all photos together one line, with the SHA-256 over their table.
  public let files: [ImageDataset.UsedFile]

  /// A set of these pictures; labels must be below the number of classes.
  public init(
    name: String, photos: [Photo], classNames: [String], files: [ImageDataset.UsedFile]
  ) {
    precondition(
      photos.allSatisfy { $0.label >= 0 && Int($0.label) < classNames.count },
      "labels: out of range")
    self.name = name
    self.photos = photos
    self.classNames = classNames
    self.files = files
  }

  /// Number of pictures.
  public var count: Int { photos.count }
  /// Class of each picture.
  public var labels: [Int32] { photos.map(\.label) }

  /// The first so many.
  public func prefix(_ count: Int) -> PhotoSet {
    PhotoSet(
      name: name, photos: Array(photos.prefix(count)), classNames: classNames, files: files)
  }

  /// The bytes of a picture's file, compared with their SHA-256.
  ///
  /// - Throws: `DataError.file`.
  public func bytes(_ index: Int) throws(DataError) -> [UInt8] {
    let photo = photos[index]
    do throws(FileError) {
      let bytes = try Bytes.read(photo.url, limit: 1 << 28)
      let found = Digest.sha256(of: bytes)
      if found != photo.sha256 {
        throw FileError(
          .wrongHash, path: photo.url.path, expected: "SHA-256 \(photo.sha256)", found: "\(found)")
      }
      return bytes
    } catch {
      throw .file(dataset: name, error)
    }
  }

  /// A folder of one folder per class, each with PNG and JPEG files; classes in the order of their names.
  ///
  /// - Throws: `FileError`: `missing`, `unreadable`; `malformed` where there is no picture.
  public init(folder: URL) throws(FileError) {
    var classes: [String] = []
    var photos: [Photo] = []
    var rows: [FileTable.Row] = []
    for name in try Folder.names(in: folder) where !name.hasPrefix(".") {
      let inner = folder.appendingPathComponent(name, isDirectory: true)
      guard try FileStatus.of(inner)?.isFolder == true else { continue }
      let files = try Folder.names(in: inner).filter(PhotoSet.isPicture)
      if files.isEmpty { continue }
      for file in files {
        let url = inner.appendingPathComponent(file)
        let (bytes, digest) = (try FileStatus.of(url)?.bytes ?? 0, try Digest.sha256(file: url))
        photos.append(Photo(url: url, label: Int32(classes.count), sha256: digest))
        rows.append(FileTable.Row(name: "\(name)/\(file)", bytes: bytes, sha256: digest))
      }
      classes.append(name)
    }
    if photos.isEmpty {
      throw FileError(
        .malformed, path: folder.path, expected: "folders of PNG or JPEG files, one per class",
        found: "none")
    }
    self.init(
      name: folder.lastPathComponent, photos: photos, classNames: classes,
      files: [
        .init(
          name: folder.lastPathComponent, variant: "folder",
          sha256: .sha256(of: FileTable.encoded(rows)))
      ])
  }

  /// Whether a file is a picture by its name.
  static func isPicture(_ name: String) -> Bool {
    let ending = name.split(separator: ".").last?.lowercased() ?? ""
    return !name.hasPrefix(".") && ["png", "jpg", "jpeg"].contains(ending)
  }
}
