import AnomalyDetection
import ArgumentParser
import Telemetry

/// What a sample costs in rules, beside a loop that only reads the samples.
struct RuleFigures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Measure the rule engine, a window of 600 samples and the detector, beside a loop that only reads.")

  @Option(help: "Samples that are timed, 10000 to 10000000.") var samples = 1_000_000
  @Option(help: "Seconds of the plant of 5000 tags, 60 to 100000.") var seconds = 600
  @Option(help: "Only feed the samples to this one, once; for counting what that allocates.") var feed: RuleLoad?

  func validate() throws {
    guard (10_000...10_000_000).contains(samples), (60...100_000).contains(seconds) else {
      throw ValidationError("--samples is 10000 to 10000000, --seconds 60 to 100000")
    }
  }

  func run() throws {
    let values = WindowLoad.values(count: samples)
    if let feed {
      print("fed; \(feed.feed(values))")
      return
    }
    for load in RuleLoad.allCases { figure(load.rawValue, "time_a_sample", load.nanoseconds(values), "ns") }
    figure("sliding_600_mean", "time_a_sample", try WindowLoad.slidingMean.nanoseconds(values), "ns")
    figure("detector", "time_a_sample", detector(values), "ns", budget: 200)
    let plant = RuleLoad.plant(seconds: seconds)
    figure("plant_of_5000_tags", "share_of_a_core", plant.share * 100, "%", budget: 5)
    figure("plant_of_5000_tags", "alarm_events", Double(plant.events), "1")
  }

  /// The detector alone, a sample a second; the fastest of five rounds.
  private func detector(_ values: [Double]) -> Double {
    var fastest = Double.infinity
    for _ in 0..<5 {
      var detector = AnomalyDetector()
      var alarms = 0
      let watch = Stopwatch.time {
        for (second, value) in values.enumerated() {
          let now = MonotonicTime(nanoseconds: Int64(second + 1) * 1_000_000_000)
          if detector.step(value, at: now, hourOfDay: second / 3_600 % 24)?.isAlarm == true { alarms += 1 }
        }
      }
      fastest = min(fastest, watch.processor)
      precondition(alarms < values.count)
    }
    return fastest / Double(samples) * 1e9
  }

  private func figure(_ subject: String, _ name: String, _ value: Double, _ unit: String, budget: Double? = nil) {
    let limit = budget.map { ",\"budget\":\($0)" } ?? ""
    let text = (value * 100).rounded() / 100
    print("{\"subject\":\"\(subject)\",\"figure\":\"\(name)\",\"value\":\(text),\"unit\":\"\(unit)\"\(limit)}")
  }
}

extension RuleLoad: ExpressibleByArgument {}
