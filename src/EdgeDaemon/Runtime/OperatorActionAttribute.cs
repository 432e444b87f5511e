namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>What a person does when a log event comes. Every log method has one; <c>docs/events.md</c> is made from them.</summary>
/// <param name="text">One or two plain sentences; "Nothing." where nothing is to be done.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class OperatorActionAttribute(string text) : Attribute
{
    /// <summary>The sentences.</summary>
    public string Text => text;
}
