import GatewayCore
import Telemetry
import Testing

@Suite("The saved state")
struct SavedStateTests {
  private static let state = SavedState(
    wall: Timestamp(milliseconds: 1_800_000_000_123), monotonic: MonotonicTime(nanoseconds: 77_000_000_001),
    boot: "5d5a", sections: ["windows": [1, 2, 3], "detectors": [], "ä": Array(repeating: 7, count: 300)])

  @Test("What was saved is read again")
  func roundTrip() throws {
    #expect(try SavedState(bytes: Self.state.encoded()) == Self.state)
    let empty = SavedState(wall: Timestamp(milliseconds: -1), monotonic: .zero, boot: "", sections: [:])
    #expect(try SavedState(bytes: empty.encoded()) == empty)
  }

  @Test("Its bytes are those that version 1 has")
  func bytes() {
    let state = SavedState(
      wall: Timestamp(milliseconds: 1), monotonic: MonotonicTime(nanoseconds: 2), boot: "b", sections: ["a": [9]])
    let head =
      Array("FGSTATE1".utf8) + [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, UInt8(ascii: "b"), 1]
      + [1, UInt8(ascii: "a"), 1, 0, 0, 0, 0, 0, 0, 0, 9]
    #expect(Array(state.encoded().dropLast(8)) == head)
  }

  @Test("No changed bit passes")
  func damage() {
    let good = Self.state.encoded()
    for index in good.indices {
      for bit in 0..<8 {
        var bytes = good
        bytes[index] ^= 1 << UInt8(bit)
        #expect(throws: SavedState.Damage.self, "byte \(index), bit \(bit)") { try SavedState(bytes: bytes) }
      }
    }
  }

  @Test("No beginning of a file passes for a whole one, and no file with more behind it")
  func length() {
    let good = Self.state.encoded()
    for count in 0..<good.count {
      #expect(throws: SavedState.Damage.self, "\(count) bytes") { try SavedState(bytes: Array(good.prefix(count))) }
    }
    #expect(throws: SavedState.Damage.self) { try SavedState(bytes: good + [0]) }
  }

  @Test("Its age is told by the clock since boot, and after a start of the machine by the wall clock")
  func age() {
    let (wall, now) = (Self.state.wall + .seconds(3_600), Self.state.monotonic + .seconds(60))
    #expect(Self.state.elapsed(wall: wall, monotonic: now, boot: "5d5a") == .seconds(60))
    #expect(Self.state.elapsed(wall: wall, monotonic: now, boot: "other") == .seconds(3_600))
    let earlier = Timestamp(milliseconds: 0)
    #expect(Self.state.elapsed(wall: earlier, monotonic: now, boot: "other") == .zero)
    let unnamed = SavedState(wall: Self.state.wall, monotonic: .zero, boot: "", sections: [:])
    #expect(unnamed.elapsed(wall: wall, monotonic: now, boot: "") == .seconds(3_600))
  }
}
