import ArgumentParser

/// Makes loads and measures parts in one process, for `Scripts/bench`. Never shipped.
@main
struct Benchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fieldgate-benchmark",
    abstract: "Make loads and measure parts of Fieldgate.",
    discussion: "Scripts/bench runs it; each figure is one JSON line.",
    subcommands: [
      CodecFigures.self, OutboxFigures.self, FillCentral.self, FillOutbox.self, CommitFigures.self, Accepted.self,
      AnomalyFigures.self, WindowFigures.self, RuleFigures.self,
    ])
}
