import AnomalyTrials
import FieldgateTestKit
import Testing

@testable import AnomalyDetection

@Suite("Saved state")
struct StateTests {
  @Test(
    "Saved and restored after every sample, a detector says the same as one that ran on",
    arguments: SyntheticStream.allCases)
  func everyPoint(_ stream: SyntheticStream) throws {
    var random = SplitMix64.announced(for: "StateTests")
    var rig = DetectorRig(AnomalySettings(learning: .zero))
    var restored = rig
    for (row, value) in stream.values(count: 700, seed: random.next() >> 32).enumerated() {
      rig.hasClock = row % 100 < 90
      restored.hasClock = rig.hasClock
      // A few readings that do not change, faults, and gaps.
      let reading = row % 300 > 260 ? 101 : row % 97 == 0 ? 0 : value
      let jump = row % 50 == 0 ? Double(Int.random(in: -1_000...10_000, using: &random)) : 0
      rig.time += jump
      restored.time += jump
      #expect(rig.step(reading) == restored.step(reading))
      restored.detector = try AnomalyDetector(AnomalySettings(learning: .zero), restoring: restored.detector.save())
    }
    #expect(rig.detector.save() == restored.detector.save())
  }

  @Test("Restored somewhere in a long stream, a detector says the same as one that ran on")
  func somePoints() throws {
    var random = SplitMix64.announced(for: "StateTests")
    var rig = DetectorRig(interval: 10)
    var restored = rig
    for value in SyntheticStream.dailySine.values(count: 20_000, seed: random.next() >> 32, samplesPerDay: 8_640) {
      #expect(rig.step(value) == restored.step(value))
      if Int.random(in: 0..<500, using: &random) == 0 {
        restored.detector = try AnomalyDetector(restoring: restored.detector.save())
      }
    }
    #expect(rig.detector.save() == restored.detector.save())
  }

  @Test("A full state is at most 1 KB")
  func size() {
    var rig = DetectorRig(AnomalySettings(forgetting: nil))
    var noise = Noise(seed: 1)
    // Sparse values fill every cell.
    rig.feed((0..<5_000).map { _ in noise.normal() * noise.normal() * noise.normal() * noise.normal() })
    let full = [rig.detector.known, rig.detector.knownDeviations, rig.detector.knownShifts].map(\.count)
    #expect(full[0] > 20)
    let atMost = rig.detector.save().count + 6 * (64 - full.reduce(0, +))
    #expect(atMost <= AnomalyDetector.maximumStateBytes)
  }

  private static let saved = DetectorRig.settledOnNoise(count: 1_000).detector.save()

  private func error(_ bytes: [UInt8]) -> AnomalyStateError? {
    do throws(AnomalyStateError) {
      _ = try AnomalyDetector(restoring: bytes)
      return nil
    } catch { return error }
  }

  @Test("A state that was cut, lengthened or changed is refused")
  func damage() {
    for length in 0..<Self.saved.count { #expect(error(Array(Self.saved.prefix(length))) != nil) }
    #expect(error(Self.saved + [0]) == .damaged)
    #expect(error(Self.saved + [UInt8](repeating: 0, count: 1_000)) == .damaged)
    for bit in stride(from: 0, to: Self.saved.count * 8, by: 37) {
      var bytes = Self.saved
      bytes[bit / 8] ^= 1 << (bit % 8)
      #expect(error(bytes) != nil)
    }
  }

  @Test("A foreign state and one of another version say so")
  func foreign() {
    #expect(error([]) == .foreign)
    #expect(error(Array("something else altogether".utf8)) == .foreign)
    var newer = Self.saved
    newer[4] = 9
    #expect(error(newer) == .unknownVersion(9))
    #expect("\(AnomalyStateError.unknownVersion(9))" == "the state is of version 9, and this program knows version 1")
  }

  @Test("Bytes whose check sum is right but whose numbers cannot be are refused, or work")
  func inconsistent() {
    var random = SplitMix64.announced(for: "StateTests")
    var refused = 0
    for _ in 0..<400 {
      var bytes = Array(Self.saved.dropLast(4))
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 5..<bytes.count, using: &random)
        bytes[place] = [0, 0x7F, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
      let sum = StateCheckSum.of(bytes)
      bytes += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt32($0))) }
      guard
        var rig = (try? AnomalyDetector(restoring: bytes)).map({ detector in
          var rig = DetectorRig()
          rig.detector = detector
          return rig
        })
      else {
        refused += 1
        continue
      }
      rig.feed([100, 101, 0, 65_535])
    }
    #expect(refused > 0 && refused < 400)
  }

  @Test("The check sum is CRC-32 of IEEE 802.3")
  func checkSum() {
    #expect(StateCheckSum.of(Array("123456789".utf8)) == 0xCBF4_3926)
  }

  @Test("Other settings take over what was learnt")
  func otherSettings() throws {
    var detector = try AnomalyDetector(AnomalySettings(learning: .seconds(86_400 * 20)), restoring: Self.saved)
    #expect(detector.phase == .learning)
    detector = try AnomalyDetector(restoring: Self.saved)
    #expect(detector.phase == .settling)
  }
}
