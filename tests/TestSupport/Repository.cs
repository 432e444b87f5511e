namespace ClipFusion.TestSupport;

/// <summary>The files of the repository that the tests lie in.</summary>
public static class Repository
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path below it.</summary>
    public static string File(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "ClipFusion.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException($"there is no ClipFusion.sln above {AppContext.BaseDirectory}");
    }
}
