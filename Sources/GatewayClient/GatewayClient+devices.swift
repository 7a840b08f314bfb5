import FoundationEssentials
import JSONText

extension GatewayClient {
  /// Success rates, response times, newest errors and bus load; as JSON what the daemon says of its buses.
  public func devices() throws {
    try send("devices") { _ in }
    let (_, text) = try answer()
    if printsJSON { return output(text) }
    let answer = try JSONDecoder().decode(DevicesAnswer.self, from: Data(text.utf8))
    for line in DevicesText(buses: answer.devices.buses).lines { output(line) }
  }
}
