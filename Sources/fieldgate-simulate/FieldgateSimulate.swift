import ArgumentParser

@main
struct FieldgateSimulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fieldgate-simulate",
    abstract: "Simulated Modbus devices for demos, tests and benchmarks.",
    discussion: """
      While it runs it takes commands on standard input, each answered by one line:

        fault DEVICE silent               it no longer answers
        fault DEVICE delay 800            it answers 800 ms later
        fault DEVICE exception 4 times 3  its next 3 replies are exception 4
        fault DEVICE garbage              its replies are damaged; also: truncated 5, noise,
                                          wrong-unit, wrong-function, wrong-count, short-count,
                                          duplicated
        fault DEVICE drop                 it closes the connection, or unplugs the line
        clear DEVICE                      it is well again; 'clear all' for every one
        set DEVICE TAG VALUE              holds a value
        follow DEVICE TAG                 lets it follow its signal again
        values                            what every device measures now, as JSON
        line                              what the serial line saw since the last 'line', as JSON
        stop                              ends, as SIGINT and SIGTERM do

      DEVICE is a name (boiler), a unit id (3: on every bus), tcp:3 or rtu:3.

      Examples:
        fieldgate-simulate plant --rtu /tmp/boiler-room --configuration plant.yaml
        fieldgate-simulate tcp --devices 20 --registers 50 --ready-file ready.json
        fieldgate-simulate rtu --link /tmp/line --units 1,2,3 --pace 19200
        fieldgate-simulate serial --kind nmea --link /tmp/gps
        fieldgate-simulate map --yaml --port 1502 --rtu /tmp/boiler-room
      """,
    subcommands: [PlantCommand.self, TCPCommand.self, RTUCommand.self, SerialCommand.self, MapCommand.self])
}
