namespace ClipFusion.TestSupport;

/// <summary>A folder that disappears with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("clipfusion-test-");
    private int _scratch;

    /// <summary>Its path.</summary>
    public string Root => _folder.FullName;

    /// <summary>A path below it.</summary>
    public string this[params string[] parts] => Path.Combine([Root, .. parts]);

    /// <summary>Makes a folder below it, unless it is there.</summary>
    /// <returns>Its path.</returns>
    public string Make(params string[] parts) => Directory.CreateDirectory(this[parts]).FullName;

    /// <summary>Makes a new empty folder below it.</summary>
    /// <returns>Its path.</returns>
    public string Scratch() => Make($"scratch{Interlocked.Increment(ref _scratch)}");

    public void Dispose()
    {
        // A test may have taken it away to see what happens.
        if (Directory.Exists(Root))
            _folder.Delete(recursive: true);
    }
}
