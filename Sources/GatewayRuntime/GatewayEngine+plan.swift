import BusPlanning
import JSONText

/// What `fieldgate plan` shows: the requests as they are sent now, with what was learned and measured.
extension GatewayEngine {
  func writePlan(to json: inout JSONWriter) {
    json.array("buses") { json in
      for bus in buses {
        let plans = bus.current.plans
        guard !plans.isEmpty else { continue }
        json.object { BusPlan(settings, bus: bus.index, readings: plans).write(to: &$0) }
      }
    }
  }
}
