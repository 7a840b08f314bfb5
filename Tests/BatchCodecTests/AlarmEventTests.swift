import Telemetry
import Testing

@testable import BatchCodec

@Suite("Alarm events with people")
struct AlarmEventTests {
  private func event(
    _ transition: AlarmEvent.Transition, who: String = "anna", until: Int64? = nil, command: UInt64 = 0
  ) -> AlarmEvent {
    AlarmEvent(
      time: Timestamp(milliseconds: 1_790_000_000_000), alarm: "too_hot", tag: "boiler/supply_temp",
      transition: transition, severity: .high, value: nil, message: "m", who: who,
      until: until.map { Timestamp(milliseconds: $0) }, command: command)
  }

  @Test("Every transition from 4 on comes back with who, until and command")
  func roundTrip() throws {
    var events = AlarmEvent.Transition.allCases.filter { $0.rawValue > 3 }.map { event($0) }
    events.append(event(.shelved, until: 1_790_000_007_200_000, command: .max))
    events.append(event(.shelved, who: "", until: -5))
    events.append(event(.acknowledged, who: String(repeating: "x", count: 64), command: 300))
    #expect(try AlarmBody.decode(AlarmBody.encode(events)).events == events)
    let bytes = try BatchCodec.encode(epoch: Epoch(high: 1, low: 2), number: 1, alarms: events)
    #expect(bytes[4] == 1, "the version of the batch does not change")
    #expect(try BatchCodec.decode(bytes[...]).content == .alarms(events, losses: []))
  }

  @Test("Events 1 to 3 name nobody, whatever they hold, and take the bytes they took before")
  func oldEvents() throws {
    for transition in [AlarmEvent.Transition.raised, .cleared, .written] {
      let bytes = AlarmBody.encode([event(transition, command: 7)])
      #expect(bytes == AlarmBody.encode([event(transition, who: "")]))
      #expect(try AlarmBody.decode(bytes).events == [event(transition, who: "")])
    }
  }

  @Test("The bytes of an acknowledgement and of a shelving are frozen")
  func frozen() {
    let acknowledged = AlarmBody.encode([event(.acknowledged, command: 300)])
    let head: [UInt8] = [1, 0x80, 0xb0, 0x83, 0xc5, 0x98, 0x68]
    let texts = [7] + Array("too_hot".utf8) + [18] + Array("boiler/supply_temp".utf8) + [1] + Array("m".utf8)
    #expect(acknowledged == head + [4, 3, 0] + texts + [4] + Array("anna".utf8) + [0, 0xac, 0x02, 0])
    let shelved = AlarmBody.encode([event(.shelved, until: 1)])
    #expect(shelved == head + [5, 3, 0] + texts + [4] + Array("anna".utf8) + [2, 0, 0])
  }

  @Test("An end of shelving elsewhere, an unknown transition and a long name are refused, and so is half an event")
  func nonsense() throws {
    var bad = [AlarmBody.encode([event(.acknowledged, until: 1)])]
    bad.append(AlarmBody.encode([event(.unshelved, who: String(repeating: "x", count: 65))]))
    var unknown = AlarmBody.encode([event(.firstOutOver)])
    let place = try #require(unknown.firstIndex(of: 13))
    unknown[place] = 14
    bad.append(unknown)
    let whole = AlarmBody.encode([event(.shelved, until: 5, command: 9)])
    bad += (1..<whole.count).map { Array(whole.prefix($0)) }
    for bytes in bad { #expect(throws: CodecError.self) { try AlarmBody.decode(bytes) } }
  }
}
