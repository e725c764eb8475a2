import Files
import Foundation
import Harness
import Testing

/// The experiments around sparse variational dropout, small, on the embedded data: do they show what they are about?
@Suite(.serialized) struct RelativesTests {
  private func results(_ id: String, _ settings: [String]) throws -> Results {
    let work = try Workplace()
    let outcome = try work.start(
      ["reproduce", id, "--tier", "smoke", "--quiet"] + settings.flatMap { ["--set", $0] }
    ).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    for name in ["table.csv", "verdicts.csv", "measurements.csv"] {
      #expect(
        FileManager.default.fileExists(atPath: work.report(id).appendingPathComponent(name).path))
    }
    return try Results(fromRecords: RecordFolder(report: work.report(id)))
  }

  private func value(
    _ results: Results, _ metric: String, _ place: [String: String]
  ) throws -> Double {
    var place = place
    for column in ["layer", "epoch"] where place[column] == nil { place[column] = "" }
    return try #require(results.values(metric: metric, where: place).first?.value)
  }

  @Test func randomLabels() throws {
    let found = try results(
      "sparse-vd-random-labels",
      ["width=100", "convolutionalImages=200", "dropoutSteps=200", "convolutionalDropoutSteps=200"])
    for network in ["FC", "LeNet-5-Caffe"] {
      let sparse = ["network": network, "method": "sparse_vd"]
      #expect(try value(found, "sparsity", sparse) > 99.9)
      // Ten classes: what is left answers the most frequent label.
      #expect(try value(found, "train_accuracy", sparse) < 20)
      #expect(
        try value(found, "train_accuracy", ["network": network, "method": "binary_dropout"])
          > value(found, "train_accuracy", sparse) + 5, "\(network)")
    }
  }

  @Test func bothFormulasOfTheNotebook() throws {
    let found = try results("sparse-vd-training-log", ["epochs=4", "seeds=1"])
    func first(_ ratio: String) -> [String: String] {
      ["log_alpha": ratio, "epoch": "1", "layer": "fc1"]
    }
    // With the 2 inside the logarithm hardly anything is removed at first.
    #expect(try value(found, "layer_sparsity", first("notebook")) < 2)
    #expect(try value(found, "layer_sparsity", first("paper")) > 10)
    for ratio in ["notebook", "paper"] {
      // The loss rises with the weight of the divergence on so few images; that it learns shows in the accuracy.
      let accuracy = try (1...4).map {
        try value(found, "train_accuracy", ["log_alpha": ratio, "epoch": "\($0)"])
      }
      #expect(accuracy[3] > accuracy[0] + 5, "\(ratio)")
      #expect(try value(found, "test_accuracy", ["log_alpha": ratio]) > 70)
    }
  }

  @Test func parametrisationsDifferInSpeedAndNoise() throws {
    let found = try results(
      "sparse-vd-parametrization",
      ["epochs=4", "network=784-50-10", "gradientEpochs=4", "gradientDraws=40"])
    let additive = ["parametrisation": "additive"]
    #expect(
      try value(found, "sparsity", additive)
        > value(found, "sparsity", ["parametrisation": "multiplicative"]) + 20)
    func variance(_ gradient: String, _ logAlpha: Int) throws -> Double {
      let place = ["gradient": gradient, "log_alpha": "\(logAlpha)", "epoch": "4"]
      return try value(found, "gradient_variance", additive.merging(place) { $1 })
    }
    // One posterior, two gradients: alike where there is little noise, far apart where there is much.
    #expect(try variance("multiplicative", -3) < 1.2 * variance("additive", -3))
    #expect(try variance("multiplicative", 6) > 2 * variance("additive", 6))
  }

  @Test func everyWidthIsTrained() throws {
    let found = try results(
      "sparse-vd-width", ["widths=0.1,0.25", "denseEpochs=3", "epochs=4", "warmUpTo=8"])
    for width in ["0.1", "0.25"] {
      let sparse = ["k": width, "method": "sparse_vd"]
      #expect(try value(found, "compression", sparse) > 1)
      #expect(try value(found, "test_error", ["k": width, "method": "original"]) < 50)
    }
  }

  /// Fifty images, an embedded set as source and target: every prior learns something, and all learn from one split.
  @Test func priorsOfKernels() throws {
    let found = try results("dwp-fig2-accuracy", [])
    func accuracy(_ method: String) throws -> Double {
      try value(found, "test_accuracy", ["method": method, "n": "50", "step": ""])
    }
    for method in ["log_uniform", "standard_normal", "deterministic_l2"] {
      #expect(try accuracy(method) > 0.35, "\(method)")
    }
    for method in ["dwp", "dwp_trained_encoder", "gaussian_full_covariance"] {
      #expect(try accuracy(method) > 0.2, "\(method)")
    }
    #expect(found.distinct("method", metric: "test_accuracy").count == 7)
  }

  /// Every figure of the deep weight prior plans the same source networks and priors, so that they are trained once.
  @Test(arguments: [
    "dwp-fig1-kernels", "dwp-fig3-random-features", "dwp-fig4-convergence", "dwp-fig5-latent",
    "dwp-fig6-vae-samples",
  ])
  func figuresShareTheirPriors(_ id: String) throws {
    func keys(_ id: String) throws -> Set<String> {
      let plan = try Workplace().bench("reproduce", id, "--dry-run", "--json").json()
      let trials = try #require(plan["trials"] as? [[String: Any]])
      return Set(
        trials.filter {
          let title = $0["title"] as? String ?? ""
          return title.hasPrefix("train-kernel-source") || title.hasPrefix("fit-kernel-prior")
        }.compactMap { $0["trial"] as? String })
    }
    let shared = try keys("dwp-fig2-accuracy")
    #expect(shared.count == 4)
    #expect(try keys(id) == shared)
  }

  @Test func kernelsAreDrawn() throws {
    let id = "dwp-fig1-kernels"
    let work = try Workplace()
    let outcome = try work.start(["reproduce", id, "--quiet"]).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    let records = try RecordFolder(report: work.report(id))
    let trial = try #require(records.index.plan.trials.first { $0.recipe == "draw-kernels" })
    func array(_ name: String) throws -> NPY {
      try NPY.read(records.folder.appendingPathComponent("\(trial.key.hex)/\(name).npy"))
    }
    for set in ["source", "sample"] {
      #expect(try array(set).shape == [16, 7, 7])
      let picture = work.report(id).appendingPathComponent("\(set).png")
      #expect(try Data(contentsOf: picture).count > 1000)
    }
    #expect(try array("codes").shape == [16, 2])
    // Kernels whose norm is below the floor were left out.
    let source = try array("source").floats()
    for start in stride(from: 0, to: source.count, by: 49) {
      let squares = source[start..<start + 49].reduce(0) { $0 + $1 * $1 }
      #expect(squares.squareRoot() >= 0.0999)
    }
    let found = try Results(fromRecords: records)
    #expect(try value(found, "mean_norm", ["set": "source"]) > 0.1)
  }

  @Test func classifiersLearnOverFrozenConvolutions() throws {
    let found = try results("dwp-fig3-random-features", [])
    #expect(found.distinct("method", metric: "test_accuracy") == ["dwp", "filters", "xavier"])
    // A prior learned from a few hundred kernels is no prior, so nothing is asked of it.
    for (method, least) in [("filters", 0.45), ("xavier", 0.4)] {
      #expect(
        try value(found, "test_accuracy", ["method": method, "k": "1/4"]) > least, "\(method)")
    }
  }

  /// Sixty steps: everything learns; pictures are drawn by the trials that were measured.
  @Test func networksLearnFromTheirKernels() throws {
    let found = try results("dwp-fig4-convergence", [])
    for method in ["dwp", "filters", "xavier"] {
      func at(_ step: Int) -> [String: String] { ["method": method, "step": "\(step)"] }
      #expect(
        try value(found, "elbo", at(60)) > value(found, "elbo", at(20)) + 20, "\(method)")
      #expect(
        try value(found, "test_accuracy", at(60)) > value(found, "test_accuracy", at(10)) + 0.05,
        "\(method)")
      #expect(try value(found, "kl", at(60)) > 0)
    }
    // From one start, in one order: what differs at the first score are the convolutions.
    let first = ["dwp", "filters", "xavier"].compactMap {
      try? value(found, "elbo", ["method": $0, "step": "20"])
    }
    #expect(Set(first).count == 3)
  }

  @Test func samplesAreThoseOfTheMeasuredTrials() throws {
    let id = "dwp-fig6-vae-samples"
    let work = try Workplace()
    func trials(_ id: String) throws -> Set<String> {
      let plan = try work.bench("reproduce", id, "--dry-run", "--json").json()
      let trials = try #require(plan["trials"] as? [[String: Any]])
      return Set(trials.compactMap { $0["trial"] as? String })
    }
    let own = try trials(id)
    // Two source networks, two priors, three autoencoders.
    #expect(own.count == 7)
    #expect(try trials("dwp-fig4-convergence").isSuperset(of: own))

    let outcome = try work.start(["reproduce", id, "--quiet"]).wait()
    #expect(outcome.code == 0, "\(outcome.errors)")
    func bytes(_ name: String) throws -> Data {
      try Data(contentsOf: work.report(id).appendingPathComponent(name))
    }
    let picture = try bytes("samples.png")
    #expect(picture.count > 10_000)
    // The sheets stand in the records: without the store the report is drawn to the same bytes.
    let found = try Results(fromRecords: RecordFolder(report: work.report(id)))
    #expect(found.distinct("step", metric: "mean_pixel") == ["20", "40", "60"])
    try FileManager.default.removeItem(at: work.report(id).appendingPathComponent("samples.png"))
    let again = try work.start(["report", id, "--tier", "smoke"]).wait()
    #expect(again.code == 0, "\(again.errors)")
    #expect(try bytes("samples.png") == picture)
  }
}
