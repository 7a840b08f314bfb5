import BusPlanning
import GatewayCore
import JSONText

/// What `fieldgate plan` shows: the requests as they are sent now, with what was learned and measured.
extension GatewayEngine {
  func writePlan(to json: inout JSONWriter) {
    json.array("buses") { json in
      for (place, bus) in buses.enumerated() {
        let plans = bus.current.plans.compactMap { plan in
          running.device(plan.device).map { place in
            var plan = plan
            plan.device = place
            return plan
          }
        }
        guard !plans.isEmpty else { continue }
        json.object { BusPlan(settings, bus: place, readings: plans).write(to: &$0) }
      }
    }
    json.array("serial_buses") { json in
      for plan in SerialBusPlan.all(settings) { json.object { plan.write(to: &$0) } }
    }
  }
}
