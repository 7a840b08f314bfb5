import BatchCodec
import CentralCore
import SampleTelemetry
import SyncProtocol
import Telemetry
import Testing

@Suite("Commands of operators that wait")
struct WaitingCommandsTests {
  private let now = Timestamp(milliseconds: 1_790_000_000_000)

  private func command(_ number: UInt64, _ gateway: String = "barn") -> OperatorCommand {
    OperatorCommand(
      number: number, gateway: gateway, alarm: "hot", action: .acknowledge, seconds: nil, comment: "", who: "anna",
      created: now)
  }

  @Test("They go with each answer to their gateway, a bounded number at a time, until an event answers them")
  func handedOut() throws {
    var waiting = WaitingCommands((1...20).map { command($0) } + [command(99, "other")])
    #expect(waiting.next(for: "barn", now: now).map(\.number) == Array(1...16))
    #expect(waiting.next(for: "barn", now: now).count == 16)
    #expect(waiting.next(for: "other", now: now).map(\.number) == [99])
    let key = LaneKey(gateway: "barn", epoch: Epoch(high: 1, low: 2), lane: .alarms)
    let events = [3, 99].map { number in
      AlarmEvent(
        time: now, alarm: "hot", tag: "", transition: .acknowledged, severity: .high, value: nil, message: "",
        command: number)
    }
    var group = IngestMachine.Group()
    group.batches = [
      (key, try ReceivedBatch(BatchCodec.encode(epoch: key.epoch, number: 1, alarms: events)))
    ]
    waiting.committed(group)
    #expect(waiting.next(for: "barn", now: now).map(\.number) == [1, 2] + Array(4...17))
    #expect(waiting.all(of: "other").count == 1, "another gateway answered")
  }

  @Test("There is a bound for each gateway, and what nobody answered for a week is dropped")
  func bounds() {
    var waiting = WaitingCommands()
    for number in 1...UInt64(OperatorCommand.maximumWaiting) {
      #expect(waiting.hasRoom(for: "barn"))
      waiting.add(command(number))
    }
    #expect(!waiting.hasRoom(for: "barn") && waiting.hasRoom(for: "other"))
    #expect(waiting.next(for: "barn", now: now + .seconds(7 * 86_400)).isEmpty && waiting.hasRoom(for: "barn"))
  }

  @Test("An answer carries them as the format says, and none when there are none")
  func json() {
    var answer = IngestAnswer(status: 200, .init(position: 5))
    #expect(String(decoding: answer.json, as: UTF8.self) == #"{"position":5}"#)
    var shelving = command(.max >> 1)
    (shelving.action, shelving.seconds, shelving.comment) = (.shelve, 7_200, "why")
    answer.commands = [shelving]
    #expect(
      String(decoding: answer.json, as: UTF8.self)
        == #"{"position":5,"commands":[{"command":"9223372036854775807","alarm":"hot","action":"shelve","seconds":7200,"#
        + #""comment":"why","by":"anna","time":"2026-09-21T14:13:20.000Z"}]}"#)
  }
}
