import Foundation
import Telemetry

/// One value that the reference server holds, as it announces it.
struct ReferenceValue: Decodable {
  var table: String
  var address: UInt16
  var type: String
  var order: String
  var value: String

  enum Mistake: Error {
    case unknown(String)
  }

  func point() throws -> RegisterPoint {
    guard let table = RegisterTable.allCases.first(where: { $0.name == table }),
      let type = RegisterType(rawValue: type),
      let order = WordOrder(rawValue: order)
    else { throw Mistake.unknown("\(self)") }
    return RegisterPoint(table: table, address: address, type: type, order: order)
  }

  func reading() throws -> Reading {
    let point = try point()
    switch point.type.valueType {
    case .text: throw Mistake.unknown(value)
    case .boolean:
      return Reading(.boolean(value == "true"))
    case .integer:
      guard let number = Int64(value) else { throw Mistake.unknown(value) }
      return Reading(.integer(number))
    case .float32:
      guard let number = Double(value) else { throw Mistake.unknown(value) }
      return Reading(.float32(Float(number)))
    case .float64:
      guard let number = Double(value) else { throw Mistake.unknown(value) }
      return Reading(.float64(number))
    }
  }

  static func list(_ lines: [String]) throws -> [ReferenceValue] {
    try lines.map { try JSONDecoder().decode(Self.self, from: Data($0.utf8)) }
  }
}
