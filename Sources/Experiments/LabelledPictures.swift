import Datasets
import Dispatch
import Files
import Images
import Networks
import Synchronization

/// Pictures with labels, of which a network is shown some at a time.
public protocol LabelledPictures: Sendable {
  /// Class of each picture.
  var labels: [Int32] { get }
  /// What the classes are called.
  var classNames: [String] { get }
  /// The files they come from.
  var files: [ImageDataset.UsedFile] { get }
  /// One of them, in the size that it has.
  ///
  /// - Throws: `DataError`, where its file is damaged.
  func picture(_ index: Int) throws(DataError) -> Picture
}

extension ImageDataset: LabelledPictures {
  /// A record of three channels.
  public func picture(_ index: Int) throws(DataError) -> Picture {
    precondition(channels == 3, "a picture has three channels")
    return Picture(width: width, height: height, planes: record(index))
  }
}

extension PhotoSet: LabelledPictures {
  /// A photo, decoded.
  public func picture(_ index: Int) throws(DataError) -> Picture {
    let bytes = try bytes(index)
    do throws(FileError) {
      return try Picture.parse(bytes, path: photos[index].url.path)
    } catch {
      throw .file(dataset: name, error)
    }
  }
}

extension LabelledPictures {
  /// What a network of `[3, side, side]` is shown of some pictures, `[N, 3, side, side]`, made on several threads.
  ///
  /// Pictures of another size are brought to it: shorter side 256 for 224, else the side itself, then the middle, its
  /// corner rounded down. (torchvision rounds half to even: for EfficientNet-Lite0 on photos 85.8 % and not 85.5 %.)
  ///
  /// - Parameter view: what is shown of a picture, by its place among `indices`; all of it where nil.
  /// - Throws: `DataError` of the first damaged picture that was met.
  public func inputs(
    _ indices: some RandomAccessCollection<Int> & Sendable, side: Int, scaling: PixelScaling,
    threads: Int, view: (@Sendable (Picture, Int) -> Picture)? = nil
  ) throws(DataError) -> [Float] {
    let tables = (0..<3).map(scaling.table)
    let area = side * side
    let rows = Mutex([[Float]](repeating: [], count: indices.count))
    let failure = Mutex<DataError?>(nil)
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while failure.withLock({ $0 == nil }) {
        let place = next.wrappingAdd(1, ordering: .relaxed).oldValue
        if place >= indices.count { return }
        do throws(DataError) {
          let whole = try picture(indices[indices.index(indices.startIndex, offsetBy: place)])
          let pixels = (view?(whole, place) ?? whole).middle(side: side).pixels
          var row = [Float](repeating: 0, count: 3 * area)
          for position in 0..<area {
            for channel in 0..<3 {
              row[channel * area + position] = tables[channel][Int(pixels[3 * position + channel])]
            }
          }
          rows.withLock { $0[place] = row }
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    return rows.withLock { Array($0.joined()) }
  }
}

extension Picture {
  /// What a network of this side is shown.
  func middle(side: Int) -> Picture {
    if width == side && height == side { return self }
    let fitted = resized(shorterSide: side == 224 ? 256 : side)
    return fitted.cropped(
      left: (fitted.width - side) / 2, top: (fitted.height - side) / 2, width: side, height: side)
  }
}
