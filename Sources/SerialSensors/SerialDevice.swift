/// How a sensor that speaks no Modbus is understood.
public struct SerialDevice: Hashable, Sendable {
  public enum Speech: Hashable, Sendable {
    /// It sends by itself.
    case pushes(MessageFormat, where: [FieldCondition])
    /// It answers a request.
    case answers(MessageFormat, where: [FieldCondition], InstrumentRequest)
    case sdi12(SDI12Sensor)
  }

  public var speech: Speech
  /// A tag that pushes sensors did not send for so long is stale; 100 ms to 30 d.
  public var staleAfter: Duration

  public init(_ speech: Speech, staleAfter: Duration = .seconds(60)) {
    self.speech = speech
    self.staleAfter = staleAfter
  }

  /// As it stands in the configuration.
  public var formatName: String {
    switch speech {
    case .pushes(let format, _), .answers(let format, _, _): format.name
    case .sdi12: "sdi-12"
    }
  }
}
