// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "bench",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "bench", targets: ["bench"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
  ],
  targets: [
    // A target names every module it imports: what it only reaches through others is not rebuilt when that module changes,
    // and old objects would be linked.

    // Ground: system libraries, one module map each, hidden behind one Swift file.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCSV", providers: [.apt(["libcsv-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CGSL", pkgConfig: "gsl", providers: [.apt(["libgsl-dev"])]),

    // Ground.
    .target(
      name: "Files",
      dependencies: ["CZlib", "CCSV", "CPNG", "CJPEG", "CNettle"]),
    .target(name: "Metrics", dependencies: ["CGSL"]),

    // Science wing.
    .target(name: "CKernels"),
    .target(name: "Compute", dependencies: ["CKernels", "COpenBLAS", "Files"]),
    .target(
      name: "Datasets",
      dependencies: ["Files", .product(name: "Yams", package: "Yams")]),
    .target(name: "Images", dependencies: ["Compute", "Files"]),
    .target(name: "Networks", dependencies: ["Compute", "Files"]),
    .target(name: "Methods", dependencies: ["Networks", "Compute", "Datasets", "Metrics"]),

    // Harness wing.
    .target(
      name: "Harness",
      dependencies: [
        "Files", "Metrics",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "Reports", dependencies: ["Harness", "Files", "CCairo"]),

    // Where the wings meet.
    .target(
      name: "Experiments",
      dependencies: [
        "Methods", "Images", "Networks", "Compute", "Reports", "Harness", "Datasets", "Metrics",
        "Files",
      ]),
    .executableTarget(
      name: "bench",
      dependencies: [
        "Experiments", "Images", "Networks", "Compute", "Reports", "Harness", "Datasets", "Metrics",
        "Files",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(
      name: "bench-steps", dependencies: ["Networks", "Methods", "Compute"],
      path: "Benchmarks/Steps"),
    .executableTarget(
      name: "bench-pruned", dependencies: ["Networks", "Compute", "Files"],
      path: "Benchmarks/Pruned"),
    .executableTarget(
      name: "bench-pictures", dependencies: ["Images", "Files"], path: "Benchmarks/Pictures"),
    .executableTarget(
      name: "bench-views",
      dependencies: ["Experiments", "Datasets", "Images", "Networks", "Compute"],
      path: "Benchmarks/Views"),
    .executableTarget(
      name: "bench-search", dependencies: ["Methods", "Compute", "Files"],
      path: "Benchmarks/Search"),
    .executableTarget(
      name: "bench-probe", dependencies: ["Methods", "Compute", "Files"], path: "Benchmarks/Probe"),
    .executableTarget(
      name: "bench-shapes", dependencies: ["Images", "Datasets", "Networks", "Compute", "Files"],
      path: "Benchmarks/Shapes"),

    .testTarget(name: "FilesTests", dependencies: ["Files"]),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics", "Files"]),
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .testTarget(name: "ComputeTests", dependencies: ["Compute", "Files", "CAllocations"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "Files"]),
    .testTarget(name: "ImagesTests", dependencies: ["Images", "Compute", "Files"]),
    .testTarget(name: "NetworksTests", dependencies: ["Networks", "Compute", "Files"]),
    .testTarget(
      name: "MethodsTests", dependencies: ["Methods", "Networks", "Compute", "Datasets", "Files"]),
    .target(
      name: "HarnessToys", dependencies: ["Harness", "Files"], path: "Tests/Support/HarnessToys"),
    .executableTarget(
      name: "harness-probe", dependencies: ["HarnessToys", "Harness"],
      path: "Tests/Support/HarnessProbe"),
    .testTarget(
      name: "HarnessTests",
      dependencies: ["Harness", "HarnessToys", "harness-probe", "Metrics", "Files"]),
    .target(
      name: "Fuzzing", dependencies: ["Images", "Datasets", "Compute", "Files"],
      path: "Tests/Support/Fuzzing"),
    .executableTarget(
      name: "fuzz-readers", dependencies: ["Fuzzing"], path: "Tests/Support/FuzzReaders"),
    .testTarget(name: "ReadersTests", dependencies: ["Fuzzing", "Images", "Datasets", "Files"]),
    .testTarget(name: "ReportsTests", dependencies: ["Reports", "Files"]),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Experiments", "Images", "Networks", "Compute", "Harness", "Datasets", "Metrics", "Files",
      ]),
    .testTarget(
      name: "CommandTests",
      dependencies: ["bench", "Experiments", "Harness", "Images", "Metrics", "Files"]),
  ],
  swiftLanguageModes: [.v6]
)
