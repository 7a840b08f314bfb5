import CentralCore
import Hummingbird
import Telemetry
import Threads

/// /healthz and /metrics, on a listener of their own without TLS: for the machine that central runs on.
struct MetricsRoutes {
  let ingest: IngestLoop
  let queries: QueryThreads
  let allowance: BodyAllowance

  func add(to router: Router<BasicRequestContext>) {
    router.get("/healthz") { _, _ in
      // Healthy means that the store answers; that the process runs is known from the answer itself.
      do {
        _ = try await queries.run { try $0.alarmStates(gateway: "") }
        return Response.json(Array(#"{"status":"ok"}"#.utf8))
      } catch {
        return Response.json(Array(#"{"status":"the store does not answer"}"#.utf8), status: .serviceUnavailable)
      }
    }
    router.get("/metrics") { _, _ in
      let gateways = (try? await queries.run { try $0.gateways() }) ?? []
      return Response.bytes(Array(text(gateways).utf8), type: "text/plain; version=0.0.4; charset=utf-8")
    }
  }

  /// Prometheus' text format, version 0.0.4.
  private func text(_ gateways: [GatewayOverview]) -> String {
    let report = ingest.current
    let counters = report.counters
    let bodies = allowance.current
    var lines: [String] = []
    func add(_ name: String, _ type: String, _ help: String, _ values: [(labels: String, value: String)]) {
      lines.append("# HELP fieldgate_central_\(name) \(help)")
      lines.append("# TYPE fieldgate_central_\(name) \(type)")
      for (labels, value) in values { lines.append("fieldgate_central_\(name)\(labels) \(value)") }
    }
    func counter(_ name: String, _ help: String, _ value: Int) { add(name, "counter", help, [("", "\(value)")]) }
    counter("batches_committed_total", "Batches stored since the start.", counters.batchesCommitted)
    counter("batches_duplicate_total", "Batches that were here already.", counters.batchesDuplicate)
    counter("records_committed_total", "Samples and alarm events stored since the start.", report.recordsStored)
    counter("bytes_committed_total", "Bytes of batches stored since the start.", report.bytesStored)
    counter("commits_total", "Transactions of the store.", counters.commits)
    counter("commits_failed_total", "Transactions that failed.", counters.commitsFailed)
    add("commit_seconds_total", "counter", "Time spent in transactions.", [("", "\(report.commitSeconds)")])
    add(
      "refused_total", "counter", "Requests refused, by reason.",
      [
        ("{reason=\"gap\"}", "\(counters.gaps)"), ("{reason=\"busy\"}", "\(counters.refusedBusy)"),
        ("{reason=\"bad-batch\"}", "\(counters.damagedRequests)"),
        ("{reason=\"disputed\"}", "\(counters.disputes)"), ("{reason=\"memory\"}", "\(bodies.refused)"),
        ("{reason=\"too-slow\"}", "\(RequestPace.shared.refused)"),
      ])
    add("queued_requests", "gauge", "Requests that wait for a commit.", [("", "\(report.queuedRequests)")])
    add("queued_bytes", "gauge", "Bytes that wait for a commit.", [("", "\(report.queuedBytes)")])
    add("body_bytes", "gauge", "Memory that requests under way take.", [("", "\(bodies.bytes)")])
    let now = SystemClock.wall()
    func perGateway(_ value: (GatewayOverview) -> String?) -> [(String, String)] {
      gateways.compactMap { gateway in value(gateway).map { ("{gateway=\"\(gateway.name)\"}", $0) } }
    }
    add("gateways", "gauge", "Gateways that have sent something.", [("", "\(gateways.count)")])
    add(
      "gateway_last_seen_seconds", "gauge", "Time since a gateway's newest batch.",
      perGateway { "\(Double((now - $0.lastSeen).wholeMilliseconds) / 1_000)" })
    add(
      "gateway_lag_seconds", "gauge", "Age of a gateway's newest sample.",
      perGateway { $0.newest.map { "\(Double((now - $0).wholeMilliseconds) / 1_000)" } })
    add("gateway_losses", "gauge", "Loss notices that a gateway has sent.", perGateway { "\($0.losses)" })
    add(
      "gateway_unacknowledged_alarms", "gauge", "Alarms that nobody has acknowledged.",
      perGateway { "\($0.unacknowledgedAlarms)" })
    add("gateway_active_alarms", "gauge", "Alarms that are active.", perGateway { "\($0.activeAlarms)" })
    return lines.joined(separator: "\n") + "\n"
  }
}
