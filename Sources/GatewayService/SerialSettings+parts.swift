import GatewayConfiguration
import GatewayCore
import GatewayRuntime
import SerialPort
import SerialSensors

/// The configuration's serial lines and sensors, as the parts take them.
extension RunningConfiguration {
  /// The sensors of a bus, with their handles, in the order of the file, in which their formats are tried.
  ///
  /// - Parameter place: of the bus among the settings.
  func serialSensors(ofBus place: Int) -> [SerialSensor] {
    zip(settings.devices, deviceHandles).compactMap { device, handle in
      guard device.bus == place, let serial = device.serial else { return nil }
      let points = device.tags.compactMap { tag in if case .field(let point) = tag.source { point } else { nil } }
      return SerialSensor(device: handle, serial: serial, interval: device.scanInterval, points: points)
    }
  }
}

extension PortSettings {
  init(_ line: SerialLine, _ lines: SerialLinesSettings) {
    let parity: Parity =
      switch line.parity {
      case .none: .none
      case .even: .even
      case .odd: .odd
      }
    let flow: FlowControl =
      switch lines.flowControl {
      case .none: .none
      case .hardware: .hardware
      case .software: .software
      }
    self.init(
      device: line.device, baud: line.baud, dataBits: lines.dataBits, parity: parity, stopBits: line.stopBits,
      flowControl: flow)
  }
}

extension SerialLineTraits {
  init(_ bus: BusSettings, _ lines: SerialLinesSettings, _ port: PortSettings) {
    self.init(
      framing: lines.framing, isMarked: true, characterTime: port.characterTime,
      wantsBreak: lines.sdi12 == .transparent, timeout: bus.timeout)
  }
}
