import GatewayCore
import ModbusBus
import Telemetry
import Testing

/// A poller and its bus, driven in real time.
struct BusDrive {
  var poller: BusPoller
  let bus: ModbusBus

  private var now: MonotonicTime { MonotonicTime(nanoseconds: MonotonicNow.nanoseconds) }

  init(poller: BusPoller, bus: ModbusBus) {
    self.poller = poller
    self.bus = bus
  }

  init(_ devices: [PolledDevice], bus: ModbusBus) {
    let start = MonotonicTime(nanoseconds: MonotonicNow.nanoseconds)
    self.init(poller: BusPoller(devices: devices, seed: 1, now: start), bus: bus)
  }

  /// Polls until a scan fulfils the condition, at most 20 s.
  mutating func scan(where condition: (DeviceScan) -> Bool) -> DeviceScan? {
    let end = now + .seconds(20)
    while now < end {
      switch poller.next(now: now, wall: Timestamp(milliseconds: 0)) {
      case .open:
        let result = Result<Void, FieldBusError> { () throws(FieldBusError) in try bus.open() }
        poller.opened(result, now: now)
      case .read(let request):
        let result = Result<[UInt16], FieldBusError> { () throws(FieldBusError) in try bus.read(request) }
        poller.answered(result, now: now)
      case .deliver(let scan, _):
        if condition(scan) { return scan }
      case .jobRead, .write, .ask, .report: Issue.record("nobody asked for a job")
      case .wait(let until):
        MonotonicNow.sleep(until: min(until, end))
      }
    }
    return nil
  }
}
