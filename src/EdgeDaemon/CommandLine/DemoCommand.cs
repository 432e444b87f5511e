using System.CommandLine;
using ClipFusion.EdgeDaemon.Demo;

namespace ClipFusion.EdgeDaemon.CommandLine;

/// <summary><c>clipfusion demo</c>: the appliance on a line that does not exist, with everything that it needs.</summary>
internal static class DemoCommand
{
    private const int LongestDuration = 30 * 24 * 3600;

    private static readonly Option<string> Data = new("--data") { Description = "Folder for configuration, recipe, inspections and log, which stays; a temporary one when not given.", HelpName = "FOLDER" };

    private static readonly Option<int?> Duration = new("--duration") { Description = "End after so many seconds of judging; without it the demo runs until it is stopped.", HelpName = "SECONDS" };

    private static readonly Option<int> BrokerPort = new("--broker-port") { Description = "Port of the demo's own MQTT broker on 127.0.0.1; 0 = one that the system picks.", HelpName = "N", DefaultValueFactory = _ => 1883 };

    private static readonly Option<int> HttpPort = new("--http-port") { Description = "Port of the page on 127.0.0.1; 0 = one that the system picks.", HelpName = "N", DefaultValueFactory = _ => 8080 };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("demo", "Judge the parts of a simulated line, with a broker and a page of its own. Needs nothing else.") { Data, Duration, BrokerPort, HttpPort };
        command.SetAction((parsed, cancellation) => new DemoRun(Read(parsed), terminal).RunAsync(cancellation));
        return command;
    }

    private static DemoOptions Read(ParseResult parsed) => new(
        parsed.GetValue(Data),
        parsed.GetValue(Duration) is not { } seconds ? null : seconds is >= 1 and <= LongestDuration ? TimeSpan.FromSeconds(seconds) : throw new UsageException($"--duration {seconds}: 1 to {LongestDuration} seconds are expected"),
        Port(parsed, BrokerPort),
        Port(parsed, HttpPort));

    private static int Port(ParseResult parsed, Option<int> option) =>
        parsed.GetValue(option) is >= 0 and <= 65535 and int port ? port : throw new UsageException($"{option.Name} {parsed.GetValue(option)}: 0 to 65535 is expected");
}
