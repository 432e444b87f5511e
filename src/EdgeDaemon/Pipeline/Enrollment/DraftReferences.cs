using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Foundation.Files;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Calibration;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The reference pictures that are being collected at a station, and the set that becomes of them. Used by one step of an
/// enrolment at a time.</summary>
/// <param name="station">Name of the station.</param>
/// <param name="links">What all stations share.</param>
/// <param name="draft">What the last run was collecting; null for nothing.</param>
/// <param name="stop">The program's end.</param>
internal sealed class DraftReferences(string station, EnrollmentLinks links, ReferenceDraft? draft, CancellationToken stop)
{
    private readonly Dictionary<string, ReferenceLook> _looks = new(StringComparer.Ordinal);
    private volatile ReferenceDraft? _draft = draft;

    /// <summary>What is being collected; null for nothing.</summary>
    public ReferenceDraft? Current => _draft;

    /// <summary>What is being collected.</summary>
    /// <exception cref="EnrollmentException">Nothing is.</exception>
    public ReferenceDraft Required =>
        _draft ?? throw new EnrollmentException(Code.NoEnrollment, "no references are being collected at this station; start is expected");

    /// <summary>The recipes as their files have them now.</summary>
    public RecipeCatalogue Catalogue() => RecipeCatalogue.Load(links.Live.Current.RecipeFolder, stop);

    /// <summary>Starts to collect for a recipe.</summary>
    /// <exception cref="EnrollmentException">Somebody is collecting for it, or it compares with no references.</exception>
    public void Start(string? numberOrName)
    {
        if (_draft is { } open)
            throw new EnrollmentException(
                Code.Busy,
                $"references for '{open.Recipe}' are being collected at this station since {open.StartedAt:u}; finish or cancel them first"
            );
        StationRecipe recipe = Settle(Catalogue().Usable(numberOrName));
        try
        {
            _draft = links.References.StartDraft(recipe.Name, station);
        }
        catch (ReferenceException e)
        {
            // What is being collected elsewhere is somebody else's work.
            throw new EnrollmentException(Code.Busy, e.Message, e);
        }

        _looks.Clear();
    }

    /// <summary>Looks at a picture and takes it. Nothing but its size and format keeps it out: the rest is advice.</summary>
    /// <param name="file">Its file, to the byte.</param>
    /// <param name="suffix">End of the file's name.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="from">The inspection's id or the file's name; null for neither.</param>
    /// <param name="what">What to call it in messages.</param>
    /// <exception cref="EnrollmentException">It can't be a reference.</exception>
    public void Add(ReadOnlySpan<byte> file, string suffix, ReferenceSource source, string? from, string what)
    {
        ReferenceDraft draft = Required;
        ReferenceLook look;
        try
        {
            look = Look(Catalogue().Usable(draft.Recipe), ImageCodec.DecodeStored(file, name: what).View);
        }
        catch (ImageFormatException e)
        {
            // It names the picture itself.
            throw new EnrollmentException(Code.UnusableReference, e.Message, e);
        }
        catch (ArgumentException e)
        {
            throw new EnrollmentException(Code.UnusableReference, $"{what}: {ErrorText.Of(e)}", e);
        }

        _draft = links.References.Add(draft, file, suffix, source, from);
        _looks[_draft.Pictures[^1].File] = look;
    }

    /// <summary>Takes the archived frame of an inspection.</summary>
    /// <exception cref="EnrollmentException">There is no such inspection here, or its frame was not kept.</exception>
    public void AddInspection(string id)
    {
        _ = Required;
        if (links.Inspections.Find(id) is not var (inspection, _) || inspection.Station != station)
            throw new EnrollmentException(Code.UnusableReference, $"this station has no inspection {id}");
        // Overlays are pictures too, but not the camera's.
        string frame =
            links
                .Archives[station]
                .Find(inspection)
                .FirstOrDefault(f => Path.GetFileNameWithoutExtension(f) == id && Path.GetExtension(f) != ".bin")
            ?? throw new EnrollmentException(
                Code.UnusableReference,
                $"the frame of inspection {id} is not in the archive; $.stations[].images says which are kept"
            );
        byte[] file = RegularFile.ReadAllBytes(frame, (int)StationRecipeWriter.MaxFileBytes);
        Add(file, FrameFile.SuffixOf(file), ReferenceSource.Inspection, id, $"the frame of inspection {id}");
    }

    /// <summary>Takes a picture out again; from 1.</summary>
    public void Remove(int number) => _draft = links.References.Remove(Required, number);

    /// <summary>Throws everything away.</summary>
    public void Cancel()
    {
        links.References.Cancel(Required);
        _draft = null;
    }

    /// <summary>What can be said of the pictures so far; those of a run before are looked at again.</summary>
    public IReadOnlyList<EnrollAdvice> Advice()
    {
        if (_draft is not { Pictures.Count: > 0 } draft || !links.Networks.WhenOpenAsync(stop).IsCompletedSuccessfully)
            return [];
        try
        {
            foreach (ReferencePicture picture in draft.Pictures.Where(p => !_looks.ContainsKey(p.File)))
                _looks[picture.File] = Look(
                    Catalogue().Usable(draft.Recipe),
                    ImageCodec.DecodeStored(links.References.PathOf(draft, picture)).View
                );
        }
        catch (Exception e)
            when (e is RecipeUnusableException or EnrollmentException or ImageFormatException or ArgumentException or IOException)
        {
            // A step that was taken stays taken; whoever adds or finishes is told what is the matter.
            return [];
        }

        return [.. ReferenceAdvice.Of([.. draft.Pictures.Select(p => _looks[p.File])]).Select(EnrollmentAdvice.Of)];
    }

    /// <summary>Encodes what was collected, judges each picture against the others, and makes it a set with its provisional thresholds.
    /// Nothing judges by it yet.</summary>
    /// <param name="encoded">Told how many pictures are encoded.</param>
    /// <param name="judged">Told how many are judged.</param>
    /// <param name="end">Ends it; what was collected stays.</param>
    /// <returns>The set, and what a technician should know of its pictures.</returns>
    public (ReferenceSet Set, IReadOnlyList<EnrollAdvice> Advice) MakeSet(Action<int> encoded, Action<int> judged, CancellationToken end)
    {
        ReferenceDraft draft = Required;
        RecipeCatalogue catalogue = Catalogue();
        OpenPack pack = Pack();
        string[] files = [.. draft.Pictures.Select(p => links.References.PathOf(draft, p))];
        StationRecipe recipe = Settle(catalogue.Usable(draft.Recipe)) with { References = [.. files] };
        IgnoreMask? ignore = IgnoreMasks.Of(recipe, catalogue.Folder);
        pack.Pack.EnsureOpen([.. Inspector.GraphsOf(recipe.Method, hasReferences: true)]);
        int threads = links.Live.Current.Threads > 0 ? links.Live.Current.Threads : Environment.ProcessorCount;
        var enroller = new ReferenceEnroller(links.Turns, threads);
        Inspector inspector;
        using (new BackgroundLease(links.Turns, end))
            inspector = Inspector.Create(pack.Pack, recipe.Method, ignore, threads, cancellation: end);
        LeftOutScores scores;
        using (inspector)
        {
            enroller.Enroll(inspector, files, CoresetScope.EachImage, encoded, end);
            scores = enroller.LeaveOut(inspector, files, judged, end);
        }

        EnrollAdvice[] advice = [.. Advice(), .. ReferenceAdvice.Of(scores).Select(EnrollmentAdvice.Of)];
        KillPoint.Pass(KillStep.ReferencesCompared);
        end.ThrowIfCancellationRequested();
        ReferenceSet set = links.References.Finish(draft);
        _draft = null;
        try
        {
            SetThresholds thresholds = TaughtReferences.Provisional(set.Number, pack.Hash, scores, links.Time.GetUtcNow());
            links.References.Change(set.Recipe, index => index.With(thresholds));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            EnrollmentLog.ThresholdsNotKept(links.Log, set.Recipe, set.Number, e.Message);
        }

        return (set, advice);
    }

    private OpenPack Pack()
    {
        Task<OpenPack> open = links.Networks.WhenOpenAsync(stop);
        return open.IsCompletedSuccessfully
            ? open.Result
            : throw new EnrollmentException(Code.NotReady, "the networks are not open yet; try again");
    }

    /// <summary>The recipe as the pack takes it.</summary>
    private StationRecipe Settle(StationRecipe recipe)
    {
        recipe = recipe with { Method = PackRecipe.Settle(recipe.Method, Pack().Pack.Manifest) };
        return (recipe.Method.UsedBranches & Branches.Compared) != 0
            ? recipe
            : throw new EnrollmentException(
                Code.EnrollmentFailed,
                $"recipe '{recipe.Name}' compares with no references: one of the branches clipVision, diffVision, backboneVision is "
                    + "expected"
            );
    }

    private ReferenceLook Look(StationRecipe recipe, ImageView frame) =>
        ReferenceLook.At(frame, Settle(recipe).Method, recipe.Checks, Pack().Pack.Manifest, stop);
}
