namespace ClipFusion.Tests.Models;

/// <summary>A folder that disappears with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clipfusion-weights-");

    public string Root => _folder.FullName;

    public string this[params string[] parts] => Path.Combine([Root, .. parts]);

    public void Dispose() => _folder.Delete(recursive: true);
}
