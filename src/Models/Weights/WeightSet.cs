namespace ClipFusion.Models.Weights;

/// <summary>
/// The published weights of one network: one safetensors file or several shards, opened together. Owns the files; tensors that it gave out
/// are unusable after <see cref="Dispose"/>. Safe to read from several threads.
/// </summary>
public sealed class WeightSet : IWeights, IDisposable
{
    private readonly string _source;
    private readonly SafetensorsFile[] _files;
    private readonly Dictionary<string, SafetensorsFile> _owners;

    private WeightSet(string source, SafetensorsFile[] files, Dictionary<string, SafetensorsFile> owners)
    {
        _source = source;
        _files = files;
        _owners = owners;
    }

    /// <summary>The names of all tensors, in no order.</summary>
    public IReadOnlyCollection<string> Names => _owners.Keys;

    /// <summary>The safetensors files that were opened, in order of their names.</summary>
    public IReadOnlyList<string> Files => [.. _files.Select(f => f.Path)];

    /// <summary>
    /// Opens <c>BASE.safetensors</c>, else the shards of <c>BASE.safetensors.index.json</c>, else the half-precision variant
    /// <c>BASE.fp16.safetensors</c> or its index. An index is the authority: a tensor that it names must be in the shard that it names;
    /// tensors of a shard that it does not name are left out.
    /// </summary>
    /// <param name="folder">The network's folder.</param>
    /// <param name="baseName"><c>diffusion_pytorch_model</c>, <c>model</c>, <c>open_clip_model</c>.</param>
    /// <exception cref="WeightException">Missing (or there as a pickle only), damaged, or index and shards disagree; all missing shards are
    /// named at once.</exception>
    public static WeightSet Open(string folder, string baseName)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentException.ThrowIfNullOrEmpty(baseName);
        string source =
            WeightFiles.Find(folder, baseName)
            ?? throw new WeightException($"Weights are missing, expected {WeightFiles.Missing(folder, baseName)}.");
        if (source.EndsWith(".json", StringComparison.Ordinal))
            return OpenShards(folder, source);

        SafetensorsFile file = SafetensorsFile.Open(source);
        return new WeightSet(source, [file], file.Tensors.Keys.ToDictionary(name => name, _ => file, StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public bool Contains(string name) => _owners.ContainsKey(name);

    /// <summary>Lengths per axis of a tensor; null where there is none.</summary>
    public IReadOnlyList<long>? ShapeOf(string name) =>
        _owners.TryGetValue(name, out SafetensorsFile? file) ? file.Tensors[name].Shape : null;

    /// <inheritdoc/>
    public WeightTensor Require(string name, params ReadOnlySpan<long> shape)
    {
        if (!_owners.TryGetValue(name, out SafetensorsFile? file))
            throw new WeightException($"{_source}: tensor '{name}' is missing, expected shape {Shapes.Text(shape.ToArray())}.");
        TensorInfo tensor = file.Tensors[name];
        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
            throw new WeightException(
                $"{file.Path}: tensor '{name}' has shape {Shapes.Text(tensor.Shape)}, expected {Shapes.Text(shape.ToArray())}."
            );
        if (!TensorTypes.IsFloat(tensor.Type))
            throw new WeightException($"{file.Path}: tensor '{name}' has type {tensor.StoredType}, expected F32, F16 or BF16.");
        return new StoredTensor(file, tensor);
    }

    /// <summary>Unmaps the files.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
            file.Dispose();
    }

    private static WeightSet OpenShards(string folder, string index)
    {
        Dictionary<string, string> shards = WeightIndex.Read(index);
        string[] names = [.. shards.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string[] missing = [.. names.Where(name => !File.Exists(Path.Combine(folder, name)))];
        if (missing.Length > 0)
            throw new WeightException($"{index}: shards are missing, expected {string.Join(", ", missing)} in the same folder.");

        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            foreach (string name in names)
                files.Add(name, SafetensorsFile.Open(Path.Combine(folder, name)));
            foreach ((string tensor, string shard) in shards)
            {
                if (!files[shard].Tensors.ContainsKey(tensor))
                    throw new WeightException(
                        $"{Path.Combine(folder, shard)}: tensor '{HeaderJson.Shorten(tensor)}' is missing, expected here by "
                            + $"{Path.GetFileName(index)}."
                    );
            }

            return new WeightSet(
                index,
                [.. names.Select(name => files[name])],
                shards.ToDictionary(s => s.Key, s => files[s.Value], StringComparer.Ordinal)
            );
        }
        catch
        {
            foreach (SafetensorsFile file in files.Values)
                file.Dispose();
            throw;
        }
    }

    private sealed class StoredTensor(SafetensorsFile file, TensorInfo info) : WeightTensor
    {
        public override string Name => info.Name;

        public override IReadOnlyList<long> Shape => info.Shape;

        public override void Read(long start, Span<float> destination) => file.ReadFloats(info.Name, start, destination);
    }
}
