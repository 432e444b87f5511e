using System.Globalization;
using System.Text;
using System.Text.Json;
using ClipFusion.Camera;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.Foundation;
using ClipFusion.Foundation.Files;
using ClipFusion.Imaging;

namespace ClipFusion.Cli.Simulate;

/// <summary>Pictures in a drawn dataset.</summary>
/// <param name="Train">Good ones to learn from.</param>
/// <param name="Good">Good ones to test with.</param>
/// <param name="Defective">Bad ones to test with.</param>
internal readonly record struct DatasetCounts(int Train, int Good, int Defective);

/// <summary>
/// Parts of one simulated line as a category in MVTec-AD's layout: <c>train/good</c>, <c>test/good</c>, <c>test/KIND</c>,
/// <c>ground_truth/KIND</c>, and <c>truth.csv</c> with a line per picture. Files are called by the part's number (of the parts to learn
/// from: by their order).
/// </summary>
/// <param name="folder">The category's folder.</param>
/// <param name="options">The line. The same options give the same bytes.</param>
/// <param name="parts">Parts to test with, from number 1 on.</param>
internal sealed class SimulatedDataset(string folder, LineOptions options, int parts)
{
    /// <summary>Good parts to learn from.</summary>
    public const int TrainParts = 12;

    private static readonly TimeSpan ExposureTimeout = TimeSpan.FromMinutes(1);

    /// <summary>The category's folder.</summary>
    public string Folder => folder;

    /// <exception cref="UsageException">The folder is taken.</exception>
    public void EnsureFree()
    {
        if (File.Exists(folder) || Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UsageException($"--out: {folder} is there already; a new or empty folder is expected");
    }

    /// <summary>Draws everything, then gives the folder its name: it is whole or not there.</summary>
    /// <exception cref="OperationCanceledException">Stopped; nothing is left behind.</exception>
    /// <exception cref="IOException">It can't be written; nothing is left behind.</exception>
    public DatasetCounts Write(CancellationToken cancellation)
    {
        string parent = Path.GetDirectoryName(Path.GetFullPath(folder))!;
        try
        {
            Directory.CreateDirectory(parent);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--out: the folder {parent} can't be made: {e.Message}", e);
        }

        string working = AtomicFile.TemporaryIn(parent);
        try
        {
            DatasetCounts counts = DrawAsync(working, cancellation).GetAwaiter().GetResult();
            if (Directory.Exists(folder))
                Directory.Delete(folder);
            Directory.Move(working, folder);
            return counts;
        }
        finally
        {
            if (Directory.Exists(working))
                Directory.Delete(working, recursive: true);
        }
    }

    private async Task<DatasetCounts> DrawAsync(string root, CancellationToken cancellation)
    {
        var line = new SimulatedLine(options);
        await using var camera = new SimulatedCamera(line);
        await camera.OpenAsync(cancellation).ConfigureAwait(false);
        var truths = new StringBuilder("file,part,defect,caption\n");
        int train = 0,
            defective = 0;
        foreach (long number in GoodParts.Of(line.Truth).Take(TrainParts))
            await DrawAsync(number, "good", $"train/good/{train++:000}").ConfigureAwait(false);

        byte[] mask = new byte[options.Width * options.Height];
        for (int number = 1; number <= parts; number++)
        {
            string kind = line.Truth.Of((ulong)number).Defect is { } defect
                    ? JsonNamingPolicy.SnakeCaseLower.ConvertName(defect.ToString())
                    : "good",
                name = number.ToString("000", CultureInfo.InvariantCulture);
            await DrawAsync(number, kind, $"test/{kind}/{name}").ConfigureAwait(false);
            if (kind == "good")
                continue;
            defective++;
            line.Truth.DrawMask((ulong)number, mask);
            Save(
                new ImageView(mask, options.Width, options.Height, options.Width, PixelFormat.Mono8),
                Path.Combine(root, $"ground_truth/{kind}/{name}_mask.png")
            );
        }

        AtomicFile.Write(Path.Combine(root, "truth.csv"), Durability.Process, truths.ToString());
        return new(train, parts - defective, defective);

        async Task DrawAsync(long number, string kind, string name)
        {
            cancellation.ThrowIfCancellationRequested();
            using Frame frame = await camera.TriggerAsync(new TriggerContext(number, ExposureTimeout), cancellation).ConfigureAwait(false);
            FramePixels.Use(frame, view => Save(view, Path.Combine(root, $"{name}.png")));
            truths.Append(CultureInfo.InvariantCulture, $"{name}.png,{number},{kind},{line.Truth.Of((ulong)number).Caption}\n");
        }
    }

    private static void Save(ImageView view, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, Durability.Process, view, static (file, view) => ImageCodec.EncodePng(view, file));
    }
}
