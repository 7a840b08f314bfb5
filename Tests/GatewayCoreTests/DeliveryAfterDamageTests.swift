import GatewayCore
import Telemetry
import Testing

extension DeliveryMachineTests {
  @Test(
    "What central confirmed of batches that damage took from the store is asked for anew, and deletes nothing later")
  func confirmedBeyondTheStore() throws {
    var machine = asked(10)
    guard case .send(let request, _, _, _) = machine.next(now: start) else { throw Unexpected("nothing to send") }
    machine.started(request: request, through: 10)
    machine.ended(request: request, ok(10), now: start, jitter: 0.5)
    #expect(machine.confirmations(beyond: stored(10)) == [telemetry: 10])
    machine.storeChanged(stored(6))
    #expect(machine.confirmations(beyond: stored(6)).isEmpty)
    #expect(machine.next(now: start) == .askPosition(request: request + 1, row: telemetry, at: 6))
    machine.storeChanged(stored(12))
    #expect(machine.confirmations(beyond: stored(12)).isEmpty, "11 and 12 were never sent")
  }
}
