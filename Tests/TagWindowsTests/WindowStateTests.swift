import TagWindows
import Telemetry
import Testing

@Suite("Saved windows")
struct WindowStateTests {
  @Test(
    "A window that is saved and restored at every point gives the same, to the last bit",
    arguments: WindowAgreementTests.shapes, WindowAgreementTests.functions)
  func everyPoint(shape: WindowShape, function: WindowFunction) throws {
    for seed in UInt64(22)...23 {
      let specification = try WindowAgreementTests.specification(shape, function, seed)
      var stream = RandomStream(seed: seed)
      var window = TagWindow(specification)
      var restored = window
      var compared = 0
      for operation in stream.operations(60, lateness: milliseconds(specification.lateness)) {
        restored = try TagWindow(specification, restoring: restored.saved())
        WindowAgreementTests.feed(operation, to: &window)
        WindowAgreementTests.feed(operation, to: &restored)
        restored = try TagWindow(specification, restoring: restored.saved())
        let deadlines = (restored.deadline, window.deadline)
        let expected = WindowAgreementTests.drain(&window)
        let results = WindowAgreementTests.drain(&restored)
        if results != expected || deadlines.0 != deadlines.1 {
          Issue.record("\(shape) \(function), seed \(seed): \(results), expected \(expected)")
        }
        compared += results.count
      }
      #expect(restored.lateSamples == window.lateSamples && restored.badReadings == window.badReadings)
      #expect(compared > 0)
    }
  }

  private static func filled() throws -> (WindowSpecification, [UInt8]) {
    let specification = try WindowSpecification(
      .sliding(length: .seconds(15)), .timeWeightedMean, lateness: .seconds(3))
    var window = TagWindow(specification)
    var stream = RandomStream(seed: 5)
    for operation in stream.operations(40, lateness: 3_000) {
      WindowAgreementTests.feed(operation, to: &window)
      _ = WindowAgreementTests.drain(&window)
    }
    return (specification, window.saved())
  }

  @Test("Every turned bit and every cut is noticed")
  func damage() throws {
    let (specification, bytes) = try Self.filled()
    #expect(bytes.count > 150)
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 1 << UInt8(index % 8)
      #expect(throws: WindowStateError.self, "byte \(index)") {
        try TagWindow(specification, restoring: damaged)
      }
      #expect(throws: WindowStateError.self, "cut at \(index)") {
        try TagWindow(specification, restoring: Array(bytes[..<index]))
      }
    }
    #expect(throws: WindowStateError.damaged) { try TagWindow(specification, restoring: bytes + [0]) }
  }

  @Test("Nonsense with a right check sum is refused or goes on without harm", arguments: Array(1...200) as [UInt64])
  func nonsense(seed: UInt64) throws {
    var random = RandomStream(seed: seed)
    let shapes = WindowAgreementTests.shapes
    let functions = WindowAgreementTests.functions
    let shape = shapes[Int(seed) % shapes.count]
    let function = functions[Int(seed) % functions.count]
    let specification = try WindowSpecification(shape, function)
    var window = TagWindow(specification)
    for operation in random.operations(40, lateness: 0) {
      WindowAgreementTests.feed(operation, to: &window)
      _ = WindowAgreementTests.drain(&window)
    }
    var bytes = Array(window.saved().dropLast(8))
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      bytes[Int.random(in: 5..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
    }
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
    guard var other = try? TagWindow(specification, restoring: bytes) else { return }
    other.resume(at: Timestamp(milliseconds: 0))
    for operation in random.operations(40, lateness: 0) {
      WindowAgreementTests.feed(operation, to: &other)
      // A window that believes to be far in the past has much to close; some of it is enough.
      for _ in 0..<300 where other.next() == nil { break }
    }
  }

  @Test("State of another kind, version or specification is named as such")
  func foreign() throws {
    let (specification, bytes) = try Self.filled()
    #expect(throws: WindowStateError.foreign) { try TagWindow(specification, restoring: []) }
    #expect(throws: WindowStateError.foreign) { try TagWindow(specification, restoring: Array("{}".utf8)) }
    var newer = bytes
    newer[4] = 2
    #expect(throws: WindowStateError.unknownVersion(2)) { try TagWindow(specification, restoring: newer) }
    for other in [
      try WindowSpecification(.sliding(length: .seconds(16)), .timeWeightedMean, lateness: .seconds(3)),
      try WindowSpecification(.sliding(length: .seconds(15)), .mean, lateness: .seconds(3)),
      try WindowSpecification(
        .sliding(length: .seconds(15)), .timeWeightedMean, lateness: .seconds(3), only: .above(1)),
    ] {
      #expect(throws: WindowStateError.otherSpecification) { try TagWindow(other, restoring: bytes) }
    }
    #expect("\(WindowStateError.unknownVersion(2))" == "the state is of version 2, which this program does not know")
  }
}
