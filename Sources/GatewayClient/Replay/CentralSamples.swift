import FoundationEssentials
import GatewayIdentity
import Glibc
import HTTPClient
import Telemetry

/// Values of one tag that central has, page by page.
final class CentralSamples: ReplaySource {
  /// Samples a page; more only where so many have the same time.
  static let pageSamples = 10_000
  /// The most that central gives.
  static let maximumPageSamples = 1_000_000
  private static let maximumPageBytes = 256 << 20
  /// How often a central that is busy is asked.
  private static let tries = 5

  private let gateway: String
  private let tag: String
  private let until: Timestamp
  private let fetch: (_ path: String) throws -> DirectAnswer
  private var from: Timestamp
  /// Samples at `from` that were given already: a page may end among several of one time.
  private var given = 0
  private var limit = CentralSamples.pageSamples
  private var isAtEnd = false

  /// - Parameters:
  ///   - tag: `DEVICE/TAG`.
  ///   - fetch: asks central for a path.
  init(
    gateway: String, tag: String, range: Range<Timestamp>, fetch: @escaping (_ path: String) throws -> DirectAnswer
  ) {
    self.gateway = gateway
    self.tag = tag
    // Central knows no times before these, and takes whole numbers up to 2^53.
    from = max(range.lowerBound, Timestamp(milliseconds: 0))
    until = min(range.upperBound, Timestamp(milliseconds: 1 << 52))
    self.fetch = fetch
  }

  func next() throws -> [ReplaySample]? {
    guard !isAtEnd, from < until else { return nil }
    while true {
      let answer = try page()
      let samples = try CentralTable.samples(answer.body)
      guard let text = answer.headers["x-next-from"] else {
        isAtEnd = true
        return Array(samples.dropFirst(given))
      }
      guard let next = Timestamp(iso8601: text), next >= from else {
        throw ReplayRun.Failure(description: "central's answer cannot be used: its next page begins at '\(text)'")
      }
      if next > from {
        defer {
          from = next
          given = samples.reversed().prefix { $0.time == next }.count
          limit = Self.pageSamples
        }
        return Array(samples.dropFirst(given))
      }
      // A clock that was set back holds the times of what follows.
      guard limit < Self.maximumPageSamples else {
        throw ReplayRun.Failure(
          description: "more than \(limit) values have the time \(text), which central cannot give; "
            + "leave them out with --from or --to")
      }
      limit = min(limit * 10, Self.maximumPageSamples)
    }
  }

  private func page() throws -> DirectAnswer {
    let path =
      "/v1/gateways/\(Self.escaped(gateway))/samples?tag=\(Self.escaped(tag))&format=csv&limit=\(limit)"
      + "&from=\(from.milliseconds)&to=\(until.milliseconds)"
    var answer = try fetch(path)
    for _ in 1..<Self.tries where answer.status == 503 {
      sleep(UInt32(min(max(Int(answer.headers["retry-after"] ?? "") ?? 1, 1), 10)))
      answer = try fetch(path)
    }
    guard answer.status == 200 else { throw refusal(answer) }
    guard answer.body.count < Self.maximumPageBytes else {
      throw ReplayRun.Failure(description: "central's page of \(limit) values is too large; use --from and --to")
    }
    return answer
  }

  private struct Refusal: Decodable {
    var error: String
    var message: String
  }

  private func refusal(_ answer: DirectAnswer) -> ReplayRun.Failure {
    let words = (try? JSONDecoder().decode(Refusal.self, from: Data(answer.body)))?.message
    let said = words.map { ": \($0)" } ?? ""
    let text =
      switch answer.status {
      case 401, 403:
        "central does not let you read values (\(answer.status))\(said). Central's operator gives out a certificate with "
          + "OU=operator (--certificate and --key) or a token (--token-file)"
      case 404: "central has no such values\(said)"
      case 429: "central wants to be asked less often\(said); wait a moment and try again"
      case 503: "central is busy\(said); try again in a moment"
      default: "central answered with \(answer.status)\(said); its log says more"
      }
    return ReplayRun.Failure(description: text)
  }

  /// All but the unreserved letters of RFC 3986.
  private static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { escaped, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        escaped.append(Character(Unicode.Scalar(byte)))
      default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
  }

  var remarks: [String] { [] }

  var hintWhenEmpty: String {
    "a gateway sends values every 'batch-interval', hourly after an outage; see: fieldgate status"
  }
}

extension CentralSamples {
  /// Whom central knows us as.
  struct Access {
    /// `https://HOST[:PORT]`
    var url: String
    /// PEM files.
    var authority: String
    var certificate: String?
    var key: String?
    var token: String?
    var proxy: String?
  }

  convenience init(gateway: String, tag: String, range: Range<Timestamp>, access: Access) {
    self.init(gateway: gateway, tag: tag, range: range) { path in
      var request = DirectRequest(access.url + path, trust: .authority(access.authority))
      (request.certificate, request.key, request.token) = (access.certificate, access.key, access.token)
      request.proxy = access.proxy
      request.maximumBodyBytes = Self.maximumPageBytes
      do throws(DirectFailure) {
        return try request.perform()
      } catch {
        throw Self.failure(error, access)
      }
    }
  }

  private static func failure(_ failure: DirectFailure, _ access: Access) -> ReplayRun.Failure {
    let text =
      switch failure.kind {
      case .serverUntrusted:
        "central's certificate does not come from the CA of \(access.authority) (\(failure.detail)); "
          + "name the right one with --ca"
      case .serverNameMismatch:
        "central's certificate is for another host name than that of \(access.url) (\(failure.detail)); "
          + "name the right one with --url"
      case .ownCertificateRefused:
        "central does not accept the certificate of \(access.certificate ?? "nobody") (\(failure.detail)); "
          + "it must be an operator's, signed by central's CA and valid now"
      default: ESTFailure.network(failure).error(access.url).description
      }
    return ReplayRun.Failure(description: text)
  }
}
