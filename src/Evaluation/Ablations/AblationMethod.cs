using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Networks;

namespace ClipFusion.Evaluation.Ablations;

/// <summary>Rows of one table that see the same outputs of the networks: the product's method with their settings.</summary>
internal sealed class AblationMethod : IMethod
{
    private readonly AblationRow[] _rows;
    private readonly ClipFusionMethod _method;
    private readonly string _partsRan;
    private readonly AttentionMaps? _attention;

    private AblationMethod(ModelPack pack, AblationRow[] rows, INetworkStore store, string partsRan, int threads)
    {
        (_rows, _partsRan) = (rows, partsRan);
        if (rows.Any(r => r.Parts is not null))
            _attention = new AttentionMaps(pack, rows[0].Networks, store, partsRan);
        // Also a row without references goes through the pass that gives features, so that it shares the other rows' outputs.
        _method = new ClipFusionMethod(pack, rows[0].Networks, [.. rows.Select(RowOf)], store, fewShot: true, threads);
    }

    public IReadOnlyList<string> Rows => _method.Rows;

    /// <summary>The methods that make a table, without the rows that are missing.</summary>
    /// <param name="table">The table.</param>
    /// <param name="pack">The networks; shared, not owned.</param>
    /// <param name="store">Keeps what the networks say.</param>
    /// <param name="partsRan">What runs the graph of the denoiser's parts, where that is not the CPU; else empty.</param>
    /// <param name="threads">Threads of the bank search.</param>
    public static IEnumerable<AblationMethod> Of(AblationTable table, ModelPack pack, INetworkStore store, string partsRan, int threads) =>
        table
            .Rows.Where(r => r.Missing is null)
            .GroupBy(r => (r.Networks.Revision, r.Shots, Categories: r.Categories is null ? null : string.Join('\n', r.Categories)))
            .Select(g => new AblationMethod(pack, [.. g], store, partsRan, threads));

    public bool Supports(int shots) => shots == _rows[0].Shots && _method.Supports(shots);

    public bool Covers(string category) => _rows[0].Categories?.Contains(category) != false;

    public string Fingerprint(string objectWord) =>
        $"{_method.Fingerprint(objectWord)} {(_attention is null ? "" : _partsRan)} "
        + $"{string.Join(' ', _rows.Select(r => $"{r.Name}:{(r.Recipe with { Object = objectWord }).Revision}:{r.Parts}"))}";

    public void EnsurePrompts(string objectWord) => _method.EnsurePrompts(objectWord);

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation)
    {
        _method.Prepare(picture, role, cancellation);
        if (role == PictureRole.Query)
            _attention?.Prepare(picture, cancellation);
    }

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    ) => _method.Enroll(objectWord, shots, references, cancellation);

    public void Dispose()
    {
        _attention?.Dispose();
        _method.Dispose();
    }

    private RecipeRow RowOf(AblationRow row) =>
        new(row.Name, row.Recipe, row.Parts is { } parts ? (picture, maps) => _attention!.Replace(picture, maps, parts) : null);
}
