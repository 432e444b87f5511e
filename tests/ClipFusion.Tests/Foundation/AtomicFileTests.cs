using System.Runtime.Versioning;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Tests.Foundation;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(Durability.Process)]
    [InlineData(Durability.PowerCut)]
    public void Write_NewOrOld_IsThereWholeAndAlone(Durability durability)
    {
        AtomicFile.Write(_folder["file"], durability, "größer");
        Assert.Equal("größer"u8.ToArray(), File.ReadAllBytes(_folder["file"]));
        AtomicFile.Write(_folder["file"], durability, [1, 2, 3]);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(_folder["file"]));
        AtomicFile.Write(_folder["file"], durability, file => file.Write(new byte[200_000]));
        Assert.Equal(200_000, new FileInfo(_folder["file"]).Length);
        AtomicFile.Write(_folder["file"], durability, "");
        Assert.Empty(File.ReadAllBytes(_folder["file"]));
        Assert.Equal([_folder["file"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Write_ThatFailsHalfway_LeavesTheOldFileAndNothingBesideIt()
    {
        File.WriteAllText(_folder["file"], "old");
        Exception e = Assert.Throws<InvalidOperationException>(() =>
            AtomicFile.Write(
                _folder["file"],
                Durability.PowerCut,
                file =>
                {
                    file.Write(new byte[100_000]);
                    throw new InvalidOperationException("halfway");
                }
            )
        );
        Assert.Equal("halfway", e.Message);
        Assert.Equal("old", File.ReadAllText(_folder["file"]));
        Assert.Equal([_folder["file"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Write_WhereAFolderHasTheName_IsAnErrorAndLeavesNothingBesideIt()
    {
        Directory.CreateDirectory(_folder["taken"]);
        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(_folder["taken"], Durability.Process, "new"));
        Assert.Equal([_folder["taken"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Write_IntoAFolderThatHasGone_IsAnErrorAndDoesNotBringItBack()
    {
        Assert.Throws<DirectoryNotFoundException>(() => AtomicFile.Write(_folder["gone", "file"], Durability.PowerCut, "new"));
        Assert.Throws<IOException>(() => AtomicFile.FlushFolder(_folder["gone"]));
        Assert.False(Directory.Exists(_folder["gone"]));
    }

    [Fact, SupportedOSPlatform("linux")]
    public void Write_OverAFile_KeepsItsPermissions()
    {
        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        File.WriteAllText(_folder["file"], "old");
        File.SetUnixFileMode(_folder["file"], mode);
        AtomicFile.Write(_folder["file"], Durability.Process, "new");
        Assert.Equal(mode, File.GetUnixFileMode(_folder["file"]));
    }

    [Fact]
    public async Task Write_BySeveralAtOnce_IsAlwaysOneOfTheirsWhole()
    {
        AtomicFile.Write(_folder["file"], Durability.Process, Filled(0));
        Task[] writers =
        [
            .. Enumerable
                .Range(1, 3)
                .Select(n =>
                    Task.Run(() =>
                    {
                        for (int i = 0; i < 50; i++)
                            AtomicFile.Write(_folder["file"], Durability.Process, Filled((byte)n));
                    })
                ),
        ];
        Task written = Task.WhenAll(writers);
        while (!written.IsCompleted)
            Assert.Single(File.ReadAllBytes(_folder["file"]).CountBy(b => b), b => b.Value == Filled(0).Length);
        await written;
        Assert.Equal([_folder["file"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void LeftOvers_OfAKilledWriter_AreKnownByTheirNamesAndTakenAway()
    {
        Directory.CreateDirectory(_folder["below"]);
        string top = AtomicFile.TemporaryIn(_folder.Root),
            below = AtomicFile.TemporaryIn(_folder["below"]);
        string[] others = [_folder["file"], _folder["file.tmp"], _folder[".clipfusion-file"]];
        foreach (string file in (string[])[top, below, .. others])
            File.WriteAllText(file, "");
        Assert.True(AtomicFile.IsTemporary(Path.GetFileName(top)));
        Assert.DoesNotContain(others, o => AtomicFile.IsTemporary(Path.GetFileName(o)));

        AtomicFile.DeleteLeftOvers(_folder.Root);
        Assert.False(File.Exists(top));
        Assert.True(File.Exists(below));
        AtomicFile.DeleteLeftOvers(_folder.Root, recursive: true);
        Assert.False(File.Exists(below));
        Assert.All(others, o => Assert.True(File.Exists(o)));
    }

    [Fact]
    public void Install_AndDelete_ReplaceAndTakeAway()
    {
        File.WriteAllText(_folder["file"], "old");
        File.WriteAllText(_folder["written"], "new");
        AtomicFile.Install(_folder["written"], _folder["file"], Durability.PowerCut);
        Assert.Equal("new", File.ReadAllText(_folder["file"]));
        Assert.False(File.Exists(_folder["written"]));
        AtomicFile.Delete(_folder["file"], Durability.PowerCut);
        AtomicFile.Delete(_folder["file"], Durability.PowerCut);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Filled(byte value)
    {
        byte[] content = new byte[30_000];
        Array.Fill(content, value);
        return content;
    }
}
