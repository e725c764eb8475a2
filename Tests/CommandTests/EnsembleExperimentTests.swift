import Foundation
import Harness
import Testing

/// Every ensembling method from training to report, small, on the embedded shapes.
struct EnsembleExperimentTests {
  @Test func everyMethodIsTrainedPredictedAndScored() throws {
    let work = try Workplace()
    let id = "tta-nll-cifar"
    let outcome = try work.bench("reproduce", id, "--tier", "smoke", "--quiet", minutes: 10)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let results = try Results(fromRecords: RecordFolder(report: work.report(id)))
    func value(_ metric: String, _ method: String, _ augmentation: String, _ n: Int) throws
      -> Double
    {
      try #require(
        results.values(
          metric: metric,
          where: ["method": method, "augmentation": augmentation, "n": "\(n)"]
        ).first?.value, "\(metric) \(method) \(augmentation) \(n)")
    }
    // Ten shapes: an answer by chance errs in 90 % and costs log 10 = 2.30 nats.
    for method in ["single_model", "swa"] {
      #expect(try value("test_error", method, "none", 1) < 75)
      #expect(try value("negative_cll", method, "none", 1) < 2.0)
    }
    for method in ["deep_ensemble", "sse", "csgld", "fge", "swag", "dropout", "vi_ffg"] {
      #expect(try value("test_error", method, "none", 2) < 80, "\(method)")
    }
    for method in ["deep_ensemble", "kfac_laplace", "fge"] {
      let one = try value("negative_cll", method, "crop_flip", 1)
      #expect(try value("negative_cll", method, "crop_flip", 4) < one, "\(method)")
    }
    #expect(try value("dee", "single_model", "none", 1) == 1)
    #expect(try value("dee", "deep_ensemble", "none", 2) == 2)
    for name in ["table.csv", "likelihood.png", "error.png", "equivalents.png", "views.png"] {
      #expect(
        FileManager.default.fileExists(atPath: work.report(id).appendingPathComponent(name).path))
    }
  }

  @Test func viewsOfEnlargedShapes() throws {
    let work = try Workplace()
    let id = "tta-nll-imagenet"
    let outcome = try work.bench(
      "reproduce", id, "--tier", "smoke", "--quiet", "--set", "photos=200", "--set",
      "training.epochs=4")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let results = try Results(fromRecords: RecordFolder(report: work.report(id)))
    func value(_ metric: String, _ n: Int) throws -> Double {
      try #require(results.values(metric: metric, where: ["n": "\(n)"]).first?.value)
    }
    for n in [1, 10] {
      let (low, gain, high) = (
        try value("gain_low", n), try value("gain", n), try value("gain_high", n)
      )
      #expect(low < gain && gain < high)
    }
    // More views of the same pictures help whatever the network.
    #expect(try value("gain", 10) > value("gain", 1))
  }
}
