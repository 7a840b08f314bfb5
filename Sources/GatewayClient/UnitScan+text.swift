import GatewayConfiguration
import JSONText

extension UnitScan {
  /// The unit as a line for people or programs.
  ///
  /// - Parameter setting: of the line it was found at, when the scan is one of the line's settings, too.
  func line(json: Bool, at setting: SweepPlan.Setting? = nil) -> String {
    guard json else {
      let place = setting.map { "  \($0.text)" } ?? ""
      let identity = identity.isEmpty ? "" : "  \(identity.joined(separator: " "))"
      return "unit \(unit)\(place)\(identity)  answers: \(functions.joined(separator: ", "))"
    }
    return JSONWriter.text { json in
      json.object { json in
        json.member("unit", unit)
        if let setting {
          json.member("baud", setting.baud)
          json.member("parity", setting.parity.rawValue)
          json.member("stop_bits", setting.stopBits)
        }
        json.array("answers") { json in for name in functions { json.string(name) } }
        json.array("identity") { json in for text in identity { json.string(text) } }
      }
    }
  }
}
