import ArgumentParser

@main struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Reproduces tables and figures of papers from real data.")
}
