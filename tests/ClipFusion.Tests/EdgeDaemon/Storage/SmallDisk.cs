using System.Diagnostics;

namespace ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>A file system in memory that is full when the test says so.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo _mount = Directory.CreateTempSubdirectory("clipfusion-disk-");

    public SmallDisk(int megabytes) => Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", _mount.FullName);

    public string Folder => Path.Combine(_mount.FullName, "data");

    private string Filler => Path.Combine(_mount.FullName, "filler");

    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (true) file.Write(page);
        }
        catch (IOException)
        {
            // No space left on device.
        }
    }

    public void Empty() => File.Delete(Filler);

    /// <summary>Lets nothing be written, not even by root; or lets it be again.</summary>
    public void Protect(bool isReadOnly) => Run("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", _mount.FullName);

    public void Dispose()
    {
        Run("umount", "-l", _mount.FullName);
        _mount.Delete();
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"This test needs a small disk and so the right to mount one (root): {program} {string.Join(' ', arguments)} said: {error}");
    }
}
