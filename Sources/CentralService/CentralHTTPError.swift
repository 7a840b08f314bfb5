import Enrolment
import HTTPTypes
import Hummingbird
import JSONText
import NIOCore

/// A refusal with the same JSON shape everywhere: `{"error": "…", "message": "…"}`.
struct CentralHTTPError: Error, HTTPResponseError {
  var status: HTTPResponse.Status
  var code: String
  var message: String
  var retryAfter: Int?
  /// The code also goes into the header that gateways read.
  var isEnrolmentRefusal = false

  init(_ status: HTTPResponse.Status, _ code: String, _ message: String, retryAfter: Int? = nil) {
    self.status = status
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
  }

  static func badRequest(_ message: String) -> Self { Self(.badRequest, "bad-request", message) }

  func response(from request: Request, context: some RequestContext) throws -> Response {
    let body = JSONWriter.object { json in
      json.member("error", code)
      json.member("message", message)
    }
    var response = Response.json(body, status: status, retryAfter: retryAfter)
    if isEnrolmentRefusal, let name = HTTPField.Name(EnrolmentRefusal.headerName) { response.headers[name] = code }
    if status == .unauthorized { response.headers[.wwwAuthenticate] = "Basic realm=\"fieldgate-central\"" }
    return response
  }
}

extension Response {
  static func json(_ body: [UInt8], status: HTTPResponse.Status = .ok, retryAfter: Int? = nil) -> Response {
    bytes(body, type: "application/json", status: status, retryAfter: retryAfter)
  }

  static func bytes(
    _ body: [UInt8], type: String, status: HTTPResponse.Status = .ok, retryAfter: Int? = nil
  ) -> Response {
    var headers: HTTPFields = [.contentType: type]
    if let retryAfter { headers[.retryAfter] = String(retryAfter) }
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }
}
