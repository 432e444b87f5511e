using System.Net.Sockets;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Tests.Foundation;

public sealed class RegularFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Read_OfWhatIsNoRegularFile_IsRefusedAtOnceWithItsKind()
    {
        await Programs.MakePipeAsync(_folder["pipe"], TestContext.Current.CancellationToken);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder["socket"]));
        Directory.CreateDirectory(_folder["folder"]);
        File.CreateSymbolicLink(_folder["link"], _folder["pipe"]);
        File.CreateSymbolicLink(_folder["loop"], _folder["loop"]);
        foreach (
            (string path, string what) in (ReadOnlySpan<(string, string)>)
                [
                    (_folder["pipe"], "a named pipe"),
                    (_folder["link"], "a named pipe"),
                    (_folder["socket"], "a socket"),
                    (_folder["folder"], "a folder"),
                    ("/dev/zero", "a device"),
                    ("/", "a folder"),
                    (_folder["nowhere"], "no such file"),
                    (_folder["loop"], "can't be opened"),
                    ("", "an empty name"),
                    ("a\0b", "a character 0"),
                ]
        )
        {
            Assert.Contains(
                what,
                Assert.ThrowsAny<IOException>(() => RegularFile.ReadAllBytes(path, 1000)).Message,
                StringComparison.Ordinal
            );
            Assert.ThrowsAny<IOException>(() => RegularFile.ReadAtMost(path, 1000));
            Assert.ThrowsAny<IOException>(() => RegularFile.OpenStream(path).Dispose());
            Assert.ThrowsAny<IOException>(() => RegularFile.Require(path));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(1000)]
    public void Read_OfAFileUpToTheLimit_IsWhole(int length)
    {
        byte[] content = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        File.WriteAllBytes(_folder["file"], content);
        File.CreateSymbolicLink(_folder["link"], _folder["file"]);
        Assert.Equal(content, RegularFile.ReadAllBytes(_folder["link"], 1000));
        Assert.Equal(content, RegularFile.ReadAtMost(_folder["file"], 1000));
    }

    [Fact]
    public void Read_OfMoreThanTheLimit_IsRefusedOrOneByteTooLong()
    {
        File.WriteAllBytes(_folder["file"], new byte[1001]);
        Assert.Contains(
            "1001 bytes",
            Assert.Throws<IOException>(() => RegularFile.ReadAllBytes(_folder["file"], 1000)).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(1001, RegularFile.ReadAtMost(_folder["file"], 1000).Length);
        // A file of the kernel says that it is empty, and is not.
        Assert.Equal(11, RegularFile.ReadAtMost("/proc/self/status", 10).Length);
        Assert.Throws<IOException>(() => RegularFile.ReadAllBytes("/proc/self/status", 10));
        Assert.NotEmpty(RegularFile.ReadAllText("/proc/self/status", 1 << 16));
    }

    [Fact]
    public void Read_WhereTheDiskFails_NamesTheFile()
    {
        // What the kernel shows of a process's memory begins with addresses that nobody has: reading them is the error of a bad disk.
        const string Failing = "/proc/self/mem";
        foreach (Action read in (Action[])[() => RegularFile.ReadAllBytes(Failing, 100), () => RegularFile.ReadAtMost(Failing, 100)])
            Assert.StartsWith(
                $"{Failing}: can't be read from byte 0 on: ",
                Assert.Throws<IOException>(read).Message,
                StringComparison.Ordinal
            );
    }

    public void Dispose() => _folder.Dispose();
}
