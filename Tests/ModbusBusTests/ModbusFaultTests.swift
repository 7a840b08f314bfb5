import Foundation
import GatewayCore
import ModbusBus
import Telemetry
import Testing

/// Devices of `faulty_server.py`.
enum Fault: UInt8, Sendable, CaseIterable, CustomTestStringConvertible {
  case prompt = 1
  case lateOnce, dead, badChecksum, garbage, cut, otherUnit, wrongLength, oneBehind, hangUp, dribble
  case moody, refuses, noSuchException, wrongFunction, busy, twice, wrongTransaction

  var testDescription: String { "\(self)" }

  func request(count: Int = 8) -> ReadRequest {
    ReadRequest(unit: rawValue, table: .holdingRegister, address: 0, count: count)
  }
}

@Suite("Modbus against faulty devices")
struct ModbusFaultTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var medium: Medium
    var fault: Fault
    var reasons: Set<Quality.Reason>
    var testDescription: String { "\(medium.rawValue) \(fault)" }

    init(_ medium: Medium, _ fault: Fault, _ reasons: Quality.Reason...) {
      (self.medium, self.fault, self.reasons) = (medium, fault, Set(reasons))
    }
  }

  static let cases: [Case] = [
    Case(.rtu, .dead, .timeout),
    Case(.rtu, .badChecksum, .checksum),
    Case(.rtu, .garbage, .checksum, .malformedReply, .timeout),
    Case(.rtu, .cut, .timeout),
    Case(.rtu, .otherUnit, .malformedReply),
    Case(.rtu, .wrongLength, .malformedReply, .checksum, .timeout),
    Case(.rtu, .dribble, .timeout),
    Case(.rtu, .refuses, .exception(2)),
    Case(.rtu, .noSuchException, .malformedReply),
    Case(.rtu, .wrongFunction, .malformedReply, .timeout, .checksum),
    Case(.tcp, .dead, .timeout),
    Case(.tcp, .garbage, .malformedReply, .timeout),
    Case(.tcp, .cut, .timeout),
    Case(.tcp, .wrongLength, .malformedReply, .timeout),
    Case(.tcp, .dribble, .timeout),
    Case(.tcp, .refuses, .exception(2)),
    Case(.tcp, .noSuchException, .malformedReply),
    Case(.tcp, .wrongFunction, .malformedReply, .timeout),
    Case(.tcp, .wrongTransaction, .malformedReply),
  ]

  @Test("a wrong reply gives its reason, and the next device is read as if nothing had been", arguments: cases)
  func faults(_ one: Case) throws {
    let server = try ModbusServer("faulty_server.py", one.medium.rawValue)
    let bus = one.medium.bus(server.place)
    try bus.open()
    for _ in 0..<3 {
      let error = bus.failure(one.fault.request())
      #expect(error.map { one.reasons.contains($0.reason) } == true, "\(String(describing: error))")
      #expect(error?.detail.contains("unit \(one.fault.rawValue)") == true)
      // A device that sends byte by byte holds the line for as long.
      if one.medium == .rtu && one.fault == .dribble { waitForLine(bus) }
      let before = MonotonicNow.nanoseconds
      #expect(try arrival(bus.read(Fault.prompt.request())) >= before)
    }
  }

  private func waitForLine(_ bus: ModbusBus) {
    let end = MonotonicNow.nanoseconds + 20_000_000_000
    while bus.failure(Fault.prompt.request()) != nil && MonotonicNow.nanoseconds < end {}
  }

  @Test("a device that hangs up after each reply is connected again without an error")
  func hangUp() throws {
    let server = try ModbusServer("faulty_server.py", "tcp")
    let bus = Medium.tcp.bus(server.place, timeout: .seconds(5))
    try bus.open()
    for _ in 0..<20 {
      let before = MonotonicNow.nanoseconds
      #expect(try arrival(bus.read(Fault.hangUp.request())) >= before)
    }
  }

  @Test("a busy device answers the next time", arguments: Medium.allCases)
  func busy(_ medium: Medium) throws {
    let server = try ModbusServer("faulty_server.py", medium.rawValue)
    let bus = medium.bus(server.place, timeout: .seconds(5))
    try bus.open()
    #expect(bus.failure(Fault.busy.request())?.reason == .exception(6))
    #expect(bus.failure(Fault.busy.request()) == nil)
  }

  @Test("after a time-out a device that answers again is good at the next read", arguments: Medium.allCases)
  func recovers(_ medium: Medium) throws {
    let server = try ModbusServer("faulty_server.py", medium.rawValue)
    let bus = medium.bus(server.place)
    try bus.open()
    #expect(bus.failure(Fault.lateOnce.request())?.reason == .timeout)
    let end = MonotonicNow.nanoseconds + 5_000_000_000
    var last: FieldBusError?
    repeat { last = bus.failure(Fault.lateOnce.request()) } while last != nil && MonotonicNow.nanoseconds < end
    #expect(last == nil)
  }

  @Test(
    "a late reply is never taken for the answer to the next request",
    arguments: Medium.allCases, [Fault.lateOnce, .moody, .oneBehind, .twice])
  func lateReplies(_ medium: Medium, _ fault: Fault) throws {
    let server = try ModbusServer("faulty_server.py", medium.rawValue)
    let bus = medium.bus(server.place)
    try bus.open()
    var good = 0
    for round in 0..<20 {
      let before = MonotonicNow.nanoseconds
      do {
        // Requests of one shape, and of two by turns.
        let request = fault.request(count: round < 12 ? 4 : 4 + round % 2 * 4)
        let arrived = try arrival(bus.read(request))
        #expect(arrived >= before, "the reply to a request sent \((before - arrived) / 1_000) µs before this one")
        good += 1
      } catch {
        #expect([.timeout, .malformedReply, .checksum].contains(error.reason), "\(error.detail)")
      }
      if round % 4 == 0 {
        let between = MonotonicNow.nanoseconds
        if let entries = try? bus.read(Fault.prompt.request()) { #expect(arrival(entries) >= between) }
      }
    }
    if fault != .oneBehind { #expect(good > 0) }
  }

  @Test("a late reply to a read of one bit is not taken for the next")
  func lateBits() throws {
    let server = try ModbusServer("faulty_server.py", "rtu")
    let bus = Medium.rtu.bus(server.place)
    try bus.open()
    var good = 0
    for round in 0..<12 {
      // Every third address is set, and the request before asked for another.
      let address = UInt16(round)
      let request = ReadRequest(unit: Fault.lateOnce.rawValue, table: .coil, address: address, count: 1)
      if let entries = try? bus.read(request) {
        #expect(entries == [address % 3 == 0 ? 1 : 0])
        good += 1
      }
    }
    #expect(good > 0)
  }

  /// When the server took in the request that this is the reply to.
  private func arrival(_ entries: [UInt16]) -> Int64 {
    entries.prefix(4).reduce(0) { $0 << 16 | Int64($1) }
  }
}
