using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference;

namespace ClipFusion.Cli.Inspect;

/// <summary>A pack and an inspector with its references, ready to judge the pictures of one request.</summary>
internal sealed class InspectSession : IDisposable
{
    private readonly InspectRequest _request;
    private readonly ModelPack _pack;
    private readonly Inspector _inspector;
    private readonly InspectionDump? _dump;

    private InspectSession(InspectRequest request, ModelPack pack, Inspector inspector)
    {
        (_request, _pack, _inspector) = (request, pack, inspector);
        _dump = request.DumpFile is null ? null : new InspectionDump(inspector);
    }

    public string PackName => _pack.Manifest.Name;

    /// <summary>What runs the networks that were used so far, and why nothing better does.</summary>
    public ProviderStatus Providers => ProviderStatus.Of(_pack);

    /// <summary>Where memory banks were searched, once pictures were judged on a GPU; null when no network whose features are compared ran
    /// on one.</summary>
    public string? BankSearch =>
        _pack.BankSearches is not [var decision, ..] ? null
        : decision.WhyNot is { } why ? $"the processor searched the memory banks: {why}"
        : $"the memory banks were searched on {decision.Gpu.Name}";

    public string? Notice => _pack.Manifest.Notice;

    public string ShotMode => PictureJudgement.Shot((_inspector.Branches & Branches.Compared) != 0);

    /// <summary>Pictures in the memory banks; 0 = zero-shot.</summary>
    public int References { get; private set; }

    /// <summary>What good parts' maps reach, where heatmaps are asked for and the references say it.</summary>
    public float? Reach { get; private set; }

    /// <summary>Opens the pack, encodes the recipe's words and the references.</summary>
    /// <exception cref="UsageException">The recipe asks for what the pack does not have.</exception>
    public static InspectSession Open(InspectRequest request, IProgress<string> steps, CancellationToken cancellation)
    {
        ImagingNative.EnsureLoaded();
        ModelPack pack = ModelPack.Open(request.Pack, new SessionSettings(request.Threads), request.DumpLayers, steps, request.Providers);
        try
        {
            steps.Report("encoding the recipe's words");
            var session = new InspectSession(request, pack, CreateInspector(request, pack, cancellation));
            if (request.References.Count > 0 && (request.Recipe.UsedBranches & Branches.Compared) != 0)
                session.Enrol(steps, cancellation);
            return session;
        }
        catch
        {
            pack.Dispose();
            throw;
        }
    }

    /// <summary>Judges every picture; one that can't be judged is reported and the rest goes on. Then writes what is left to
    /// write.</summary>
    /// <returns>How many could not be judged.</returns>
    public int Judge(IJudgementReport report, OverlayFolder? overlays, IProgress<string>? steps, CancellationToken cancellation)
    {
        int failed = 0;
        if (overlays is not null)
            (overlays.Scale, overlays.Outline) = (OverlayScale.Of(_request, Reach), _request.MapThreshold);
        foreach (InputImage image in _request.Images)
        {
            cancellation.ThrowIfCancellationRequested();
            steps?.Report(image.Path);
            InspectionResult result;
            try
            {
                if (image.Fault is { } fault)
                    throw new ImageFormatException(fault);
                result = Inspect(ImageCodec.DecodeStored(image.Path).View, cancellation);
            }
            catch (Exception e)
                when (e is ImageFormatException or IOException or UnauthorizedAccessException or ArgumentException or UsageException)
            {
                failed++;
                report.Failed(image.Path, ErrorText.Of(e));
                continue;
            }

            ConnectedRegions? regions = Regions(result);
            _dump?.Add(image.Stem, result, _inspector);
            overlays?.Add(
                new HeatmapSource(image, result.Prepared.Region, regions?.Regions ?? [], _request.Ignore, Levels(image.Header!)),
                result.Map
            );
            float peak = MapStatistics.Max(
                result.Map.Values,
                _request.Ignore?.Ignored(result.Map.Width, result.Map.Height, result.Prepared.Region)
            );
            report.Judged(PictureJudgement.Of(image.Path, _request.Station, result, peak, regions));
        }

        steps?.Report("writing");
        if (failed < _request.Images.Count)
            _dump?.Write(_request.DumpFile!);
        return failed;
    }

    public void Dispose()
    {
        _inspector.Dispose();
        _pack.Dispose();
    }

    /// <summary>With the recipe's image checks, as a device does.</summary>
    private InspectionResult Inspect(ImageView view, CancellationToken cancellation)
    {
        // Before any network runs: the size needs no preparation, the rest does.
        Require(_request.Station.Checks.CheckSize(view.Width, view.Height));
        var taps = _dump is null ? null : new TensorTaps();
        var trace = new InspectionTrace(taps);
        PreparedImage image = _inspector.Prepare(view, trace, cancellation);
        Require(_request.Station.Checks.Check(image));
        return _inspector.Inspect(image, trace, cancellation);

        static void Require(ImageFault fault)
        {
            if (fault != ImageFault.None)
                throw new UsageException(EdgeDaemon.Domain.CodeTable.Describe(Findings.Of(fault)));
        }
    }

    private static Inspector CreateInspector(InspectRequest request, ModelPack pack, CancellationToken cancellation)
    {
        try
        {
            return Inspector.Create(
                pack,
                request.Recipe,
                request.Ignore,
                request.Threads > 0 ? request.Threads : Environment.ProcessorCount,
                cancellation: cancellation
            );
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"the recipe does not fit: {ErrorText.Of(e)}", e);
        }
    }

    private void Enrol(IProgress<string> steps, CancellationToken cancellation)
    {
        IReadOnlyList<InputImage> references = _request.References;
        ReferenceBanksBuilder banks = _inspector.StartEnrollment();
        for (int i = 0; i < references.Count; i++)
        {
            steps.Report($"reference {i + 1} of {references.Count}: {references[i].Path}");
            try
            {
                _inspector.AddReference(ImageCodec.DecodeStored(references[i].Path).View, banks, cancellation: cancellation);
            }
            catch (Exception e) when (e is ImageFormatException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                throw new UsageException($"--reference {references[i].Path}: {ErrorText.Of(e)}", e);
            }
        }

        _inspector.Use(banks.ToBanks(_inspector.Comparison.Parallelism, cancellation));
        References = banks.Images;
        if (_request is { OverlayFolder: not null, Scale: null })
            Reach = NormalReachOf(references, cancellation).Own;
    }

    private NormalReach NormalReachOf(IReadOnlyList<InputImage> references, CancellationToken cancellation)
    {
        NormalReach reach = NormalReach.Unknown;
        foreach (int left in NormalReach.LeftOut(_inspector, references.Count))
            reach = reach.With(_inspector, left, ImageCodec.DecodeStored(references[left].Path).View, cancellation: cancellation);
        return reach;
    }

    private ConnectedRegions? Regions(InspectionResult result) =>
        _request.MapThreshold is { } threshold
            ? ConnectedRegions.FindInFrame(result.Map, result.Prepared.Region, threshold, _request.Ignore)
            : null;

    private GreyLevels? Levels(ImageHeader header) =>
        header.Pixels.IsDeepGrey()
            ? new GreyLevels(_request.Recipe.BlackLevel ?? 0, _request.Recipe.WhiteLevel ?? header.Pixels.MaxGrey())
            : null;
}
