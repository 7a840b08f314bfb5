import FieldgateTestKit
import Foundation
import Testing

@Suite("Computed tags", .inASiteSlot)
struct ComputedTests {
  @Test("An expression over a polled tag reaches MQTT, raises an alarm and is at central")
  func everywhere() async throws {
    let site = try Site()
    site.moreSections = """
      computed:
        - name: calc
          every: 200ms
          tags:
            - { name: double, expression: "boiler/supply_temp * 2", decimals: 1 }
            - { name: newest, window: { of: boiler/supply_temp, type: count, count: 2, function: mean } }
            - { name: hot, expression: boiler/supply_temp > 80, names: { 0: normal, 1: hot } }
      """
    site.moreRules = ["{ name: double_high, tag: calc/double, above: 170, hysteresis: 4, severity: low }"]
    try await site.startAll()

    let scan = try site.run(
      "mosquitto_sub", ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/calc", "-C", "1", "-W", "20", "-F", "%p"])
    #expect(scan.text.contains("\"quality\":\"good\"") && scan.text.contains("\"double\":"), "\(scan.text)")
    let alarms = try site.run(
      "mosquitto_sub",
      ["-p", "\(site.brokerPort)", "-t", "fieldgate/site/alarms/double_high", "-C", "3", "-W", "20", "-F", "%p"])
    #expect(alarms.text.contains("\"active\":true"), "\(alarms.text)")

    let values = try await eventually("computed values at central") { () -> [Site.Latest.Value]? in
      let all = try? site.query("/v1/gateways/site/latest", as: Site.Latest.self).values
      let mine = all?.filter { $0.tag.hasPrefix("calc/") } ?? []
      return mine.count == 3 ? mine : nil
    }
    #expect(Set(values.map(\.tag)) == ["calc/double", "calc/hot", "calc/newest"])
    _ = try await eventually("the alarm at central") {
      let text = try site.curl("/v1/gateways/site/alarms").text
      return text.contains("double_high") ? true : nil
    }

    let status = try site.fieldgate("status").text
    #expect(status.contains("  computed\n"), "\(status)")
    #expect(status.contains("calc  computed  every 200 ms  3 tags  good"), "\(status)")
    #expect(try site.fieldgate("devices").text.contains("computed  by the gateway itself"))
    #expect(try site.fieldgate("values", "calc").text.contains("calc"))
    let write = try site.fieldgate("write", "calc/double", "3", mustSucceed: false)
    #expect(write.status != 0 && write.errors.contains("is not writable"), "\(write.errors) \(write.text)")
    let read = try site.fieldgate("read", "computed", "1", "holding", "0", mustSucceed: false)
    #expect(read.status != 0 && read.errors.contains("has no line"), "\(read.errors)")
    #expect(try site.fieldgate("check", site.path("gateway.yaml")).text.contains("2 buses, 8 devices"))
  }
}
