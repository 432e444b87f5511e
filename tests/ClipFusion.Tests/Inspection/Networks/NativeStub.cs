using System.Diagnostics;

namespace ClipFusion.Tests.Inspection.Networks;

/// <summary>A shared library of a few lines of C++, compiled on the spot.</summary>
internal static class NativeStub
{
    /// <summary>Compiles.</summary>
    /// <returns>The library's path.</returns>
    public static string Compile(string folder, string name, string source)
    {
        string code = Path.Combine(folder, $"{name}.cpp"), library = Path.Combine(folder, name);
        File.WriteAllText(code, source);
        using Process compiler = Process.Start(new ProcessStartInfo("g++", ["-shared", "-fPIC", "-o", library, code]) { RedirectStandardError = true })!;
        string errors = compiler.StandardError.ReadToEnd();
        compiler.WaitForExit();
        Assert.True(compiler.ExitCode == 0, errors);
        return library;
    }
}
