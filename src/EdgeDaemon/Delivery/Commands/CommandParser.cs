using System.Buffers;
using System.Text;
using ClipFusion.Foundation;

namespace ClipFusion.EdgeDaemon.Delivery;

/// <summary>What a payload says.</summary>
/// <param name="Value">The content; null when it can't be understood.</param>
/// <param name="Error">What is wrong, where, and what is expected; null when nothing is.</param>
/// <param name="Id">The caller's id as far as it could be read, for the refusal.</param>
internal sealed record Parsed<T>(T? Value, string? Error, string? Id)
    where T : class;

/// <summary>Reads command payloads strictly: unknown and repeated keys, wrong types and anything after the object are errors. Never throws,
/// whatever the bytes.</summary>
internal static class CommandParser
{
    /// <summary>Longest payload in bytes that is looked at.</summary>
    public const int MaximumPayload = 4096;

    /// <summary>Longest deadline in milliseconds that can be asked for.</summary>
    public const int MaximumDeadlineMs = 600_000;

    /// <summary>Most triggers whose frames can be asked for at once.</summary>
    public const int MaximumCount = 64;

    private static readonly (string Name, EnrollAction Value)[] Actions =
    [
        ("start", EnrollAction.Start),
        ("add", EnrollAction.Add),
        ("finish", EnrollAction.Finish),
        ("cancel", EnrollAction.Cancel),
        ("activate", EnrollAction.Activate),
        ("rollback", EnrollAction.Rollback),
    ];

    private static readonly (string Name, AddSource Value)[] AddSources =
    [
        ("trigger", AddSource.Trigger),
        ("inspection", AddSource.Inspection),
    ];

    /// <summary><c>{triggerId, partId?, recipe?, deadlineMs?}</c>, or nothing for a trigger without id.</summary>
    public static Parsed<TriggerContent> Trigger(ReadOnlySequence<byte> payload)
    {
        if (payload.IsEmpty)
            return new(new TriggerContent(null), null, null);
        var fields = MessageFields.Read(payload, "clipfusion/v1/trigger", "triggerId", "partId", "recipe", "deadlineMs");
        string? id = fields.Id("triggerId", required: true);
        string? part = fields.Id("partId");
        string? recipe = fields.Recipe("recipe");
        int? deadline = fields.Integer("deadlineMs", 1, MaximumDeadlineMs);
        return fields.Error is { } error
            ? new(null, error, id)
            : new(new TriggerContent(id, part, recipe, deadline is { } ms ? TimeSpan.FromMilliseconds(ms) : null), null, id);
    }

    /// <summary><c>{partId}</c>.</summary>
    public static Parsed<string> Part(ReadOnlySequence<byte> payload)
    {
        var fields = MessageFields.Read(payload, "clipfusion/v1/part", "partId");
        string? part = fields.Id("partId", required: true);
        return fields.Error is { } error ? new(null, error, part) : new(part, null, part);
    }

    /// <summary><c>{requestId, recipe}</c>, or the recipe's number as one to three plain digits.</summary>
    public static Parsed<RecipeContent> Recipe(ReadOnlySequence<byte> payload)
    {
        if (payload.Length <= MaximumPayload && Names.TryNumber(Encoding.Latin1.GetString(CommandBytes.Of(payload).Span), out int number))
            return new(new RecipeContent(null, number.ToString()), null, null);
        var fields = MessageFields.Read(payload, "clipfusion/v1/recipe-set", "requestId", "recipe");
        string? id = fields.Id("requestId", required: true);
        string? recipe = fields.Recipe("recipe", required: true);
        return fields.Error is { } error ? new(null, error, id) : new(new RecipeContent(id, recipe!), null, id);
    }

    /// <summary><c>{requestId, action, recipe?, source?, inspectionId?, count?, set?}</c>.</summary>
    public static Parsed<EnrollContent> Enroll(ReadOnlySequence<byte> payload)
    {
        var fields = MessageFields.Read(
            payload,
            "clipfusion/v1/enroll",
            "requestId",
            "action",
            "recipe",
            "source",
            "inspectionId",
            "count",
            "set"
        );
        string? id = fields.Id("requestId", required: true);
        EnrollAction? action = fields.Choice("action", Actions, required: true);
        string? recipe = fields.Recipe("recipe", required: action == EnrollAction.Start);
        bool isInspection = fields.Choice("source", AddSources) == AddSource.Inspection;
        string? inspection = fields.Id("inspectionId", required: isInspection);
        int? count = fields.Integer("count", 1, MaximumCount),
            set = fields.Integer("set", 1, int.MaxValue);
        if (inspection is not null && !isInspection)
            fields.Fail("\"inspectionId\" is there; expected only with \"source\":\"inspection\"");
        return fields.Error is { } error
            ? new(null, error, id)
            : new(new EnrollContent(id!, action!.Value, recipe, inspection, count ?? 1, set), null, id);
    }

    private enum AddSource
    {
        Trigger,
        Inspection,
    }
}
