public import GatewayConfiguration
public import GatewayCore
import Telemetry

extension GatewaySettings {
  /// The devices of a Modbus bus as its poller takes them.
  ///
  /// - Parameter index: of the bus.
  public func polledDevices(onBus index: Int) -> [PolledDevice] {
    devices.enumerated().filter { $0.element.bus == index }.map { position, device in
      let reading = device.reading
      return PolledDevice(
        device: position, unit: device.unit,
        pace: PollPace(interval: device.scanInterval, isContinuous: reading.isContinuous),
        points: device.tags.compactMap(\.point),
        pacing: RequestPacing(timeout: reading.timeout, turnRound: reading.turnRound), retries: reading.retries,
        rules: ReadRules(
          costs: buses[index].lineCosts, turnRound: reading.turnRound, maximumRegisters: reading.maximumRegisters,
          maximumBits: reading.maximumBits, bridgesGaps: reading.bridgesGaps))
    }
  }
}

extension BusSettings {
  /// What requests cost on this bus; nothing is asked on that of computed devices.
  public var lineCosts: LineCosts {
    switch kind {
    case .modbusTCP, .computed: .network
    case .modbusRTU(let line), .serialLines(let line, _):
      .serial(
        baud: line.baud, bits: 1 + 8 + (line.parity == .none ? 0 : 1) + line.stopBits, silence: pacing.silence)
    }
  }
}
