import FieldgateTestKit

/// A fault as an argument: `unit=3,kind=delay,ms=800,times=5`.
struct FaultOption {
  private static let form = "write it as unit=3,kind=silent or device=boiler,kind=delay,ms=800,times=5"

  let device: String
  let fault: Fault

  init(_ text: String) throws(TestKitError) {
    var values: [Substring: String] = [:]
    for part in text.split(separator: ",") {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2, ["unit", "device", "kind", "ms", "code", "bytes", "times"].contains(pair[0]),
        values.updateValue(String(pair[1]), forKey: pair[0]) == nil
      else { throw TestKitError("--fault \(text): '\(part)' is not understood; \(Self.form)") }
    }
    guard let device = values["device"] ?? values["unit"], let kind = values["kind"] else {
      throw TestKitError("--fault \(text): a device and a kind are needed; \(Self.form)")
    }
    self.device = device
    let argument = values["ms"] ?? values["code"] ?? values["bytes"]
    fault = try Fault(words: [kind] + (argument.map { [$0] } ?? []) + (values["times"].map { ["times", $0] } ?? []))
  }

  func apply(to simulation: Simulation) throws(TestKitError) { try simulation.setFault(fault, device: device) }
}
