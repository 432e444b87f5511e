using ClipFusion.Foundation;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What a command topic asks for.</summary>
public enum CommandKind
{
    /// <summary><c>in/{station}/trigger</c>: inspect a part.</summary>
    Trigger,

    /// <summary><c>in/{station}/part</c>: the id of the next part.</summary>
    Part,

    /// <summary><c>in/{station}/recipe/set</c>: change the recipe.</summary>
    Recipe,

    /// <summary><c>in/{station}/enroll</c>: teach references.</summary>
    Enroll,
}

/// <summary>The topics of one device, version 1 of the contract: <c>clipfusion/v1/{device}/...</c>.</summary>
internal sealed class Topics
{
    private readonly string _in,
        _out;

    /// <param name="device">Name of the device, <c>[a-z0-9-]{1,32}</c>.</param>
    /// <exception cref="ArgumentException">It is no name.</exception>
    public Topics(string device)
    {
        Device = CheckName(device, "device");
        Prefix = $"clipfusion/v1/{device}";
        _in = Prefix + "/in/";
        _out = Prefix + "/out/";
    }

    /// <summary>Every topic of the contract that this version of the program speaks, with placeholders.</summary>
    public static IReadOnlyList<string> Templates { get; } =
    [
        "clipfusion/v1/{device}/out/status",
        .. new[]
        {
            "out/{station}/state",
            "in/{station}/trigger",
            "in/{station}/part",
            "in/{station}/recipe/set",
            "in/{station}/enroll",
            "out/{station}/trigger/ack",
            "out/{station}/trigger/ack/simple",
            "out/{station}/trigger/frame",
            "out/{station}/trigger/frame/simple",
            "out/{station}/verdict",
            "out/{station}/verdict/simple",
            "out/{station}/verdict/replay",
            "out/{station}/heatmap",
            "out/{station}/recipe/ack",
            "out/{station}/enroll/progress",
        }.Select(t => "clipfusion/v1/{device}/" + t),
    ];

    /// <summary>Name of the device.</summary>
    public string Device { get; }

    /// <summary>What every topic of the device starts with, without a slash at its end.</summary>
    public string Prefix { get; }

    /// <summary>Online, offline or lost; retained, and the will.</summary>
    public string Status => _out + "status";

    /// <summary>The station's state; retained.</summary>
    public string State(string station) => Out(station, "state");

    /// <summary>Filter for the states of all stations.</summary>
    public string AllStates => _out + "+/state";

    /// <summary>Answers to triggers as JSON.</summary>
    public string TriggerAck(string station) => Out(station, "trigger/ack");

    /// <summary>Answers to triggers as fixed-width text.</summary>
    public string TriggerAckSimple(string station) => Out(station, "trigger/ack/simple");

    /// <summary>Exposure is over.</summary>
    public string TriggerFrame(string station) => Out(station, "trigger/frame");

    /// <summary>Exposure is over, as fixed-width text.</summary>
    public string TriggerFrameSimple(string station) => Out(station, "trigger/frame/simple");

    /// <summary>Live verdicts as JSON.</summary>
    public string Verdict(string station) => Out(station, "verdict");

    /// <summary>Live verdicts as fixed-width text.</summary>
    public string VerdictSimple(string station) => Out(station, "verdict/simple");

    /// <summary>Verdicts that could not be delivered live.</summary>
    public string VerdictReplay(string station) => Out(station, "verdict/replay");

    /// <summary>Heatmaps; only on the media connection.</summary>
    public string Heatmap(string station) => Out(station, "heatmap");

    /// <summary>Answers to recipe changes.</summary>
    public string RecipeAck(string station) => Out(station, "recipe/ack");

    /// <summary>How far an enrolment is.</summary>
    public string EnrollProgress(string station) => Out(station, "enroll/progress");

    /// <summary>Where a command to a station arrives.</summary>
    public string Command(string station, CommandKind kind) =>
        _in
        + CheckName(station, "station")
        + kind switch
        {
            CommandKind.Trigger => "/trigger",
            CommandKind.Part => "/part",
            CommandKind.Recipe => "/recipe/set",
            CommandKind.Enroll => "/enroll",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such command"),
        };

    /// <summary>Takes a command topic apart.</summary>
    /// <param name="topic">Any text.</param>
    /// <param name="station">Name of the station; empty when it is no command topic of this device.</param>
    /// <param name="kind">What is asked for.</param>
    /// <returns>Whether it is a command topic of this device. Whether there is such a station is another matter.</returns>
    public bool TryParse(string? topic, out string station, out CommandKind kind)
    {
        (station, kind) = ("", default);
        if (topic is null || !topic.StartsWith(_in, StringComparison.Ordinal))
            return false;
        int slash = topic.IndexOf('/', _in.Length);
        if (slash < 0)
            return false;

        CommandKind? found = topic[(slash + 1)..] switch
        {
            "trigger" => CommandKind.Trigger,
            "part" => CommandKind.Part,
            "recipe/set" => CommandKind.Recipe,
            "enroll" => CommandKind.Enroll,
            _ => null,
        };
        string name = topic[_in.Length..slash];
        if (found is null || !IsName(name))
            return false;
        (station, kind) = (name, found.Value);
        return true;
    }

    /// <summary>Whether a text may name a device or a station: <c>[a-z0-9-]{1,32}</c>.</summary>
    public static bool IsName(string? text) => Names.IsName(text);

    private string Out(string station, string rest) => $"{_out}{CheckName(station, "station")}/{rest}";

    private static string CheckName(string? name, string what) =>
        IsName(name) ? name! : throw new ArgumentException($"\"{name}\" can't name a {what}: expected {Names.Rule}", nameof(name));
}
