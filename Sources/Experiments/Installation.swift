import Foundation

/// Where the program's own files are: `experiments/` and `datasets/`.
public struct Installation: Sendable {
  /// The folder that holds both.
  public let root: URL

  /// Finds the files: `BENCH_HOME`, else beside an installed program (`../share/bench`), else the source tree that the
  /// program was built in.
  ///
  /// - Throws: `InstallationError.notFound` with the places that were tried.
  public static func find(
    executable: URL, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> Installation {
    var tried: [String] = []
    func holds(_ folder: URL) -> Bool {
      tried.append(folder.path)
      return ["experiments", "datasets"].allSatisfy { name in
        var isFolder: ObjCBool = false
        let path = folder.appendingPathComponent(name).path
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
          && isFolder.boolValue
      }
    }
    if let home = environment["BENCH_HOME"], !home.isEmpty {
      let folder = URL(fileURLWithPath: home)
      if holds(folder) { return Installation(root: folder) }
      throw InstallationError.notFound(tried)
    }
    let program = executable.resolvingSymlinksInPath()
    let shared = program.deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("share/bench")
    if holds(shared) { return Installation(root: shared) }
    var folder = program.deletingLastPathComponent()
    while folder.path != "/" {
      if holds(folder) { return Installation(root: folder) }
      folder = folder.deletingLastPathComponent()
    }
    throw InstallationError.notFound(tried)
  }

  /// `experiments/<id>/`.
  public func experiment(_ id: String) -> URL {
    root.appendingPathComponent("experiments").appendingPathComponent(id)
  }
  /// `datasets/`.
  public var datasets: URL { root.appendingPathComponent("datasets") }
}

/// The program's own files are missing.
public enum InstallationError: Error, CustomStringConvertible {
  /// None of these folders holds `experiments` and `datasets`.
  case notFound([String])

  /// One line.
  public var description: String {
    switch self {
    case .notFound(let tried):
      "the folders experiments and datasets were not found; tried \(tried.joined(separator: ", "));"
        + " set BENCH_HOME to the folder that holds them"
    }
  }
}
