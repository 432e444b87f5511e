using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>Writes down how a connection is doing: each change once, however many attempts it takes.</summary>
internal static partial class LinkLog
{
    /// <summary>Watches a link; beside the link's start, so that its first word is not missed.</summary>
    /// <param name="link">The link.</param>
    /// <param name="log">Where to.</param>
    /// <param name="stop">Ends it; the task is cancelled then.</param>
    public static Task WatchAsync(MqttLink link, ILogger log, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(log);
        return Task.WhenAll(WatchStateAsync(link, log, stop), WatchNoticesAsync(link, log, stop));
    }

    private static async Task WatchNoticesAsync(MqttLink link, ILogger log, CancellationToken stop)
    {
        await foreach (LinkNotice notice in link.Notices.ReadAllAsync(stop).ConfigureAwait(false))
        {
            switch (notice)
            {
                case LinkNotice.Denied denied:
                    LogTopicDenied(log, denied.Topic, denied.For.TotalMinutes);
                    break;
                case LinkNotice.OneConnection one:
                    LogOneConnection(log, one.Why, one.For.TotalHours);
                    break;
                default:
                    LogNotTestable(log);
                    break;
            }
        }
    }

    private static async Task WatchStateAsync(MqttLink link, ILogger log, CancellationToken stop)
    {
        LinkState? told = null;
        // What was said since the connection stood last: attempts that fail in turns for two reasons are no news.
        var named = new HashSet<LinkError>();
        while (true)
        {
            LinkState state = await link.WhenAsync(s => IsNews(s, told, named), stop).ConfigureAwait(false);
            if (state.IsConnected)
                named.Clear();
            else
                named.Add(state.Error);
            Tell(log, state, wasConnected: told is { IsConnected: true });
            told = state;
        }
    }

    private static bool IsNews(LinkState state, LinkState? told, HashSet<LinkError> named) =>
        state.IsConnected
            ? told is not { IsConnected: true } || told.Error != state.Error || told.Since != state.Since
            : state.Error != LinkError.None && !named.Contains(state.Error);

    private static void Tell(ILogger log, LinkState state, bool wasConnected)
    {
        switch (state)
        {
            case { IsConnected: true, Error: LinkError.None }:
                LogConnected(log);
                break;
            case { IsConnected: true }:
                LogDenied(log, state.Error, state.ErrorText);
                break;
            case { Error: LinkError.SessionTakenOver }:
                LogTakenOver(log, state.Error, state.ErrorText);
                break;
            default:
                if (wasConnected)
                    LogLost(log, state.Error, state.ErrorText);
                else
                    LogCannotConnect(log, state.Error, state.ErrorText);
                break;
        }
    }

    [OperatorAction("Nothing.")]
    [LoggerMessage(4000, LogLevel.Information, "MQTT: connected to the broker")]
    private static partial void LogConnected(ILogger log);

    [OperatorAction("See why: the broker or the network. Nothing is lost; verdicts go out when it is back.")]
    [LoggerMessage(4001, LogLevel.Warning, "MQTT: the connection is lost ({Error}): {Why}; verdicts wait in the outbox")]
    private static partial void LogLost(ILogger log, LinkError error, string? why);

    [OperatorAction("See why: address, port, user, password, certificate or network. Attempts go on by themselves.")]
    [LoggerMessage(4002, LogLevel.Warning, "MQTT: no connection ({Error}): {Why}; attempts go on")]
    private static partial void LogCannotConnect(ILogger log, LinkError error, string? why);

    [OperatorAction("Two boxes have one device name: give one of them another.")]
    [LoggerMessage(4003, LogLevel.Error, "MQTT: displaced ({Error}): {Why}")]
    private static partial void LogTakenOver(ILogger log, LinkError error, string? why);

    [OperatorAction("Let the broker's rules of access give this user the topics that are named.")]
    [LoggerMessage(4004, LogLevel.Error, "MQTT: connected, but not allowed everything ({Error}): {Why}")]
    private static partial void LogDenied(ILogger log, LinkError error, string? why);

    [OperatorAction(
        "Let the broker take a second connection of this device (client id clipfusion-{device}-media; mosquitto: "
            + "use_username_as_clientid off), or set heatmap.when to never."
    )]
    [LoggerMessage(4020, LogLevel.Warning, "MQTT: heatmaps go over the main connection: {Why}; the second one is tried again in {Hours} h")]
    private static partial void LogOneConnection(ILogger log, string why, double hours);

    [OperatorAction(
        "Let the broker's rules of access give this user the topic. What is refused there in the meantime is parked or dropped."
    )]
    [LoggerMessage(
        4021,
        LogLevel.Error,
        "MQTT: the broker ends the connection at each message or subscription to {Topic}; taken as refused there for {Minutes} min"
    )]
    private static partial void LogTopicDenied(ILogger log, string topic, double minutes);

    [OperatorAction(
        "Nothing, or let this user read its own out topics as well: then the device finds out at its start where it may write."
    )]
    [LoggerMessage(
        4022,
        LogLevel.Information,
        "MQTT 3.1.1: the broker does not let this device hear its own topics, so a topic on which it may not write can't be found out"
    )]
    private static partial void LogNotTestable(ILogger log);
}
