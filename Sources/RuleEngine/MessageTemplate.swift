/// A sentence of the user's with places for what is known when the alarm changes.
public struct MessageTemplate: Hashable, Sendable {
  public enum Part: Hashable, Sendable {
    case text(String)
    case place(Place)
  }

  public enum Place: String, Hashable, Sendable, CaseIterable {
    case value
    case limit
    case tag
    case name
    case unit
    case severity
  }

  public struct Mistake: Error, Hashable {
    /// What stands between the braces; nil: a brace has no partner.
    public var place: String?
    /// Characters before the brace.
    public var offset: Int
  }

  public static let maximumBytes = 300

  public var text: String
  public private(set) var parts: [Part]

  /// - Throws: at a place nobody knows, or a brace without its partner. `{{` and `}}` are braces themselves.
  public init(_ text: String) throws(Mistake) {
    self.text = text
    parts = []
    var plain = ""
    var rest = text[...]
    while let sign = rest.first {
      let offset = text.distance(from: text.startIndex, to: rest.startIndex)
      rest.removeFirst()
      switch sign {
      case "{" where rest.first == "{", "}" where rest.first == "}":
        plain.append(sign)
        rest.removeFirst()
      case "{":
        guard let end = rest.firstIndex(of: "}") else { throw Mistake(place: nil, offset: offset) }
        guard let place = Place(rawValue: String(rest[..<end])) else {
          throw Mistake(place: String(rest[..<end]), offset: offset)
        }
        if !plain.isEmpty { parts.append(.text(plain)) }
        plain = ""
        parts.append(.place(place))
        rest = rest[rest.index(after: end)...]
      case "}": throw Mistake(place: nil, offset: offset)
      default: plain.append(sign)
      }
    }
    if !plain.isEmpty { parts.append(.text(plain)) }
  }

  func filled(_ value: (Place) -> String) -> String {
    var sentence = ""
    for part in parts {
      switch part {
      case .text(let text): sentence += text
      case .place(let place): sentence += value(place)
      }
    }
    return sentence
  }
}
