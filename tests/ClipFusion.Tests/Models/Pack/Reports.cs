namespace ClipFusion.Tests.Models.Pack;

/// <summary>Progress that is told on the caller's thread, so that a test can act at an exact step.</summary>
internal sealed class Reports(Action<string>? each = null) : IProgress<string>
{
    public List<string> All { get; } = [];

    public void Report(string value)
    {
        All.Add(value);
        each?.Invoke(value);
    }
}
