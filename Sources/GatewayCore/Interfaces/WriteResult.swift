/// What is known of a write after it was tried. Only ``unknown(_:)`` leaves open whether the device has it.
public enum WriteResult: Hashable, Sendable {
  /// The device repeated the write's address and value, or count.
  case acknowledged
  /// The device answered with an exception: it did not carry it out.
  case refused(FieldBusError)
  /// It left, or part of it, and no valid reply came.
  case unknown(FieldBusError)
  /// Nothing of it left.
  case notSent(FieldBusError)
  /// Nobody wanted it any more at the moment at which it could have left.
  case expired

  /// Set when the bus went down with it.
  public var busFault: FieldBusError? {
    switch self {
    case .unknown(let error), .notSent(let error): error.isBusDown ? error : nil
    case .acknowledged, .refused, .expired: nil
    }
  }
}
