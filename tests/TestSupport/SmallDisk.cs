using System.Diagnostics;

namespace ClipFusion.TestSupport;

/// <summary>A file system in memory that is full when the test says so.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _mount = new();

    public SmallDisk(int megabytes) => Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", _mount.Root);

    public string Folder => Path.Combine(_mount.Root, "data");

    private string Filler => Path.Combine(_mount.Root, "filler");

    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] page = new byte[4096];
        try
        {
            while (true)
                file.Write(page);
        }
        catch (IOException)
        {
            // No space left on device.
        }
    }

    public void Empty() => File.Delete(Filler);

    /// <summary>Lets nothing be written, not even by root; or lets it be again.</summary>
    public void Protect(bool isReadOnly) => Run("mount", "-o", isReadOnly ? "remount,ro" : "remount,rw", _mount.Root);

    public void Dispose()
    {
        Run("umount", "-l", _mount.Root);
        _mount.Dispose();
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(
                $"This test needs a small disk and so the right to mount one (root): {program} {string.Join(' ', arguments)} said: {error}"
            );
    }
}
