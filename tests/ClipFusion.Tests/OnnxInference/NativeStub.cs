namespace ClipFusion.Tests.OnnxInference;

/// <summary>A shared library of a few lines of C++, compiled on the spot.</summary>
internal static class NativeStub
{
    /// <summary>Compiles.</summary>
    /// <returns>The library's path.</returns>
    public static string Compile(string folder, string name, string source)
    {
        string code = Path.Combine(folder, $"{name}.cpp"),
            library = Path.Combine(folder, name);
        File.WriteAllText(code, source);
        Programs
            .PassAsync("g++", ["-shared", "-fPIC", "-o", library, code], TestContext.Current.CancellationToken)
            .GetAwaiter()
            .GetResult();
        return library;
    }
}
