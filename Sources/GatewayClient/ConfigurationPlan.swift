import BusPlanning
import FoundationEssentials
import GatewayConfiguration
import JSONText
import YAMLParser

/// `fieldgate plan FILE`: the requests that a configuration would lead to, without a daemon.
public enum ConfigurationPlan {
  /// - Returns: false when the file has errors, which are printed then.
  public static func run(path: String, json: Bool, output: (String) -> Void) throws -> Bool {
    let loaded = ConfigurationFile.load(path: path)
    guard let settings = loaded.settings else {
      for diagnostic in loaded.diagnostics { output(diagnostic.rendered(file: path)) }
      return false
    }
    let buses = JSONWriter.object { json in
      json.array("buses") { json in
        for plan in BusPlan.all(settings) { json.object { plan.write(to: &$0) } }
      }
      json.array("serial_buses") { json in
        for plan in SerialBusPlan.all(settings) { json.object { plan.write(to: &$0) } }
      }
    }
    guard !json else {
      output("{\"plan\":\(String(decoding: buses, as: UTF8.self))}")
      return true
    }
    let answer = try JSONDecoder().decode(PlanAnswer.self, from: Data(buses))
    for line in PlanText(plan: answer).lines { output(line) }
    return true
  }
}
