using ClipFusion.Foundation.Files;

namespace ClipFusion.Tests.Foundation;

public sealed class FileStatusTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Of_FilesFoldersAndLinks_TellsWhatTheyAre()
    {
        File.WriteAllText(_folder["file"], "12345");
        File.CreateSymbolicLink(_folder["link"], _folder["file"]);
        FileStatus file = FileStatus.Of(_folder["file"])!.Value;
        Assert.Equal((FileKind.Regular, 5L, File.GetLastWriteTimeUtc(_folder["file"])), (file.Kind, file.Length, file.Written));
        Assert.Equal(file, FileStatus.Of(_folder["link"]));
        Assert.Equal(FileKind.Other, FileStatus.Of(_folder["link"], followLinks: false)!.Value.Kind);
        Assert.Equal(FileKind.Folder, FileStatus.Of(_folder.Root)!.Value.Kind);
        Assert.Null(FileStatus.Of(_folder["nothing"]));
        using (FileStream open = File.OpenRead(_folder["file"]))
            Assert.Equal(file, FileStatus.Of(open.SafeFileHandle));
        Assert.True(RegularFile.IsSomethingElse(_folder.Root));
        Assert.False(RegularFile.IsSomethingElse(_folder["link"]));
        Assert.False(RegularFile.IsSomethingElse(_folder["nothing"]));
    }

    [Fact]
    public void Identity_OfAReplacedFile_IsAnother()
    {
        File.WriteAllText(_folder["file"], "");
        FileIdentity? before = FileIdentity.Of(_folder["file"]);
        File.WriteAllText(_folder["other"], "");
        Assert.Equal(before, FileIdentity.Of(_folder["file"]));
        File.Move(_folder["other"], _folder["file"], overwrite: true);
        Assert.NotEqual(before, FileIdentity.Of(_folder["file"]));
    }

    public void Dispose() => _folder.Dispose();
}
