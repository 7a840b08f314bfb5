import FieldgateTestKit
import Telemetry
import Testing

private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

@Suite("Signals")
struct SignalTests {
  private static let everyKind: [Signal] = [
    .constant(4), .sine(mean: 20, amplitude: 3, periodSeconds: 60, noise: 1), .counter(start: 5, perSecond: 2),
    .meter(start: 5, perHour: 7_200), .toggle(onSeconds: 3, offSeconds: 2),
    .alarm(normal: 60, normalSeconds: 20, high: 92, highSeconds: 10, noise: 1),
    .sawtooth(low: 1, high: 2, periodSeconds: 4), .scanCounter,
  ]

  @Test("The same seed and time give the same value", arguments: everyKind)
  func isFunction(signal: Signal) {
    for moment in stride(from: 0.0, to: 100, by: 0.37) {
      #expect(signal.value(seed: 9, at: time(moment)) == signal.value(seed: 9, at: time(moment)))
    }
  }

  @Test("Noise stays in its bounds, and differs with seed and time")
  func noise() {
    let signal = Signal.alarm(normal: 60, normalSeconds: 1_000, high: 92, highSeconds: 10, noise: 0.5)
    let first = stride(from: 0.0, to: 100, by: 0.1).map { signal.value(seed: 1, at: time($0 + 0.01)) }
    let second = stride(from: 0.0, to: 100, by: 0.1).map { signal.value(seed: 2, at: time($0 + 0.01)) }
    #expect((first + second).allSatisfy { (59.5...60.5).contains($0) })
    #expect(Set(first).count > 900)
    #expect(zip(first, second).filter { $0 == $1 }.count < 10)
    #expect(first.max() ?? 0 > 60.4 && first.min() ?? 0 < 59.6)
  }

  @Test(
    "Values over time",
    arguments: [
      (.constant(4), 7, 4), (.counter(start: 5, perSecond: 0.5), 3, 6), (.counter(start: 5, perSecond: 0.5), 4, 7),
      (.meter(start: 5, perHour: 3_600), 1.5, 6.5), (.toggle(onSeconds: 3, offSeconds: 2), 2.9, 1),
      (.toggle(onSeconds: 3, offSeconds: 2), 3, 0), (.toggle(onSeconds: 3, offSeconds: 2), 5, 1),
      (.toggle(onSeconds: 3, offSeconds: 2, beginsOn: false), 1.9, 0),
      (.toggle(onSeconds: 3, offSeconds: 2, beginsOn: false), 2, 1),
      (.alarm(normal: 60, normalSeconds: 20, high: 92, highSeconds: 10), 19.9, 60),
      (.alarm(normal: 60, normalSeconds: 20, high: 92, highSeconds: 10), 20, 92),
      (.alarm(normal: 60, normalSeconds: 20, high: 92, highSeconds: 10), 30, 60),
      (.sawtooth(low: 10, high: 20, periodSeconds: 4), 1, 12.5),
      (.sawtooth(low: 10, high: 20, periodSeconds: 4), 4, 10),
      (.sine(mean: 20, amplitude: 0, periodSeconds: 4), 1, 20),
    ] as [(Signal, Double, Double)])
  func values(signal: Signal, seconds: Double, expected: Double) {
    #expect(signal.value(seed: 1, at: time(seconds)) == expected)
  }

  @Test("A sine swings through its whole amplitude once a period")
  func sine() {
    let signal = Signal.sine(mean: 20, amplitude: 3, periodSeconds: 60)
    let values = (0..<60).map { signal.value(seed: 3, at: time(Double($0))) }
    #expect(abs((values.max() ?? 0) - 23) < 0.01 && abs((values.min() ?? 0) - 17) < 0.01)
    #expect(abs(signal.value(seed: 3, at: time(7)) - signal.value(seed: 3, at: time(67))) < 1e-9)
  }
}
