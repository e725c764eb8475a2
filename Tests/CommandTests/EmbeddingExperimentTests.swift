import Files
import Foundation
import Harness
import Testing

/// Mean embeddings from training to report, small, on the embedded shapes.
struct EmbeddingExperimentTests {
  @Test func tableAndFiguresShareTheirTrials() throws {
    let work = try Workplace()
    let table = "metta-table2-linear-probe"
    let outcome = try work.bench("reproduce", table, "--tier", "smoke", "--quiet")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let results = try Results(fromRecords: RecordFolder(report: work.report(table)))
    for (features, width) in [
      ("supervised", "1x"), ("supervised", "2x"), ("self-supervised", "1x"),
      ("self-supervised", "2x"),
    ] {
      let place = ["features": features, "width": width]
      func values(_ metric: String, _ more: [String: String]) -> [Double] {
        results.values(metric: metric, where: place.merging(more) { a, _ in a }).map(\.value)
      }
      #expect(values("linear_eval_top1", ["method": "central_crop"]).count == 1)
      for trained in ["mean", "central"] {
        for n in ["1", "2", "5", "10"] {
          let found = values(
            "linear_eval_top1", ["trained_on": trained, "method": "mean_embedding", "n": n])
          #expect(found.count == 1 && (0...100).contains(found[0]))
        }
      }
      // Ten classes: knowing nothing costs log 10 = 2.30 nats; the penalty is chosen on other pictures.
      for nats in values("negative_ll", [:]) { #expect(nats < 2.6) }
    }
    let supervised = results.values(
      metric: "linear_eval_top1",
      where: ["features": "supervised", "width": "2x", "method": "central_crop"])
    #expect(supervised[0].value > 20)
    for name in ["table.csv", "accuracy.png", "likelihood.png"] {
      #expect(
        FileManager.default.fileExists(
          atPath: work.report(table).appendingPathComponent(name).path))
    }

    let way = "metta-fig8-interpolation"
    let second = try work.bench("reproduce", way, "--tier", "smoke", "--quiet")
    #expect(second.code == 0, "\(second.errors)")
    let ways = try Results(fromRecords: RecordFolder(report: work.report(way)))
    // The ends are numbers of the table.
    for (features, width) in [("supervised", "1x"), ("self-supervised", "2x")] {
      let place = ["features": features, "width": width, "trained_on": "mean"]
      let own = results.values(
        metric: "negative_ll",
        where: place.merging(["method": "mean_embedding", "n": "10"]) { a, _ in a })
      for towards in ["central", "single"] {
        let end = ways.values(
          metric: "negative_ll",
          where: place.merging(["towards": towards, "alpha": "0.0"]) { a, _ in a })
        #expect(end.count == 1 && abs(end[0].value - own[0].value) < 1e-9)
      }
      let whole = ways.values(
        metric: "linear_eval_top1",
        where: [
          "features": features, "width": width, "trained_on": "central", "towards": "central",
          "alpha": "1.0",
        ])
      let known = results.values(
        metric: "linear_eval_top1",
        where: ["features": features, "width": width, "method": "central_crop"])
      #expect(whole.map(\.value) == known.map(\.value))
    }

    let method = "metta-fig7"
    let third = try work.bench("reproduce", method, "--tier", "smoke", "--quiet")
    #expect(third.code == 0, "\(third.errors)")
    let found = try Results(fromRecords: RecordFolder(report: work.report(method)))
    #expect(found.rows(metric: "precision").count == 4 * 5 * 2)
    for name in ["retrieval.png", "embeddings.png", "views.png", "table.csv"] {
      #expect(
        FileManager.default.fileExists(
          atPath: work.report(method).appendingPathComponent(name).path))
    }
    // What the table trained and embedded, neither figure does again.
    func keys(_ id: String) throws -> Set<TrialKey> {
      try Set(
        RecordFolder(report: work.report(id)).index.plan.trials.filter {
          $0.recipe.hasPrefix("train-") || $0.recipe == "embed"
        }.map(\.key))
    }
    #expect(try keys(table).count == 8)
    #expect(try keys(table) == keys(way) && keys(table) == keys(method))
  }
}
