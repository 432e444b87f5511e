using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using ClipFusion.Evaluation.Results;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.Evaluation.Methods;

/// <summary>
/// Outputs of the networks on disk, one file per picture, pack and settings that the networks see, so that no sweep and no restart runs them
/// twice. Files appear whole or not at all. Pictures and pack count by their content, wherever they lie.
/// </summary>
internal sealed class NetworkStore
{
    private readonly string _folder;
    private readonly string _pack;
    private readonly Dictionary<string, string> _pictures = new(StringComparer.Ordinal);
    private long _ticks;

    /// <summary>A store.</summary>
    /// <param name="folder">Made where it is missing; may be shared by evaluations that don't run at the same time.</param>
    /// <param name="pack">Whose outputs are kept.</param>
    public NetworkStore(string folder, ModelPack pack)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        // The manifest holds the hash of every other file.
        _pack = Hash(File.ReadAllBytes(Path.Combine(pack.Folder, PackManifest.FileName)));
        // What a killed run was writing.
        WholeFile.DeleteTorn(_folder);
    }

    /// <summary>The pack by its content.</summary>
    public string Pack => _pack;

    /// <summary>Time inside the networks so far.</summary>
    public TimeSpan NetworkTime => Stopwatch.GetElapsedTime(0, _ticks);

    /// <summary>Runs of networks so far.</summary>
    public int Runs { get; private set; }

    /// <summary>A picture's outputs, from disk where they are.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="part">Which networks, and for what.</param>
    /// <param name="settings">The settings that they see, all others at their defaults.</param>
    /// <param name="run">Given the pixels, runs them: outputs, and what they saw of the picture.</param>
    public StoredOutputs Get(Picture picture, string part, Recipe settings, Func<ImageView, (NetworkOutputs Outputs, Region Covered)> run) => Get(picture, part, $"{_pack} {settings.Revision}", run);

    /// <summary>A picture's outputs of any network, from disk where they are.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="part">Which networks, and for what.</param>
    /// <param name="settings">The network and its settings, as text that differs when they do.</param>
    /// <param name="run">Given the pixels, runs it: outputs, and what it saw of the picture.</param>
    public StoredOutputs Get(Picture picture, string part, string settings, Func<ImageView, (NetworkOutputs Outputs, Region Covered)> run)
    {
        string path = PathOf(picture, part, settings);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            DecodedImage image = ImageCodec.DecodeStored(picture.Path);
            long start = Stopwatch.GetTimestamp();
            (NetworkOutputs outputs, Region covered) = run(image.View);
            _ticks += Stopwatch.GetTimestamp() - start;
            Runs++;
            using (outputs) StoredOutputs.Write(path, outputs, outputs.Names, covered);
        }

        // What was just made is read back too, so that a run that was interrupted and one that was not see the same.
        return StoredOutputs.Read(path);
    }

    private string PathOf(Picture picture, string part, string settings)
    {
        if (!_pictures.TryGetValue(picture.Path, out string? content)) _pictures[picture.Path] = content = Hash(File.ReadAllBytes(picture.Path));
        string key = Hash(Encoding.UTF8.GetBytes($"{content} {settings}"));
        return Path.Combine(_folder, part, key[..2], $"{key}.safetensors");
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16));
}
