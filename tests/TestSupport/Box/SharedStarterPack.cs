using ClipFusion.Models.Starter;

namespace ClipFusion.TestSupport;

/// <summary>A starter pack for all boxes of a run, which only read it; built when the first asks and gone with the process.</summary>
public static class SharedStarterPack
{
    private static readonly Lazy<string> Built = new(Build);

    /// <summary>Its folder.</summary>
    public static string Folder => Built.Value;

    private static string Build()
    {
        var folder = new TemporaryFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Dispose();
        string pack = folder["pack"];
        StarterPack.Build(pack);
        return pack;
    }
}
