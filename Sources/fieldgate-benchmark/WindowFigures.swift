import ArgumentParser

/// What a sample costs in windows over 600 samples, beside a loop that only reads the samples.
struct WindowFigures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "windows",
    abstract: "Measure windows of 600 samples and the watches of rules, beside a loop that only reads the samples.")

  @Option(help: "Samples that are timed, 10000 to 10000000.") var samples = 1_000_000
  @Option(help: "Only feed the samples to this one, once; for counting what that allocates.") var feed: WindowLoad?

  func validate() throws {
    guard (10_000...10_000_000).contains(samples) else { throw ValidationError("--samples is 10000 to 10000000") }
  }

  func run() throws {
    let values = WindowLoad.values(count: samples)
    if let feed {
      print("fed; the sum of the results is \(try feed.feed(values))")
      return
    }
    for load in WindowLoad.allCases {
      let text = (try load.nanoseconds(values) * 10).rounded() / 10
      print("{\"subject\":\"\(load.rawValue)\",\"figure\":\"time_a_sample\",\"value\":\(text),\"unit\":\"ns\"}")
    }
  }
}

extension WindowLoad: ExpressibleByArgument {}
