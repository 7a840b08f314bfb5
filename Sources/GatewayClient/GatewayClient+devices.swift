import FoundationEssentials
import JSONText

extension GatewayClient {
  /// Success rates, response times, newest errors and bus load; as JSON the daemon's status.
  public func devices() throws {
    try send("status") { _ in }
    let (_, text) = try answer()
    if printsJSON { return output(text) }
    let answer = try JSONDecoder().decode(DevicesAnswer.self, from: Data(text.utf8))
    for line in DevicesText(buses: answer.status.buses).lines { output(line) }
  }
}
