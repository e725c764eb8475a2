import Files
import Foundation
import Harness
import Testing

/// The whole way from a command to a report, on the embedded data.
@Suite(.serialized) struct ReproduceTests {
  private func bytes(_ url: URL) throws -> [UInt8] { try Bytes.read(url) }

  /// A report's value: the reported one unless an epoch is asked for.
  private func value(
    _ report: URL, _ metric: String, _ network: String, _ method: String
  ) throws -> Double {
    let results = try Results(fromRecords: RecordFolder(report: report))
    let place = ["network": network, "method": method, "layer": "", "epoch": ""]
    return try #require(results.values(metric: metric, where: place).first?.value)
  }

  @Test func smokeHasSubstance() throws {
    let work = try Workplace()
    let outcome = try work.bench("reproduce", "sparse-vd-table1", "--tier", "smoke")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let report = work.report("sparse-vd-table1")
    for network in ["LeNet-300-100", "LeNet-5-Caffe"] {
      let dense = try value(report, "test_error", network, "original")
      let sparse = try value(report, "test_error", network, "sparse_vd")
      let compression = try value(report, "compression", network, "sparse_vd")
      // Chance is 90 %; both are scored on images that training never saw.
      #expect(dense < 20, "\(network)")
      #expect(sparse < dense + 4, "\(network)")
      #expect(compression > 4, "\(network)")
    }
    let provenance = try CanonicalJSON.decode(
      Provenance.self,
      from: Data(try bytes(report.appendingPathComponent("provenance.json"))))
    #expect(provenance.cpuSeconds < 60)
    #expect(provenance.missing.isEmpty)
    for name in ["measurements.csv", "verdicts.csv", "table.csv", "table.md"] {
      #expect(try bytes(report.appendingPathComponent(name)).count > 100, "\(name)")
    }
    for figure in ["error_compression", "layer_sparsity", "epochs"] {
      for type in ["png", "svg", "pdf", "csv"] {
        let size = try bytes(report.appendingPathComponent("\(figure).\(type)")).count
        #expect(size > 100, "\(figure).\(type)")
      }
    }
    #expect(outcome.output.contains("Sparse VD"))
    #expect(outcome.output.contains("not compared"))

    // A second run trains nothing and writes the same bytes; so does rendering from records.
    let files = try Folder.files(below: report)
    let before = try files.map { try bytes(report.appendingPathComponent($0)) }
    let again = try work.bench("reproduce", "sparse-vd-table1", "--tier", "smoke", "--quiet")
    #expect(again.code == 0)
    #expect(again.errors == "")
    #expect(try files.map { try bytes(report.appendingPathComponent($0)) } == before)
    let rendered = try work.bench("report", "sparse-vd-table1")
    #expect(rendered.code == 0, "\(rendered.errors)")
    #expect(try Folder.files(below: report) == files)
    #expect(try files.map { try bytes(report.appendingPathComponent($0)) } == before)

    // What others say about it.
    #expect(try work.bench("compare", "sparse-vd-table1").code == 0)
    let listed = try work.bench("list", "--json").json()
    let experiments = try #require(listed["experiments"] as? [[String: Any]])
    let first = try #require(experiments.first { $0["id"] as? String == "sparse-vd-table1" })
    #expect((first["reports"] as? [[String: Any]])?.count == 1)
    #expect(try work.bench("verify").code == 0)
    let status = try work.bench("status", "--json").json()
    #expect(status["finished"] as? Int == 10)
    let plan = try work.bench(
      "reproduce", "sparse-vd-table1", "--tier", "smoke", "--dry-run", "--json"
    ).json()
    #expect(plan["toRun"] as? Int == 0)

    // What trials made can be taken along; a second time nothing changes, and what changed is mended.
    let taken = try work.bench(
      "export", "sparse-vd-table1", "--only", "method=dns", "--file", "pruned.safetensors",
      "--output", work.at("networks").path)
    #expect(taken.code == 0, "\(taken.errors)")
    let network = "networks/fashion-mnist-mini/LeNet-5-Caffe/dns/seed-1/pruned.safetensors"
    #expect(
      taken.output.hasSuffix("\(network)\n") && taken.output.split(separator: "\n").count == 2)
    let exported = try bytes(work.at(network))
    #expect(exported.count > 1000 && exported.count < 1_000_000)
    try Data(exported.dropLast()).write(to: work.at(network))
    let index = try work.bench(
      "export", "sparse-vd-table1", "--only", "method=dns", "--output", work.at("networks").path,
      "--json"
    ).json()
    #expect(try bytes(work.at(network)) == exported)
    #expect((index["files"] as? [Any])?.count == 4)
    let none = try work.bench(
      "export", "sparse-vd-table1", "--only", "method=original", "--set", "denseEpochs=3",
      "--output", "nothing")
    #expect(none.code == 2)
    #expect(none.errorLines.count == 1 && none.errors.contains("bench reproduce"), "\(none.errors)")

    // A flipped byte in a finished trial is noticed, and only that trial runs again.
    let keys = try #require(status["trials"] as? [[String: Any]])
    let key = try #require(keys.first?["trial"] as? String)
    let file = work.at("store/trials/\(key)/measurements.csv")
    var damaged = try bytes(file)
    damaged[damaged.count / 2] ^= 1
    try Data(damaged).write(to: file)
    let verified = try work.bench("verify")
    #expect(verified.code == 5)
    #expect(verified.output.contains(key.prefix(12)))
    let record = report.appendingPathComponent("records/\(key)/measurements.csv")
    try Data(damaged).write(to: record)
    let compared = try work.bench("compare", "sparse-vd-table1")
    #expect(compared.code == 5)
    #expect(compared.errorLines.last?.contains("SHA-256") ?? false, "\(compared.errors)")
  }

  @Test func jobsChangeNoByte() throws {
    let work = try Workplace()
    var tables: [[UInt8]] = []
    for jobs in ["1", "2"] {
      let outcome = try work.start(
        ["reproduce", "sparse-vd-table1", "--jobs", jobs, "--reports", "jobs\(jobs)"] + tiny,
        environment: ["BENCH_STORE": work.at("store\(jobs)").path]
      ).wait()
      #expect(outcome.code == 0, "\(outcome.errors)")
      tables.append(try bytes(work.at("jobs\(jobs)/sparse-vd-table1/smoke/measurements.csv")))
    }
    #expect(tables[0] == tables[1])
    let same = try work.bench(
      "compare", "jobs1/sparse-vd-table1/smoke", "jobs2/sparse-vd-table1/smoke")
    #expect(same.code == 0, "\(same.output)")
    #expect(same.output.contains(" 0 different"))
  }

  /// Trials run again give the recorded numbers; a record changed together with its sums is found out.
  @Test func recomputingFindsTheSameNumbers() throws {
    let work = try Workplace()
    let outcome = try work.start(["reproduce", "sparse-vd-table1", "--quiet"] + tiny).wait()
    #expect([0, 4].contains(outcome.code), "\(outcome.errors)")
    func again() throws -> (code: Int32, check: [String: Any]) {
      let verified = try work.bench("verify", "--recompute", "100", "--json")
      let checks = try #require(verified.json()["checks"] as? [[String: Any]])
      return (
        verified.code,
        try #require(checks.first { ($0["what"] as? String)?.hasSuffix("run again") == true })
      )
    }
    let first = try again()
    #expect(first.code == 0)
    #expect(first.check["checked"] as? Int == 10)
    #expect(first.check["problems"] as? [String] == [])

    // A forged record: other numbers, and sums made to fit them.
    let records = work.report("sparse-vd-table1").appendingPathComponent("records")
    let key = try #require(try Folder.names(in: records).first { $0.count == 64 })
    let folder = records.appendingPathComponent(key)
    let place = folder.appendingPathComponent("measurements.csv")
    let old = try bytes(place)
    var text = String(decoding: old, as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.contains("test_error") })
    text = text.replacingOccurrences(of: line, with: line.replacingOccurrences(of: "1", with: "2"))
    try Data(text.utf8).write(to: place)
    let manifest = folder.appendingPathComponent("manifest.json")
    var sums = String(decoding: try bytes(manifest), as: UTF8.self)
    sums = sums.replacingOccurrences(
      of: Digest.sha256(of: old).hex, with: Digest.sha256(of: Array(text.utf8)).hex
    ).replacingOccurrences(of: "\"bytes\" : \(old.count)", with: "\"bytes\" : \(text.utf8.count)")
    try Data(sums.utf8).write(to: manifest)
    try Data((Digest.sha256(of: Array(sums.utf8)).hex + "\n").utf8)
      .write(to: folder.appendingPathComponent("manifest.sha256"))
    let second = try again()
    #expect(second.code == 5)
    #expect((second.check["problems"] as? [String])?.count == 1, "\(second.check)")
  }

  /// A report that other kernels have made goes on here: nothing of it is run again, and provenance names them.
  @Test func reportOfOtherKernelsGoesOn() throws {
    let work = try Workplace()
    let made = try work.start(
      ["reproduce", "sparse-vd-table1", "--quiet"] + tiny, environment: ["BENCH_KERNELS": "plain"]
    ).wait()
    #expect([0, 4].contains(made.code), "\(made.errors)")
    let report = work.report("sparse-vd-table1")
    let before = try bytes(report.appendingPathComponent("measurements.csv"))
    let own = ["BENCH_KERNELS": "", "BENCH_STORE": work.at("other").path]
    let again = try work.start(
      ["reproduce", "sparse-vd-table1", "--adopt"] + tiny, environment: own
    ).wait()
    #expect([0, 4].contains(again.code), "\(again.errors)")
    #expect(again.errors.contains("10 of 10 trials are already done"))
    #expect(try bytes(report.appendingPathComponent("measurements.csv")) == before)
    let provenance = try CanonicalJSON.decode(
      Provenance.self, from: Data(try bytes(report.appendingPathComponent("provenance.json"))))
    #expect(provenance.numericModes == ["plain"])

    // What they left can be taken along here too.
    let taken = try work.start(
      [
        "export", "sparse-vd-table1", "--only", "network=LeNet-300-100", "--file",
        "pruned.safetensors", "--output", "networks",
      ] + tiny, environment: own
    ).wait()
    #expect(taken.code == 0, "\(taken.errors)")
    #expect(taken.output.split(separator: "\n").count == 4)
  }

  @Test func killedInTheMiddleGoesOnToTheSameBytes() throws {
    let work = try Workplace()
    let arguments =
      [
        "reproduce", "sparse-vd-table1", "--jobs", "1", "--only", "network=LeNet-300-100", "--only",
        "method=sparse_vd",
      ] + ["--set", "leNet300Epochs=24", "--set", "denseEpochs=1"]
    let whole = try work.start(
      arguments + ["--reports", "whole"], environment: ["BENCH_STORE": work.at("other").path]
    ).wait()
    #expect(whole.code == 0, "\(whole.errors)")

    // Without its parent a trial saves a checkpoint and ends.
    var running = try work.start(arguments)
    _ = try work.waitForTrial(beyond: 0.1, of: running)
    kill(running.process.processIdentifier, SIGKILL)
    #expect(running.wait().code == -SIGKILL)
    let deadline = Date().addingTimeInterval(60)
    var left = ""
    while !left.contains("can go on") && Date() < deadline {
      left = try work.bench("status").output
    }
    #expect(left.contains("can go on"), "\(left)")

    // Killed itself, it has lost what it did since.
    running = try work.start(arguments)
    let process = try work.waitForTrial(beyond: 0.4, of: running)
    kill(running.process.processIdentifier, SIGKILL)
    kill(process, SIGKILL)
    #expect(running.wait().code == -SIGKILL)
    #expect(try Folder.names(in: work.at("store/attempts")).count == 1)
    let end = Date().addingTimeInterval(60)
    while kill(process, 0) == 0 && Date() < end { usleep(10_000) }

    let resumed = try work.start(arguments).wait()
    #expect(resumed.code == 0, "\(resumed.errors)")
    let table = "sparse-vd-table1/smoke/measurements.csv"
    #expect(try bytes(work.at("reports/\(table)")) == bytes(work.at("whole/\(table)")))
    // The try that was killed has been swept.
    #expect(try Folder.names(in: work.at("store/attempts")).isEmpty)
  }

  @Test func divergenceIsOneLine() throws {
    let work = try Workplace()
    let outcome = try work.start(
      ["reproduce", "sparse-vd-table1", "--set", "rate=1e9", "--only", "network=LeNet-300-100"]
        + ["--quiet"] + tiny
    ).wait()
    #expect(outcome.code == 3)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains("diverged"), "\(outcome.errors)")
    #expect(outcome.errors.contains("sparse_vd"), "\(outcome.errors)")
    let status = try work.bench("status")
    #expect(status.output.contains("failed"))
    let cleaned = try work.bench("clean", "--yes")
    #expect(cleaned.code == 0)
    #expect(!(try work.bench("status").output.contains("failed")))
  }

  @Test(.enabled(if: canMount)) func fullDisk() throws {
    let work = try Workplace()
    let mount = try Mount(work.at("small"), options: "size=300k")
    let outcome = try work.start(
      ["reproduce", "sparse-vd-table1", "--only", "network=LeNet-300-100", "--quiet"] + tiny,
      environment: ["BENCH_STORE": mount.place.appendingPathComponent("store").path]
    ).wait()
    #expect(outcome.code == 6, "\(outcome.errors)")
    #expect(outcome.errors.lowercased().contains("space"), "\(outcome.errors)")
    // What fitted is there and whole, of what did not nothing is left.
    let store = mount.place.appendingPathComponent("store").path
    let verified = try work.bench("verify", environment: ["BENCH_STORE": store])
    #expect(verified.code == 0, "\(verified.output)")
    #expect(try Folder.names(in: URL(fileURLWithPath: store + "/attempts")).isEmpty)
  }

  @Test(.enabled(if: canMount || getuid() != 0)) func readOnlyReports() throws {
    let work = try Workplace()
    var mount: Mount?
    if getuid() == 0 {
      mount = try Mount(work.at("reports"), options: "ro,size=64k")
    } else {
      try FileManager.default.createDirectory(
        at: work.at("reports"), withIntermediateDirectories: true,
        attributes: [.posixPermissions: 0o555])
    }
    let outcome = try work.bench("reproduce", "sparse-vd-kl", "--quiet")
    #expect(outcome.code == 6, "\(outcome.errors)")
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains("reports/sparse-vd-kl"), "\(outcome.errors)")
    // Said before anything ran.
    #expect(!FileManager.default.fileExists(atPath: work.at("store/trials").path))
    withExtendedLifetime(mount) {}
  }
}
