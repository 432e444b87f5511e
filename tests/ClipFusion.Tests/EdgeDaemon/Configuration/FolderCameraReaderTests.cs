using ClipFusion.Camera.Folder;
using ClipFusion.EdgeDaemon.Composition;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.Foundation.Json;
using static ClipFusion.Tests.EdgeDaemon.Configuration.ConfigFiles;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

public sealed class FolderCameraReaderTests
{
    private const string Camera = "$.stations[0].camera";

    [Fact]
    public void Read_EveryKey_IsTaken() =>
        Assert.Equal(
            new FolderCameraConfig("/etc/clipfusion/in", TimeSpan.FromMilliseconds(200), false)
            {
                Files = "*.png",
                PartIdFromName = "^(.*)_",
                Match = FileMatch.Name,
                MatchWindow = TimeSpan.FromMilliseconds(500),
                Watch = FolderWatchMode.Poll,
                MaxFileMb = 8,
            },
            ConfigFiles
                .Read(
                    With(
                        Camera,
                        """
                        {"kind": "folder", "folder": "in", "files": "*.png", "partIdFromName": "^(.*)_", "match": "name", "matchWindowMs": 500, "watch": "poll", "maxFileMb": 8}
                        """
                    )
                )
                .Stations[0]
                .Camera
        );

    [Theory]
    [
        InlineData("files", "\"a/b\""),
        InlineData("files", "\"\""),
        InlineData("partIdFromName", "\"no group\""),
        InlineData("partIdFromName", "\"(two)(groups)\"")
    ]
    [
        InlineData("partIdFromName", "\"(\""),
        InlineData("partIdFromName", """ "(a)\\1" """),
        InlineData("match", "\"luck\""),
        InlineData("matchWindowMs", "0"),
        InlineData("watch", "\"notify\"")
    ]
    [InlineData("maxFileMb", "257")]
    public void Read_WrongValue_IsNamedWithItsPath(string key, string value)
    {
        FieldError error = Assert.Single(Errors(With(Camera, $$"""{"kind": "folder", "folder": "in", "{{key}}": {{value}}}""")));
        Assert.Equal($"{Camera}.{key}", error.Path);
    }

    [Theory]
    [InlineData("""{"kind": "folder", "folder": "in", "replay": true, "match": "time"}""", "{}", $"{Camera}.match")]
    [InlineData(
        """{"kind": "folder", "folder": "in", "match": "name"}""",
        """{"frameArrival": true}""",
        "$.stations[0].triggers.frameArrival"
    )]
    public void Read_MatchWithoutTriggersOfItsOwn_IsAnError(string camera, string triggers, string path) =>
        Assert.Equal(path, Assert.Single(Errors(With("$.stations[0].triggers", triggers, With(Camera, camera)))).Path);

    [Fact]
    public void Find_FolderThatCanNotBeWritten_IsAWarning()
    {
        using var folder = new TemporaryFolder();
        ApplianceConfig config = ConfigFiles.Read(With(Camera, $$"""{"kind": "folder", "folder": "{{folder.Root}}"}"""));
        Assert.DoesNotContain(DeviceCheck.Of(config).Warnings, w => w.Path == $"{Camera}.folder");
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
        // No file can be made there by anybody, root included.
        config = ConfigFiles.Read(With(Camera, """{"kind": "folder", "folder": "/proc/self/task"}"""));
        Assert.Contains(
            DeviceCheck.Of(config).Warnings,
            w => w.Path == $"{Camera}.folder" && w.Message.Contains("can't be written", StringComparison.Ordinal)
        );
    }
}
