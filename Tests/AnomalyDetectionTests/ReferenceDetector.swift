@testable import AnomalyDetection

/// The recipe of docs/anomalies.md in samples, written for reading and not for speed, to compare the detector with. For a
/// stream of one sample in five minutes.
struct ReferenceDetector {
  struct Verdict: Equatable {
    var score: Double
    var cause: AnomalyCause?
    var isAlarm: Bool
  }

  struct Signal {
    var capacity: Int
    var width: Double
    var low: Double?
    var high: Double?
    /// Ascending; in single precision, as the state is.
    var cells: [(value: Float, visited: Int)] = []

    mutating func score(_ value: Double, sample: Int, forgetting: Int?) -> Double {
      var bounded = value
      if let low, let high, sample >= 50, high > low {
        bounded = min(max(value, low - (high - low) / 2), high + (high - low) / 2)
      }
      let before = low ?? value
      low = min(low ?? bounded, bounded)
      high = max(high ?? bounded, bounded)
      let range = (high ?? 0) - (low ?? 0)
      if range == 0 { return 0 }
      if sample % 64 == 0, let forgetting {
        let now = sample / 64
        cells = cells.filter { Double((now - $0.visited) * 64) < Double(forgetting) }
      }
      // What was always there while the range was empty.
      if cells.isEmpty { cells.append((Float(before), sample / 64)) }
      var nearest: Int?
      for index in cells.indices {
        let distance = (Float(value) - cells[index].value).magnitude
        if nearest.map({ distance < (Float(value) - cells[$0].value).magnitude }) ?? true { nearest = index }
      }
      var score = 10 / width
      if let nearest { score = min(score, (value - Double(cells[nearest].value)).magnitude / (range * width)) }
      if let nearest, score <= 1 {
        cells[nearest].visited = sample / 64
      } else {
        if cells.count == capacity { dropCrowded() }
        cells.append((Float(value), sample / 64))
        cells.sort { $0.value < $1.value }
      }
      return score
    }

    /// Of the closest pair, the one that is closer to its other neighbour; the outermost cells have none.
    private mutating func dropCrowded() {
      let gaps = zip(cells.dropFirst(), cells).map { $0.value - $1.value }
      let pair = gaps.indices.min { gaps[$0] < gaps[$1] } ?? 0
      let before = pair > 0 ? gaps[pair - 1] : .infinity
      let after = pair + 1 < gaps.count ? gaps[pair + 1] : .infinity
      cells.remove(at: before < after ? pair : pair + 1)
    }
  }

  var holdOff = 90
  var forgetting: Int? = 4_000
  var learning = 288

  private var sample = 0
  private var first = 0.0
  private var value = Signal(capacity: 32, width: 0.04)
  private var season = Signal(capacity: 16, width: 0.08)
  private var shift = Signal(capacity: 16, width: 0.20)
  private var hours = Array(repeating: (mean: 0.0, variance: Float(0), samples: 0), count: 24)
  private var smoothed = 0.0
  private var fast = 0.0
  private var slow = 0.0
  private var mean = 0.0
  private var variance = 0.0
  private var history: [Double] = []
  private var longestRun = 0
  private var isRunReported = false
  private var lastAlarm: Int?
  private var peak = 0.0

  mutating func step(_ reading: Double, hour: Int) -> Verdict {
    if sample == 0 { first = reading }
    let v = reading - first
    let run = runLength(with: reading)

    let ofValue = value.score(v, sample: sample, forgetting: forgetting)
    let deviation = seasonDeviation(v, hour)
    smoothed += 0.3 * (deviation - smoothed)
    let ofSeason = season.score(smoothed, sample: sample, forgetting: forgetting)
    func weight(_ a: Double) -> Double { max(a, 1 / (Double(sample) + 1)) }
    fast += weight(0.1) * (v - fast)
    slow += weight(0.003) * (v - slow)
    let off = v - mean
    mean += weight(0.002) * off
    variance = (1 - weight(0.002)) * (variance + weight(0.002) * off * off)
    let ofShift = shift.score(fast - slow, sample: sample, forgetting: forgetting)

    defer { sample += 1 }
    guard sample >= 50 else { return Verdict(score: 0, cause: nil, isAlarm: false) }
    var best = (cause: AnomalyCause.value, score: ofValue)
    if ofSeason > best.score { best = (.season, ofSeason) }
    if ofShift > best.score { best = (.shift, ofShift) }
    return judge(best.cause, best.score, run)
  }

  private mutating func runLength(with reading: Double) -> Int {
    if let last = history.last, last != reading {
      longestRun = max(longestRun, history.count)
      history = []
      isRunReported = false
    }
    history.append(reading)
    return history.count
  }

  private mutating func seasonDeviation(_ v: Double, _ hour: Int) -> Double {
    let (mean, before, samples) = hours[hour]
    let spread = Double(before) + 0.05 * variance
    let deviation = samples >= 4 && spread > 0 ? (v - mean) / spread.squareRoot() : 0
    let weight = max(0.05, 1 / Double(samples + 1))
    let off = v - mean
    hours[hour] = (
      mean + weight * off, Float((1 - weight) * (Double(before) + weight * off * off)), samples + 1
    )
    return deviation
  }

  private mutating func judge(_ cause: AnomalyCause, _ score: Double, _ run: Int) -> Verdict {
    let isFree = lastAlarm.map { sample - $0 >= holdOff } ?? true
    let isAlarm = score >= 1.1 && (isFree || score >= 3 * peak)
    peak = isAlarm ? score : max(peak, score)
    if isAlarm { lastAlarm = sample }
    let mayRaise = sample >= learning
    let limit = max(30, 3 * longestRun)
    let runScore = run > limit ? Double(run) / Double(limit) * 1.1 : 0
    if !isAlarm, runScore > 0, !isRunReported {
      isRunReported = true
      return Verdict(score: runScore, cause: .flat, isAlarm: mayRaise)
    }
    if !isAlarm, runScore > score { return Verdict(score: runScore, cause: .flat, isAlarm: false) }
    return Verdict(score: score, cause: score > 0 ? cause : nil, isAlarm: isAlarm && mayRaise)
  }
}
