import AnomalyDetection
import AnomalyTrials
import ArgumentParser
import Telemetry

/// What the anomaly detector reaches on synthetic streams, and what a sample costs.
struct AnomalyFigures: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "anomaly",
    abstract: "Measure the anomaly detector: false alarms, faults found, time, allocations and state.",
    discussion: """
      False alarms are counted per 10,000 steps: samples at five minutes, parts of them on faster streams. A fault is \
      found when an alarm is raised in its window. The streams are those of the tests, over more seeds.
      """)

  @Option(help: "Streams of each kind, 1 to 1000.") var seeds = 40
  @Option(help: "Samples that are timed, 10000 to 10000000.") var samples = 1_000_000
  @Flag(help: "Only feed the samples to a detector, once; for counting what that allocates.") var feedOnly = false

  func validate() throws {
    guard (1...1_000).contains(seeds), (10_000...10_000_000).contains(samples) else {
      throw ValidationError("--seeds is 1 to 1000, --samples 10000 to 10000000")
    }
  }

  func run() throws {
    let values = SyntheticStream.dailySine.values(count: samples, seed: 1)
    if feedOnly {
      var detector = AnomalyDetector()
      var row: Int64 = 0
      print("fed; \(feed(values, to: &detector, &row)) alarms")
      return
    }
    falseAlarms()
    detections()
    costs(values)
  }

  private func falseAlarms() {
    let seeds = 1..<UInt64(self.seeds + 1)
    for stream in SyntheticStream.allCases {
      let alarms = FalseAlarms(stream, seeds: seeds)
      let never = FalseAlarms(stream, seeds: seeds, settings: AnomalySettings(forgetting: nil))
      let bar = FalseAlarms.bar(for: stream)
      figure(stream.rawValue, "false_alarms_rows_750_to_5000", alarms.early, "per 10000")
      figure(stream.rawValue, "false_alarms_rows_5000_to_20000", alarms.late, "per 10000", budget: bar)
      figure(stream.rawValue, "false_alarms_rows_5000_to_20000_without_forgetting", never.late, "per 10000")
    }
    for stream in SyntheticStream.allCases {
      for (name, seconds, factor) in [("a_minute", 60, 1), ("a_second", 1, 10)] {
        let few = 1..<UInt64(max(1, self.seeds / (5 * factor)) + 1)
        let alarms = FalseAlarms(stream, seeds: few, interval: .seconds(seconds), steps: 10_000)
        figure(stream.rawValue, "false_alarms_at_a_sample_\(name)_steps_5000_to_10000", alarms.late, "per 10000")
      }
    }
  }

  private func detections() {
    let seeds = 1..<UInt64(self.seeds + 1)
    for stream in [SyntheticStream.whiteNoise, .autoregressive, .dailySine, .dutyCycle] {
      let detections = Detections(of: PlantedFault.tabled, on: stream, seeds: seeds)
      for fault in PlantedFault.tabled {
        let found = detections.found[fault] ?? 0
        figure(stream.rawValue, "found_\(fault.name)", found, "1", budget: fault.bar(on: stream))
      }
    }
  }

  /// As the rule engine feeds it; the number of alarms.
  private func feed(_ values: [Double], to detector: inout AnomalyDetector, _ row: inout Int64) -> Int {
    var alarms = 0
    for value in values {
      let time = MonotonicTime(nanoseconds: row * 300_000_000_000)
      if detector.step(value, at: time, hourOfDay: Int(row / 12 % 24))?.isAlarm == true { alarms += 1 }
      row += 1
    }
    return alarms
  }

  /// Takes turns with a loop that only reads the samples; the fastest of five rounds of each counts.
  private func costs(_ values: [Double]) {
    var detector = AnomalyDetector()
    var row: Int64 = 0
    var alarms = 0
    var reading = Double.infinity
    var judging = Double.infinity
    for _ in 0..<5 {
      var sum = 0.0
      reading = min(reading, Stopwatch.time { for value in values { sum += value } }.processor)
      precondition(sum > 0)
      judging = min(judging, Stopwatch.time { alarms += feed(values, to: &detector, &row) }.processor)
    }
    figure("trivial_loop", "time_a_sample", reading / Double(samples) * 1e9, "ns")
    figure("detector", "time_a_sample", judging / Double(samples) * 1e9, "ns", budget: 200)
    figure("detector", "alarms_while_timed", Double(alarms), "1")
    figure("detector", "state_saved", Double(detector.save().count), "B", budget: 1_024)
  }

  private func figure(_ subject: String, _ name: String, _ value: Double, _ unit: String, budget: Double? = nil) {
    let limit = budget.map { ",\"budget\":\(($0 * 100).rounded() / 100)" } ?? ""
    let text = (value * 100).rounded() / 100
    let words = name.split(separator: " ").joined(separator: "_")
    print("{\"subject\":\"\(subject)\",\"figure\":\"\(words)\",\"value\":\(text),\"unit\":\"\(unit)\"\(limit)}")
  }
}
