/// How a sensor that speaks no Modbus is understood.
public struct SerialDevice: Hashable, Sendable {
  public init() {}
}
