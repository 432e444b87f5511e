using System.Diagnostics;
using System.Text;
using ClipFusion.Foundation.Files;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Evaluation.Methods;

/// <summary>
/// Outputs of the networks on disk, one file per picture, pack and settings that the networks see, so that no sweep and no restart runs
/// them twice. Files appear whole or not at all. Pictures and pack count by their content, wherever they lie. Safe for several threads;
/// networks run one at a time.
/// </summary>
internal sealed class NetworkStore : INetworkStore
{
    private readonly string _folder;
    private readonly string _pack;
    private readonly Lock _running = new();
    private long _ticks;

    /// <summary>A store.</summary>
    /// <param name="folder">Made where it is missing; may be shared by evaluations that don't run at the same time.</param>
    /// <param name="pack">Whose outputs are kept.</param>
    /// <param name="ran">What runs its networks where that is not the CPU: each keeps its own, which differ by rounding. Empty = the
    /// CPU.</param>
    public NetworkStore(string folder, ModelPack pack, IReadOnlyCollection<string> ran)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        // The manifest holds the hash of every other file.
        _pack = FileContents.Of(RegularFile.ReadAllBytes(Path.Combine(pack.Folder, PackManifest.FileName), PackManifest.MaxBytes));
        if (ran.Count > 0)
            _pack = FileContents.Of(Encoding.UTF8.GetBytes($"{_pack} {string.Join("; ", ran)}"));
        // What a killed run was writing.
        AtomicFile.DeleteLeftOvers(_folder, recursive: true);
    }

    /// <summary>Pictures and masks by their content.</summary>
    public FileContents Contents { get; } = new();

    /// <inheritdoc/>
    public string Pack => _pack;

    /// <summary>Time inside the networks so far.</summary>
    public TimeSpan NetworkTime => Stopwatch.GetElapsedTime(0, _ticks);

    /// <summary>Runs of networks so far.</summary>
    public int Runs { get; private set; }

    /// <inheritdoc/>
    public void Prepare(Picture picture, string part, string key, NetworkRun run) => Ensure(picture, part, key, run);

    /// <inheritdoc/>
    public StoredOutputs Get(Picture picture, string part, string key, NetworkRun run)
    {
        string path = Ensure(picture, part, key, run);
        // What was just made is read back too, so that a run that was interrupted and one that was not see the same.
        return StoredOutputs.Read(path);
    }

    /// <summary>Runs any network on a picture unless its outputs are there.</summary>
    /// <returns>The outputs' file.</returns>
    private string Ensure(Picture picture, string part, string key, NetworkRun run)
    {
        string path = PathOf(picture, part, key);
        if (File.Exists(path))
            return path;
        lock (_running)
        {
            if (File.Exists(path))
                return path;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            DecodedImage image = ImageCodec.DecodeStored(picture.Path);
            long start = Stopwatch.GetTimestamp();
            (NetworkOutputs outputs, Region covered) = run(image.View);
            _ticks += Stopwatch.GetTimestamp() - start;
            Runs++;
            using (outputs)
                StoredOutputs.Write(path, outputs, outputs.Names, covered);
        }

        return path;
    }

    private string PathOf(Picture picture, string part, string key)
    {
        string name = FileContents.Of(Encoding.UTF8.GetBytes($"{Contents.Of(picture.Path)} {key}"));
        return Path.Combine(_folder, part, name[..2], $"{name}.safetensors");
    }
}

/// <summary>Runs networks on a picture's pixels.</summary>
/// <returns>What they gave, and the part of the picture that they saw.</returns>
internal delegate (NetworkOutputs Outputs, Region Covered) NetworkRun(ImageView frame);
