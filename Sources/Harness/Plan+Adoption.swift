extension Plan {
  /// A plan in which trials that a report brought from a machine with other kernels stand in for those of this machine.
  ///
  /// Kernels round differently, so a trial's key names them, and what another machine finished is another trial. Where the store
  /// holds it, it is as good a result: it keeps its own key and mode, and `Provenance` lists every mode. What this machine
  /// has finished itself goes before. Where a product was left out of the report, this machine makes it anew for what is left
  /// to run; what was finished with the product that is missing stays as it is.
  ///
  /// - Parameters:
  ///   - numericMode: the kernels of this machine.
  ///   - others: kernels whose trials may stand in, the first before the second.
  ///   - records: what the store takes finished trials of the plan from, its own kernels' and others'.
  ///   - selecting: the part of a plan that is to run; a product that nothing of it needs may be missing.
  ///   - digest: as `PlanBuilder` takes it.
  ///   - adopted: is told each trial taken from `records`.
  ///   - build: adds all trials to a new builder; called again for as long as trials prove to miss their products.
  /// - Throws: what `build` throws, and `HarnessError` or `FileError` when a finished trial cannot be read or a recorded one
  ///   not taken.
  public static func adopting(
    from store: TrialStore, numericMode: String, others: [String],
    records: RecordLibrary? = nil, selecting: (Plan) throws -> Plan = { $0 },
    digest: @escaping (String) throws -> String,
    adopted: @escaping (CommittedTrial) -> Void = { _ in },
    build: (inout PlanBuilder) throws -> Void
  ) throws -> Plan {
    var finished = FinishedTrials(others: others) { key in
      if let records, let taken = try store.adopt(key, from: records) { adopted(taken) }
      return try store.result(key) != nil
    }
    while true {
      var builder = PlanBuilder(numericMode: numericMode, finished: finished, digest: digest)
      try build(&builder)
      let missing = try WorkList(plan: selecting(builder.plan), store: store).toRun
        .filter { builder.standIns.contains($0.trial.key) }
      if missing.isEmpty { return builder.plan }
      finished.refused.formUnion(missing.map(\.trial.key))
    }
  }
}
