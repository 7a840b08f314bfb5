import Telemetry

extension NMEASentence {
  /// What the sentence says of its own values.
  ///
  /// Void, "not valid" and fix 0 mean that there is no measurement: bad. Estimated, entered by hand and simulated mean that it
  /// is not a measured one: uncertain.
  var quality: Quality {
    switch type {
    case "GGA": Self.quality(fix: letter(6))
    case "RMC": Self.worse(Self.quality(status: letter(2)), Self.quality(mode: letter(12)))
    case "GLL": Self.worse(Self.quality(status: letter(6)), Self.quality(mode: letter(7)))
    case "VTG": Self.quality(mode: letter(9))
    case "GNS": field(6).map { Self.best($0.map { Self.quality(mode: $0) }) } ?? .good
    case "MWV": Self.quality(status: letter(5))
    case "ROT": Self.quality(status: letter(2))
    case "RPM": Self.quality(status: letter(5))
    default: .good
    }
  }

  /// Nil when the sentence is not about it: a wind of the other kind, another transducer.
  func value(_ field: NMEAField, as point: FieldPoint) -> FieldValue? {
    switch field {
    case .number(let number, let factor): return plain(number, times: factor, as: point)
    case .degrees(let number): return degrees(number)
    case .speed(let number, let unit): return speed(number, unit: unit)
    case .when(let number, let wanted, let place):
      return letter(place) == wanted ? plain(number, times: 1, as: point) : nil
    case .speedWhen(let number, let unit, let wanted, let place):
      return letter(place) == wanted ? speed(number, unit: unit) : nil
    case .transducer(let name):
      // Type, measurement, unit and name of each transducer.
      for start in stride(from: 0, to: fields.count - 3, by: 4) where fields[start + 3] == Array(name.utf8) {
        return plain(start + 2, times: 1, as: point)
      }
      return nil
    }
  }

  private func plain(_ number: Int, times factor: Double, as point: FieldPoint) -> FieldValue {
    guard let text = field(number), !FieldDecoder.trim(text).isEmpty else { return .bad(.sensorFault) }
    guard factor != 1 else { return graded(FieldDecoder.value(text, as: point)) }
    guard let value = FieldDecoder.number(text, hasComma: false) else { return .bad(.undecodable) }
    return graded(.float64(Self.rounded(value * factor, digits: 1e6)))
  }

  private func degrees(_ number: Int) -> FieldValue {
    guard let text = field(number), let hemisphere = letter(number + 1), !text.isEmpty else {
      return .bad(.sensorFault)
    }
    let isLatitude = hemisphere == UInt8(ascii: "N") || hemisphere == UInt8(ascii: "S")
    let isLongitude = hemisphere == UInt8(ascii: "E") || hemisphere == UInt8(ascii: "W")
    guard isLatitude || isLongitude, let value = FieldDecoder.number(text, hasComma: false), value >= 0 else {
      return .bad(.undecodable)
    }
    let whole = (value / 100).rounded(.towardZero)
    let minutes = value - whole * 100
    guard minutes < 60, whole + minutes / 60 <= (isLatitude ? 90 : 180) else { return .bad(.undecodable) }
    let isNegative = hemisphere == UInt8(ascii: "S") || hemisphere == UInt8(ascii: "W")
    // A hundred-millionth of a degree is a millimetre.
    let degrees = Self.rounded(whole + minutes / 60, digits: 1e8)
    return graded(.float64(isNegative ? -degrees : degrees))
  }

  private func speed(_ number: Int, unit: Int) -> FieldValue {
    guard let text = field(number), !text.isEmpty else { return .bad(.sensorFault) }
    let factor: Double? =
      switch letter(unit) {
      case UInt8(ascii: "M"): 1
      case UInt8(ascii: "K"): 1 / 3.6
      case UInt8(ascii: "N"): 1_852.0 / 3_600
      case UInt8(ascii: "S"): 0.44704
      default: nil
      }
    guard let factor, let value = FieldDecoder.number(text, hasComma: false) else { return .bad(.undecodable) }
    return graded(.float64(Self.rounded(value * factor, digits: 1e6)))
  }

  private func graded(_ value: Value) -> FieldValue { FieldValue(Reading(value, quality: quality)) }

  private func graded(_ value: FieldValue) -> FieldValue {
    guard value.reading.quality == .good else { return value }
    return FieldValue(
      Reading(bits: value.reading.bits, quality: quality), text: quality.hasValue ? value.text : nil)
  }

  private static func rounded(_ value: Double, digits: Double) -> Double { (value * digits).rounded() / digits }

  private static func quality(fix: UInt8?) -> Quality {
    switch fix {
    case UInt8(ascii: "0"), nil: .bad(.sensorFault)
    case UInt8(ascii: "6"), UInt8(ascii: "7"), UInt8(ascii: "8"): .uncertain(.sensorFault)
    default: .good
    }
  }

  private static func quality(status: UInt8?) -> Quality {
    status == UInt8(ascii: "A") ? .good : .bad(.sensorFault)
  }

  /// Absent before version 2.3.
  private static func quality(mode: UInt8?) -> Quality {
    switch mode {
    case UInt8(ascii: "N"): .bad(.sensorFault)
    case UInt8(ascii: "E"), UInt8(ascii: "M"), UInt8(ascii: "S"): .uncertain(.sensorFault)
    default: .good
    }
  }

  private static func worse(_ left: Quality, _ right: Quality) -> Quality {
    left.rawValue > right.rawValue ? left : right
  }

  private static func best(_ all: [Quality]) -> Quality {
    all.min { $0.rawValue < $1.rawValue } ?? .bad(.sensorFault)
  }
}
