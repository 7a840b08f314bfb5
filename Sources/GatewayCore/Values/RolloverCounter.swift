import Telemetry

/// Makes a total that does not fall out of a counter of limited width. Pure.
///
/// The total begins with the counter's first value, so the two agree until the first roll-over. A fall is a roll-over
/// when the way forward over the counter's end is no longer than the largest believable step. Otherwise the counter was
/// set back or replaced: what it shows now was counted since and is added.
struct RolloverCounter: Hashable, Sendable {
  private let settings: TagTreatment.Counter
  private var last: Int64?
  private var total: Int64 = 0

  init(_ settings: TagTreatment.Counter) {
    self.settings = settings
  }

  enum Step: Hashable {
    case total(Int64)
    /// The counter was set back from its last value; the new total.
    case reset(Int64, from: Int64)
    /// The raw value is none that this counter has.
    case impossible
  }

  mutating func take(_ raw: Int64) -> Step {
    guard raw >= 0, raw < settings.rollover else { return .impossible }
    defer { last = raw }
    guard let last else {
      total = raw
      return .total(raw)
    }
    if raw >= last { return .total(add(raw - last)) }
    let forward = settings.rollover - last + raw
    if forward <= settings.largestStep { return .total(add(forward)) }
    return .reset(add(raw), from: last)
  }

  private mutating func add(_ step: Int64) -> Int64 {
    let (sum, overflow) = total.addingReportingOverflow(step)
    total = overflow ? .max : sum
    return total
  }
}
