import BusPlanning
public import GatewayConfiguration
public import GatewayCore
import Telemetry

/// A configuration as it runs, with a handle for each device and bus.
///
/// A handle is a number that stands for one device or bus in the life of the process and is never used for another one. What
/// comes from the buses carries it, never a place in a list that a reload may have changed, so that a scan that was under way
/// is never filed under another tag. At the start, handles are places.
public struct RunningConfiguration: Sendable {
  public let settings: GatewaySettings
  /// By place in ``GatewaySettings/devices``.
  public let deviceHandles: [Int]
  /// By place in ``GatewaySettings/buses``.
  public let busHandles: [Int]
  private let nextDevice: Int
  private let nextBus: Int
  private let devicePlaces: [Int: Int]
  private let busPlaces: [Int: Int]

  public init(_ settings: GatewaySettings) {
    self.init(
      settings, deviceHandles: Array(settings.devices.indices), busHandles: Array(settings.buses.indices),
      nextDevice: settings.devices.count, nextBus: settings.buses.count)
  }

  private init(
    _ settings: GatewaySettings, deviceHandles: [Int], busHandles: [Int], nextDevice: Int, nextBus: Int
  ) {
    self.settings = settings
    self.deviceHandles = deviceHandles
    self.busHandles = busHandles
    self.nextDevice = nextDevice
    self.nextBus = nextBus
    devicePlaces = Dictionary(uniqueKeysWithValues: zip(deviceHandles, deviceHandles.indices))
    busPlaces = Dictionary(uniqueKeysWithValues: zip(busHandles, busHandles.indices))
  }

  /// The place of a device among the settings; nil when it is gone.
  public func device(_ handle: Int) -> Int? { devicePlaces[handle] }

  /// The place of a bus among the settings; nil when it is gone.
  public func bus(_ handle: Int) -> Int? { busPlaces[handle] }

  /// Another configuration after this one: devices that differ in nothing but their pace, and buses of the same name, keep
  /// their handles. What only a start can change stays as it is (``SettingsDifference/applicable(_:running:)``).
  public func followed(by new: GatewaySettings) -> RunningConfiguration {
    let new = SettingsDifference.applicable(new, running: settings)
    var (nextDevice, nextBus) = (nextDevice, nextBus)
    let buses = Dictionary(zip(settings.buses.map(\.name), busHandles)) { first, _ in first }
    let busHandles = new.buses.map { bus -> Int in
      if let handle = buses[bus.name] { return handle }
      defer { nextBus += 1 }
      return nextBus
    }
    let devices = Dictionary(settings.devices.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }
    let deviceHandles = new.devices.map { device -> Int in
      if let place = devices[device.name], isSame(settings.devices[place], device, of: new) {
        return self.deviceHandles[place]
      }
      defer { nextDevice += 1 }
      return nextDevice
    }
    return RunningConfiguration(
      new, deviceHandles: deviceHandles, busHandles: busHandles, nextDevice: nextDevice, nextBus: nextBus)
  }

  /// Both are the same source of the same values, at whatever pace and with whatever patience they are asked.
  private func isSame(_ old: DeviceSettings, _ device: DeviceSettings, of new: GatewaySettings) -> Bool {
    settings.buses[old.bus].name == new.buses[device.bus].name && old.unit == device.unit
      && old.serial == device.serial && old.tags == device.tags
  }

  /// The devices of a bus as its poller takes them, with their handles.
  ///
  /// - Parameter place: of the bus among the settings.
  public func polledDevices(ofBus place: Int) -> [PolledDevice] {
    settings.polledDevices(onBus: place).map { device in
      var device = device
      device.device = deviceHandles[device.device]
      return device
    }
  }
}
