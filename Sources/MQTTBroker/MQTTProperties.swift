import CMosquitto
import Glibc

/// A list of MQTT 5 properties of ours; freed with it.
struct MQTTProperties: ~Copyable {
  private(set) var list: OpaquePointer?

  deinit {
    var list = list
    mosquitto_property_free_all(&list)
  }

  mutating func add(_ identifier: mqtt5_property, _ bytes: [UInt8]) {
    // Two bytes hold the length (MQTT 5, 1.5.6).
    guard bytes.count <= 65_535 else { return }
    mosquitto_property_add_binary(&list, identifier.rawValue.signed, bytes, UInt16(bytes.count))
  }

  mutating func add(_ identifier: mqtt5_property, _ number: UInt32) {
    mosquitto_property_add_int32(&list, identifier.rawValue.signed, number)
  }

  mutating func add(_ identifier: mqtt5_property, _ number: UInt16) {
    mosquitto_property_add_int16(&list, identifier.rawValue.signed, number)
  }
}

/// Reads properties that libmosquitto owns, for the time of a callback.
struct ReceivedProperties {
  let list: OpaquePointer?

  func number(_ identifier: mqtt5_property) -> UInt32? {
    var value: UInt32 = 0
    let found = mosquitto_property_read_int32(list, identifier.rawValue.signed, &value, false)
    return found == nil ? nil : value
  }

  func text(_ identifier: mqtt5_property) -> String? {
    var value: UnsafeMutablePointer<CChar>?
    guard mosquitto_property_read_string(list, identifier.rawValue.signed, &value, false) != nil, let value else {
      return nil
    }
    defer { free(value) }
    return String(cString: value)
  }

  func bytes(_ identifier: mqtt5_property) -> [UInt8]? {
    var value: UnsafeMutableRawPointer?
    var count: UInt16 = 0
    guard mosquitto_property_read_binary(list, identifier.rawValue.signed, &value, &count, false) != nil else {
      return nil
    }
    defer { free(value) }
    guard let value else { return [] }
    return Array(UnsafeRawBufferPointer(start: value, count: Int(count)))
  }
}
