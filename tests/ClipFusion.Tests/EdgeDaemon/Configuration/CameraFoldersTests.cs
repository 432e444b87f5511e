using System.Text.Json;
using ClipFusion.Foundation.Json;

namespace ClipFusion.Tests.EdgeDaemon.Configuration;

/// <summary>A folder belongs to one station, whatever it is called.</summary>
public sealed class CameraFoldersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void TwoStations_OnOneFolder_AreAnErrorHoweverItIsSpelled()
    {
        Directory.CreateDirectory(_folder["in"]);
        File.CreateSymbolicLink(_folder["link"], _folder["in"]);
        foreach (
            string other in (string[])
                [
                    _folder["in"],
                    _folder["in"] + "/",
                    _folder["link"],
                    Path.Combine(_folder["in"], "..", "in"),
                    Path.Combine(_folder["link"], "."),
                    Path.Combine(_folder["in"], "done"),
                    Path.Combine(_folder["link"], "rejected", "deeper"),
                ]
        )
        {
            FieldError error = Assert.Single(Errors(_folder["in"], other));
            Assert.Equal("$.stations[1].camera.folder", error.Path);
            Assert.Contains("line1", error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TwoStations_OnOneFolderThatIsMadeLater_AreAnError() =>
        Assert.Single(Errors(_folder["later/in"], _folder["later/../later/in/"]));

    [Fact]
    public void TwoStations_OnFoldersThatNobodyElseTakes_AreNoError()
    {
        Assert.Empty(Errors(_folder["a"], _folder["b"]));
        Assert.Empty(Errors(_folder["a"], _folder["a/b"]));
        Assert.Empty(Errors(_folder["a"], _folder["a"], replay: true));
    }

    public void Dispose() => _folder.Dispose();

    private static IReadOnlyList<FieldError> Errors(string first, string second, bool replay = false)
    {
        object Station(string name, string folder) =>
            new
            {
                name,
                camera = new
                {
                    kind = "folder",
                    folder,
                    replay,
                },
                triggers = new { mqtt = true },
            };
        return ConfigFiles.Errors(
            JsonSerializer.Serialize(
                new
                {
                    device = "box1",
                    dataFolder = "/data",
                    modelPack = "pack",
                    stations = (object[])[Station("line1", first), Station("line2", second)],
                    mqtt = new { host = "b" },
                }
            )
        );
    }
}
