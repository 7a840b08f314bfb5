import JSONText
import Telemetry

/// One stored value, on its way to the rules.
struct ReplaySample: Equatable {
  var time: Timestamp
  /// As central's CSV writes it; empty where there is no value.
  var text: String
  /// In the tag's unit; nil where there is no number.
  var value: Double?
  /// Without a value bad, or uncertain.
  var quality: Quality
  /// The mean of a minute that was thinned.
  var isThinned = false

  /// What the engine is given: the value in the tag's unit, as good as it was.
  var reading: Reading {
    if let value { return Reading(.float64(value), quality: quality.hasValue ? quality : .uncertain(.none)) }
    return .bad(quality.hasValue ? .undecodable : quality.reason)
  }
}

extension ReplaySample {
  /// A reading as it was stored.
  init(_ reading: Reading, _ tag: TagDefinition, at time: Timestamp) {
    var json = JSONWriter(capacity: 32)
    switch reading.value(tag.type) {
    case nil: break
    case .boolean(let value): json.bool(value)
    case .integer(let value) where tag.scaling.isIdentity: json.integer(value)
    case .float32(let value) where tag.scaling.isIdentity: json.float(value)
    case let value?: json.double(tag.scaling.apply(value))
    }
    self.init(
      time: time, text: String(decoding: json.take(), as: UTF8.self), value: reading.engineeringValue(tag),
      quality: reading.quality)
  }

  /// What thinning left of a period.
  init(mean: Double, _ tag: TagDefinition, at time: Timestamp) {
    let value = tag.scaling.apply(.float64(mean))
    var json = JSONWriter(capacity: 32)
    json.double(value)
    self.init(
      time: time, text: String(decoding: json.take(), as: UTF8.self), value: value, quality: .uncertain(.none),
      isThinned: true)
  }
}

/// Where stored values come from.
protocol ReplaySource: AnyObject {
  /// The next values, in the order of time, perhaps none; nil at the end.
  ///
  /// - Throws: ``ReplayRun/Failure``, or what the connection throws.
  func next() throws -> [ReplaySample]?
  /// What a person should know of them, at the end.
  var remarks: [String] { get }
  /// Why there may have been none, and what to do.
  var hintWhenEmpty: String { get }
}
