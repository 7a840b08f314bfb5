import GatewayService
import Glibc

exit(GatewayDaemon.main(Array(CommandLine.arguments.dropFirst())))
