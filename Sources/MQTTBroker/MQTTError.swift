import CMosquitto
import Glibc

/// What libmosquitto refused, in one line.
public struct MQTTError: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) {
    self.description = description
  }

  /// The words for a code that a function of libmosquitto returned.
  static func text(_ code: Int32) -> String {
    // With MOSQ_ERR_ERRNO the cause is in errno (mosquitto.h, mosquitto_connect).
    if code == MOSQ_ERR_ERRNO.rawValue.signed { return String(cString: strerror(errno)) }
    return String(cString: mosquitto_strerror(code))
  }
}

extension BinaryInteger {
  /// libmosquitto's error enumeration is signed or unsigned as its compiler sees fit; its functions return int.
  var signed: Int32 { Int32(truncatingIfNeeded: self) }
}
