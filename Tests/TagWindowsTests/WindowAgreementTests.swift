import TagWindows
import Telemetry
import Testing

@Suite("Windows against the reference")
struct WindowAgreementTests {
  static let functions: [WindowFunction] = [
    .mean, .timeWeightedMean, .minimum, .maximum, .sum, .count, .standardDeviation, .populationDeviation,
    .percentile(95), .percentile(0), .median, .first, .last, .difference, .increase, .rate(per: .minute),
    .timeInState(.above(20)), .integral(per: .hour),
  ]

  static let shapes: [WindowShape] = [
    .tumbling(length: .seconds(10)),
    .hopping(length: .seconds(10), every: .seconds(4)),
    .hopping(length: .seconds(20), every: .seconds(20)),
    .sliding(length: .seconds(15)),
    .session(timeout: .seconds(2), longest: .seconds(30)),
    .count(samples: 7, every: 7),
    .count(samples: 20, every: 3),
    .count(samples: 1, every: 1),
  ]

  /// The settings beside shape and function, by the number of the seed.
  static func specification(_ shape: WindowShape, _ function: WindowFunction, _ seed: UInt64) throws
    -> WindowSpecification
  {
    let isGroup = seed % 4 == 3 && !function.needsOneTag
    let offset: Duration = shape.step != nil && seed % 3 == 1 ? .milliseconds(1_700) : .zero
    return try WindowSpecification(
      shape, function, tags: isGroup ? 3 : 1, lateness: seed % 2 == 0 ? .zero : .seconds(3),
      maximumGap: seed % 3 == 0 ? .milliseconds(1_500) : nil, minimumCoverage: seed % 5 == 0 ? 0.9 : nil,
      only: seed % 6 == 2 ? .below(20.5) : nil, offset: offset)
  }

  static func feed(_ operation: ReferenceWindow.Operation, to window: inout TagWindow) {
    switch operation {
    case .advance(let time): window.advance(to: Timestamp(milliseconds: time))
    case .sample(let time, let value, let quality):
      window.take(value, quality: quality, time: Timestamp(milliseconds: time))
    }
  }

  static func drain(_ window: inout TagWindow) -> [WindowResult] {
    var results: [WindowResult] = []
    while let result = window.next() { results.append(result) }
    return results
  }

  @Test("Every shape with every function gives what the definitions say", arguments: shapes, functions)
  func agrees(shape: WindowShape, function: WindowFunction) throws {
    var compared = 0
    for seed in UInt64(1)...8 {
      let specification = try Self.specification(shape, function, seed)
      var stream = RandomStream(seed: seed)
      let operations = stream.operations(100, lateness: milliseconds(specification.lateness))
      var window = TagWindow(specification)
      var results: [WindowResult] = []
      for (index, operation) in operations.enumerated() {
        Self.feed(operation, to: &window)
        // Whether anyone asks after each sample or rarely changes nothing.
        if seed % 2 == 0 || index % 7 == 0 { results += Self.drain(&window) }
      }
      results += Self.drain(&window)
      let reference = ReferenceWindow(specification, operations)
      let expected = reference.results
      let place = "\(shape) \(function), seed \(seed)"
      #expect(window.lateSamples == reference.late, "\(place)")
      #expect(results.count == expected.count, "\(place)")
      for (index, pair) in zip(results, expected).enumerated() where !Self.agree(pair.0, pair.1, function) {
        Issue.record("\(place), result \(index): \(pair.0), expected \(pair.1)")
        break
      }
      compared += results.count
    }
    #expect(compared > 20, "the streams give results to compare")
  }

  /// Equal but for the rounding of values.
  static func agree(_ result: WindowResult, _ expected: WindowResult, _ function: WindowFunction) -> Bool {
    var other = result
    other.value = expected.value
    guard other == expected, (result.value == nil) == (expected.value == nil) else { return false }
    guard let value = result.value, let right = expected.value else { return true }
    // Of values near 1e9, whose own steps are 1e-7.
    let finest = function == .standardDeviation || function == .populationDeviation ? 1e-6 : 1e-9
    return (value - right).magnitude <= max(finest, 1e-9 * right.magnitude)
  }
}
