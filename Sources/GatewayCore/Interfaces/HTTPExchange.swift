/// A request to central, as the delivery needs it.
public struct HTTPRequest: Sendable {
  public enum Method: Sendable {
    case get
    case post
  }

  /// Chosen by the caller; comes back with the result.
  public var identifier: Int
  public var method: Method
  /// Path behind central's URL, with its leading slash.
  public var path: String
  public var contentType: String?
  public var body: [UInt8]
  /// Goes before others where the link is limited.
  public var isUrgent: Bool

  public init(
    identifier: Int, method: Method, path: String, contentType: String? = nil, body: [UInt8] = [],
    isUrgent: Bool = false
  ) {
    self.isUrgent = isUrgent
    self.identifier = identifier
    self.method = method
    self.path = path
    self.contentType = contentType
    self.body = body
  }
}

/// How a request ended.
public struct HTTPResult: Sendable {
  public enum Outcome: Sendable {
    /// The whole answer arrived, whatever its status. `body` is cut off at 64 KiB.
    case answered(status: Int, body: [UInt8], retryAfter: Duration?)
    /// No answer: whether the request took effect is unknown. One line for people.
    case failed(String)
  }

  public var identifier: Int
  public var outcome: Outcome

  public init(identifier: Int, outcome: Outcome) {
    self.identifier = identifier
    self.outcome = outcome
  }
}
