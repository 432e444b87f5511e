using System.CommandLine;
using ClipFusion.Cli.Demo;
using ClipFusion.Cli.Simulate;

namespace ClipFusion.Cli;

/// <summary><c>clipfusion demo</c>: the appliance on a line that does not exist, with everything that it needs.</summary>
internal static class DemoCommand
{
    private const int LongestDuration = 30 * 24 * 3600;

    private static readonly Option<string> Data = new("--data")
    {
        Description = "Folder for configuration, recipe, inspections and log, which stays; a temporary one when not given.",
        HelpName = "FOLDER",
    };

    private static readonly Option<int?> Duration = new("--duration")
    {
        Description = "End after so many seconds of judging; without it the demo runs until it is stopped.",
        HelpName = "SECONDS",
    };

    private static readonly Option<int?> BrokerPort = new("--broker-port")
    {
        Description =
            "Port of the demo's own MQTT broker on 127.0.0.1; 0 = one that the system picks. When not given 1883, or another where "
            + "that is taken.",
        HelpName = "N",
    };

    private static readonly Option<int?> HttpPort = new("--http-port")
    {
        Description = "Port of the page on 127.0.0.1; 0 = one that the system picks. When not given 8080, or another where that is taken.",
        HelpName = "N",
    };

    private static readonly Option<string> Material = new Option<string>("--material")
    {
        Description = $"What the line makes: {MaterialNames.List}.",
        HelpName = "NAME",
        DefaultValueFactory = _ => DemoLine.UsualMaterial,
    }.Completed();

    private static readonly Option<bool> Prepare = new("--prepare")
    {
        Description =
            "Only write the device's folder to --data: configuration, recipe, references, thresholds. \"clipfusion run\" takes it from "
            + "there, with a broker of yours.",
    };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("demo", "Judge the parts of a simulated line, with a broker and a page of its own. Needs nothing else.")
        {
            Data,
            Duration,
            BrokerPort,
            HttpPort,
            Material,
            Prepare,
        };
        command.SetAction((parsed, cancellation) => new DemoRun(Read(parsed), terminal).RunAsync(cancellation));
        return command;
    }

    private static DemoOptions Read(ParseResult parsed)
    {
        string? data = parsed.GetValue(Data);
        TimeSpan? duration =
            parsed.GetValue(Duration) is not { } seconds ? null
            : seconds is >= 1 and <= LongestDuration ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException($"--duration {seconds}: 1 to {LongestDuration} seconds are expected");
        bool prepare = parsed.GetValue(Prepare);
        if (prepare && data is null)
            throw new UsageException("--prepare writes a device's folder: --data FOLDER is expected with it");
        if (prepare && duration is not null)
            throw new UsageException("--duration is how long parts are judged, and --prepare judges none: one of the two is expected");
        return new(
            data,
            duration,
            Port(parsed, BrokerPort),
            Port(parsed, HttpPort),
            MaterialNames.Check(Material.Name, parsed.GetRequiredValue(Material)),
            prepare
        );
    }

    private static int? Port(ParseResult parsed, Option<int?> option) =>
        parsed.GetValue(option) is null or (>= 0 and <= 65535)
            ? parsed.GetValue(option)
            : throw new UsageException($"{option.Name} {parsed.GetValue(option)}: 0 to 65535 is expected");
}
