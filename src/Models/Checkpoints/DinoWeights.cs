using System.Text.RegularExpressions;
using ClipFusion.Models.Weights;

namespace ClipFusion.Models.Checkpoints;

/// <summary>
/// The tensors of a DINOv2 checkpoint under Hugging Face's names, whichever names they are stored under: with a prefix, as in checkpoints
/// for classification, or as the original repository names them, with query, key and value in one tensor and perhaps in chunks of blocks.
/// </summary>
internal sealed partial class DinoWeights : IWeights
{
    private static readonly string[] Prefixes = ["", "dinov2.", "dinov2_with_registers."];

    /// <summary>Hugging Face's ending of a name in a block, the original one, and which third of its rows it is (-1 for all).</summary>
    private static readonly (string Ours, string Original, int Third)[] BlockNames =
    [
        ("attention.attention.query.", "attn.qkv.", 0),
        ("attention.attention.key.", "attn.qkv.", 1),
        ("attention.attention.value.", "attn.qkv.", 2),
        ("attention.output.dense.", "attn.proj.", -1),
        ("layer_scale1.lambda1", "ls1.gamma", -1),
        ("layer_scale2.lambda1", "ls2.gamma", -1),
        ("mlp.weights_in.", "mlp.w12.", -1),
        ("mlp.weights_out.", "mlp.w3.", -1),
    ];

    private static readonly (string Ours, string Original)[] OtherNames =
    [
        ("embeddings.cls_token", "cls_token"),
        ("embeddings.position_embeddings", "pos_embed"),
        ("embeddings.register_tokens", "register_tokens"),
        ("embeddings.patch_embeddings.projection.", "patch_embed.proj."),
        ("layernorm.", "norm."),
    ];

    private readonly WeightSet _stored;
    private readonly string _prefix;
    private readonly SortedDictionary<int, string>? _blocks;

    private DinoWeights(WeightSet stored, string prefix, SortedDictionary<int, string>? blocks) =>
        (_stored, _prefix, _blocks) = (stored, prefix, blocks);

    /// <summary>Whether the tensors have the original repository's names.</summary>
    public bool IsOriginal => _blocks is not null;

    /// <summary>Blocks that the original names count; they may not be all there.</summary>
    public int OriginalBlocks => _blocks is { Count: > 0 } blocks ? blocks.Keys.Last() + 1 : 0;

    /// <summary>Finds out which names the tensors have; null where they have none of those.</summary>
    public static DinoWeights? Of(WeightSet stored)
    {
        if (Prefixes.FirstOrDefault(p => stored.Contains($"{p}embeddings.cls_token")) is { } prefix)
            return new DinoWeights(stored, prefix, null);
        if (!stored.Contains("cls_token"))
            return null;
        var blocks = new SortedDictionary<int, string>();
        foreach (Match match in stored.Names.Select(n => OriginalBlock().Match(n)).Where(m => m.Success))
            if (int.TryParse(match.Groups["block"].ValueSpan, out int block))
                blocks.TryAdd(block, match.Groups["path"].Value);
        return new DinoWeights(stored, "", blocks);
    }

    /// <summary>Shape of a tensor; null where there is none, and for a third of a stored one.</summary>
    public IReadOnlyList<long>? ShapeOf(string name) => Stored(name) is (var stored, < 0) ? _stored.ShapeOf(stored) : null;

    /// <summary>The name under which a tensor is stored, for messages.</summary>
    public string StoredName(string name) => Stored(name).Name;

    /// <inheritdoc/>
    public bool Contains(string name) => _stored.Contains(Stored(name).Name);

    /// <inheritdoc/>
    public WeightTensor Require(string name, params ReadOnlySpan<long> shape)
    {
        (string stored, int third) = Stored(name);
        if (third < 0)
            return new Part(name, shape.ToArray(), _stored.Require(stored, shape), 0);
        long[] whole = [3 * shape[0], .. shape[1..]];
        long start = third * Shapes.Product(shape.ToArray());
        return new Part(name, shape.ToArray(), _stored.Require(stored, whole), start);
    }

    private (string Name, int Third) Stored(string name)
    {
        if (_blocks is null)
            return (_prefix + name, -1);
        Match match = OurBlock().Match(name);
        if (!match.Success)
        {
            (string ours, string original) = Array.Find(OtherNames, n => name.StartsWith(n.Ours, StringComparison.Ordinal));
            return (ours is null ? name : original + name[ours.Length..], -1);
        }

        int block = int.Parse(match.Groups["block"].ValueSpan);
        string rest = match.Groups["rest"].Value,
            path = _blocks.GetValueOrDefault(block, $"blocks.{block}.");
        (string inBlock, string originalInBlock, int third) = Array.Find(
            BlockNames,
            n => rest.StartsWith(n.Ours, StringComparison.Ordinal)
        );
        return inBlock is null ? (path + rest, -1) : (path + originalInBlock + rest[inBlock.Length..], third);
    }

    [GeneratedRegex(@"\A(?<path>blocks\.(?:[0-9]+\.)?(?<block>[0-9]+)\.)norm1\.weight\z")]
    private static partial Regex OriginalBlock();

    [GeneratedRegex(@"\Aencoder\.layer\.(?<block>[0-9]+)\.(?<rest>.*)\z")]
    private static partial Regex OurBlock();

    /// <summary>A stored tensor, or a run of its rows, under another name.</summary>
    private sealed class Part(string name, long[] shape, WeightTensor stored, long start) : WeightTensor
    {
        public override string Name => name;

        public override IReadOnlyList<long> Shape => shape;

        public override void Read(long first, Span<float> destination) => stored.Read(start + first, destination);
    }
}
