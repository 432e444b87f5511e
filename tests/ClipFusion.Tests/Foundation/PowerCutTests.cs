using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ClipFusion.Tests.Foundation;

/// <summary>What the kernel is asked for, and in which order: a power cut can't be tried, but nothing else makes a file survive
/// one.</summary>
public sealed partial class PowerCutTests
{
    [Fact]
    public async Task FilesThatHaveToSurviveAPowerCut_AreFlushedBeforeTheyGetTheirNamesAndTheirFolderAfterwards()
    {
        using var folder = new TemporaryFolder();
        string files = Directory.CreateDirectory(folder["files"]).FullName;
        Call[] calls = await TraceAsync(folder["trace"], files);
        foreach (string name in PowerCutWrites.Written)
        {
            foreach (int rename in Renames(calls, Path.Combine(files, name)))
            {
                int write = RequireBefore(calls, rename, c => c.IsWriteOf(calls[rename].Path)),
                    flush = RequireBefore(calls, rename, c => c.IsFlushOf(calls[rename].Path));
                Assert.True(write < flush, $"{name}: written to after its flush");
                RequireFolderFlush(calls, rename, Path.GetDirectoryName(calls[rename].Target)!);
            }
        }

        foreach (string name in PowerCutWrites.Installed)
        {
            foreach (int rename in Renames(calls, Path.Combine(files, name)))
            {
                RequireBefore(calls, rename, c => c.IsFlushOf(calls[rename].Path));
                RequireFolderFlush(calls, rename, Path.GetDirectoryName(calls[rename].Target)!);
            }
        }

        foreach (string name in PowerCutWrites.Deleted)
        {
            int unlink = Array.FindIndex(
                calls,
                c => c.Name.StartsWith("unlink", StringComparison.Ordinal) && c.Path == Path.Combine(files, name)
            );
            Assert.True(unlink >= 0, $"{name} was not deleted");
            RequireFolderFlush(calls, unlink, files);
        }
    }

    private static int[] Renames(Call[] calls, string path)
    {
        int[] renames =
        [
            .. Enumerable
                .Range(0, calls.Length)
                .Where(i => calls[i].Name.StartsWith("rename", StringComparison.Ordinal) && calls[i].Target == path),
        ];
        Assert.True(renames.Length > 0, $"nothing was renamed to {path}");
        return renames;
    }

    /// <summary>The last such call before another.</summary>
    private static int RequireBefore(Call[] calls, int end, Predicate<Call> isWanted)
    {
        int found = Array.FindLastIndex(calls, end, isWanted);
        Assert.True(found >= 0, $"missing before {calls[end]}");
        return found;
    }

    private static void RequireFolderFlush(Call[] calls, int change, string folder)
    {
        Call next = calls.Skip(change + 1).First(c => !c.Name.StartsWith("open", StringComparison.Ordinal));
        Assert.True(next.IsFlushOf(folder), $"after {calls[change]} came {next}; a flush of {folder} is expected");
    }

    private static async Task<Call[]> TraceAsync(string trace, string files)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "ClipFusion.Tests");
        // A file per thread, so that no call is split into two lines; -y says which file a descriptor is.
        ProcessStartInfo start = DefaultSignals.Start(
            "strace",
            [
                "-f",
                "-ff",
                "--seccomp-bpf",
                "-qq",
                "-y",
                "-ttt",
                "-s",
                "8",
                "-e",
                "trace=openat,write,pwrite64,writev,pwritev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat",
                "-o",
                trace,
                program,
                "-noColor",
                "-class",
                typeof(PowerCutWrites).FullName!,
            ]
        );
        start.Environment[PowerCutWrites.FolderVariable] = files;
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{output}{await error}");
        var calls = Directory
            .EnumerateFiles(Path.GetDirectoryName(trace)!, $"{Path.GetFileName(trace)}.*")
            .SelectMany(File.ReadLines)
            .Select(Call.Parse)
            .OfType<Call>()
            .Where(c => c.Path.StartsWith(files, StringComparison.Ordinal))
            .OrderBy(c => c.Time);
        // Not passed over: a test that sees nothing shows nothing.
        Call[] seen = [.. calls];
        Assert.True(
            seen.Length > 0,
            "strace saw nothing; it has to be allowed here to trace processes (ptrace; in a container --cap-add SYS_PTRACE)"
        );
        return seen;
    }

    /// <summary>One line of a trace.</summary>
    /// <param name="Time">When it began, in seconds.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Path">The first path or the descriptor's file.</param>
    /// <param name="Target">The second path; else empty.</param>
    private sealed partial record Call(decimal Time, string Name, string Path, string Target)
    {
        public bool IsWriteOf(string path) => Name.Contains("write", StringComparison.Ordinal) && Path == path;

        public bool IsFlushOf(string path) => Name is "fsync" or "fdatasync" && Path == path;

        /// <summary>A call that succeeded; null for anything else.</summary>
        public static Call? Parse(string line)
        {
            Match match = Line().Match(line);
            if (!match.Success)
                return null;
            string name = match.Groups[2].Value,
                arguments = match.Groups[3].Value;
            string[] texts = [.. Quoted().Matches(arguments).Select(m => m.Groups[1].Value)];
            bool isByPath =
                name.StartsWith("open", StringComparison.Ordinal)
                || name.StartsWith("rename", StringComparison.Ordinal)
                || name.StartsWith("unlink", StringComparison.Ordinal);
            string path = isByPath ? texts.FirstOrDefault("") : Descriptor().Match(arguments).Groups[1].Value;
            return new Call(
                decimal.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture),
                name,
                path,
                isByPath && texts.Length > 1 ? texts[1] : ""
            );
        }

        [GeneratedRegex(@"^(\d+\.\d+) (\w+)\((.*)\)\s+= \d")]
        private static partial Regex Line();

        [GeneratedRegex("\"([^\"]*)\"")]
        private static partial Regex Quoted();

        [GeneratedRegex("^[0-9]+<([^>]*)>")]
        private static partial Regex Descriptor();
    }
}
