using ClipFusion.Camera;
using ClipFusion.EdgeDaemon.Delivery;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Pictures;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Runtime;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Imaging;
using ClipFusion.OnnxInference;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// Teaching at one station: reference pictures are collected, made a set, and judged by. The line goes on meanwhile; what takes long yields
/// to every due inspection.
/// <code>
///   start -> add ... add -> finish -> (a set, which nothing judges by) -> activate
///              \_ cancel                                                    \_ rollback
/// </code>
/// </summary>
/// <remarks>One step at a time: whoever comes meanwhile is refused BUSY. Safe for several threads. The file has more than 400 lines because
/// all steps and what keeps them apart stand here; pictures and sets have <see cref="DraftReferences"/>, activation has
/// <see cref="SetActivation"/>.</remarks>
internal sealed class StationEnrollment : IAsyncDisposable
{
    /// <summary>Frames of triggers that may wait for the draft; one more is left out, and the next trigger's is taken.</summary>
    private const int MostFrames = 2;

    /// <summary>How long a step waits for a short one, such as a frame that is being added.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _step = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Station _station;
    private readonly SetActivation _activation;
    private readonly EnrollmentLinks _links;
    private readonly CancellationToken _stop;
    private readonly FrameFile _files = new();
    private readonly DraftReferences _draft;
    private EnrollProgressMessage _last;
    private CancellationTokenSource? _finishing;
    private Task _work = Task.CompletedTask;
    private volatile bool _goesOn;
    private int _wanted,
        _frames;

    /// <param name="station">Whose enrolment.</param>
    /// <param name="all">Every station: what is activated at one is active wherever the recipe is.</param>
    /// <param name="links">What it shares with the others.</param>
    /// <param name="draft">What the last run was collecting; null for nothing.</param>
    /// <param name="stop">The program's end.</param>
    public StationEnrollment(
        Station station,
        IReadOnlyList<Station> all,
        EnrollmentLinks links,
        ReferenceDraft? draft,
        CancellationToken stop
    )
    {
        (_station, _links, _stop) = (station, links, stop);
        _activation = new SetActivation(station, all, links, stop);
        _draft = new DraftReferences(station.Name, links, draft, stop);
        _last = Say(null, null, draft is null ? EnrollState.Idle : EnrollState.Collecting);
    }

    /// <summary>How far it is.</summary>
    public EnrollProgressMessage Progress
    {
        get
        {
            lock (_lock)
                return _last;
        }
    }

    /// <summary>Takes a step. What takes long goes on after the answer; how far it is, is published.</summary>
    /// <param name="asked">Which step.</param>
    /// <param name="correlation">To be echoed; null for none.</param>
    public async Task<EnrollProgressMessage> TakeAsync(EnrollContent asked, byte[]? correlation = null)
    {
        if (asked.Action == EnrollAction.Cancel)
            await EndFinishingAsync().ConfigureAwait(false);
        return await StepAsync(
                asked.RequestId,
                asked.Action,
                correlation,
                () =>
                    asked.Action switch
                    {
                        EnrollAction.Start => new Step(Start(asked)),
                        EnrollAction.Add when asked.InspectionId is not null => new Step(AddInspection(asked)),
                        EnrollAction.Add => new Step(AddFromTriggers(asked)),
                        EnrollAction.Finish => Finish(asked, correlation),
                        EnrollAction.Cancel => new Step(Cancel(asked)),
                        _ => Activate(asked),
                    }
            )
            .ConfigureAwait(false);
    }

    /// <summary>Adds a picture that somebody sent.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="name">What the sender calls it; null for nothing.</param>
    public Task<EnrollProgressMessage> UploadAsync(ReadOnlyMemory<byte> file, string? name) =>
        StepAsync(
            null,
            EnrollAction.Add,
            null,
            () =>
            {
                _draft.Add(file.Span, FrameFile.SuffixOf(file.Span), ReferenceSource.Upload, name, name ?? "the picture");
                return new Step(Say(null, EnrollAction.Add, EnrollState.Collecting));
            }
        );

    /// <summary>Takes a picture out again.</summary>
    /// <param name="number">From 1.</param>
    public Task<EnrollProgressMessage> RemoveAsync(int number) =>
        StepAsync(
            null,
            null,
            null,
            () =>
            {
                _draft.Remove(number);
                return new Step(Say(null, null, EnrollState.Collecting));
            }
        );

    /// <summary>Takes the frame of a trigger, where one is wanted: copies it, and waits for nobody.</summary>
    public void Take(JudgedFrame judged)
    {
        lock (_lock)
        {
            if (_wanted == 0 || _frames == MostFrames || _stop.IsCancellationRequested)
                return;
            (_wanted, _frames) = (_wanted - 1, _frames + 1);
        }

        byte[] pixels = judged.Frame.Pixels.ToArray();
        FrameShape shape = judged.Frame.Shape;
        string id = judged.Verdict.Inspection.Id;
        _ = Task.Run(() => AddFrameAsync(pixels, shape, id), CancellationToken.None);
    }

    /// <summary>Waits for what goes on, which the program's end ends too.</summary>
    public async ValueTask DisposeAsync()
    {
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _step.Dispose();
        _finishing?.Dispose();
    }

    private async Task AddFrameAsync(byte[] pixels, FrameShape shape, string inspection)
    {
        try
        {
            await _step.WaitAsync(_stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (_lock)
            _frames--;
        EnrollProgressMessage told;
        try
        {
            // Finished or cancelled meanwhile.
            if (_draft.Current is null)
                return;
            told = Attempt(
                null,
                EnrollAction.Add,
                () =>
                {
                    ReadOnlySpan<byte> file = _files.Of(pixels, shape, inspection, out string suffix);
                    _draft.Add(file, suffix, ReferenceSource.Trigger, inspection, $"the frame of inspection {inspection}");
                    return Say(null, EnrollAction.Add, EnrollState.Collecting);
                }
            );
        }
        finally
        {
            _step.Release();
        }

        Tell(told, null);
    }

    private async Task<EnrollProgressMessage> StepAsync(string? requestId, EnrollAction? action, byte[]? correlation, Func<Step> take)
    {
        Step step = default;
        // What goes on may take minutes; all else is done in a moment.
        if (_goesOn || !await _step.WaitAsync(Patience, _stop).ConfigureAwait(false))
        {
            EnrollProgressMessage busy = Refused(requestId, action, Code.Busy, "another step of an enrolment is under way at this station");
            Tell(busy, correlation);
            return busy;
        }

        try
        {
            // Off the caller's thread: pictures are decoded, and disks may be slow.
            EnrollProgressMessage told = await Task.Run(
                    () =>
                        Attempt(
                            requestId,
                            action,
                            () =>
                            {
                                step = take();
                                return step.Answer;
                            }
                        ),
                    CancellationToken.None
                )
                .ConfigureAwait(false);
            // Before it can be overtaken by how what goes on ends.
            Tell(told, correlation);
            return told;
        }
        finally
        {
            if (step.GoesOn is { } work)
                GoOn(requestId, action, correlation, work);
            else
                _step.Release();
        }
    }

    /// <summary>Whatever goes wrong is an answer.</summary>
    private EnrollProgressMessage Attempt(string? requestId, EnrollAction? action, Func<EnrollProgressMessage> step)
    {
        try
        {
            return step();
        }
        catch (Exception e)
            when (e
                    is EnrollmentException
                        or ReferenceException
                        or RecipeUnusableException
                        or ImageFormatException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            return Refused(requestId, action, CodeOf(e), e.Message);
        }
#pragma warning disable CA1031 // A mistake of ours must not leave the caller without an answer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EnrollmentLog.Unexpected(_links.Log, e, _station.Name);
            return Refused(requestId, action, Code.EnrollmentFailed, $"a mistake in the program: {e.GetType().Name}: {e.Message}");
        }
    }

    private EnrollProgressMessage Start(EnrollContent asked)
    {
        _draft.Start(asked.Recipe);
        WantNoMore();
        return Say(asked.RequestId, asked.Action, EnrollState.Collecting);
    }

    private EnrollProgressMessage AddInspection(EnrollContent asked)
    {
        _draft.AddInspection(asked.InspectionId!);
        return Say(asked.RequestId, asked.Action, EnrollState.Collecting);
    }

    private EnrollProgressMessage Cancel(EnrollContent asked)
    {
        string recipe = _draft.Required.Recipe;
        _draft.Cancel();
        WantNoMore();
        return Say(asked.RequestId, asked.Action, EnrollState.Cancelled) with { Recipe = recipe };
    }

    private void WantNoMore()
    {
        lock (_lock)
            _wanted = 0;
    }

    private EnrollProgressMessage AddFromTriggers(EnrollContent asked)
    {
        int room = ReferenceStore.MaxPictures - _draft.Required.Pictures.Count;
        lock (_lock)
        {
            if (_wanted + asked.Count > room)
                throw new EnrollmentException(
                    Code.UnusableReference,
                    $"{asked.Count} more pictures; the draft has room for {room - _wanted} of at most {ReferenceStore.MaxPictures}"
                );
            _wanted += asked.Count;
        }

        return Say(asked.RequestId, asked.Action, EnrollState.Collecting);
    }

    private Step Finish(EnrollContent asked, byte[]? correlation)
    {
        int pictures = _draft.Required.Pictures.Count,
            total = 2 * pictures;
        if (pictures == 0)
            throw new EnrollmentException(Code.EnrollmentFailed, "no picture was added; one at least is expected");
        WantNoMore();
        var ends = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        _finishing = ends;
        EnrollProgressMessage first = Say(asked.RequestId, asked.Action, EnrollState.Encoding) with { Done = 0, Total = total };
        return new Step(first, Finished);

        void Advance(EnrollState state, int done) =>
            Tell(first with { State = state, Done = done, Time = _links.Time.GetUtcNow() }, correlation);

        EnrollProgressMessage Finished()
        {
            try
            {
                (ReferenceSet set, IReadOnlyList<EnrollAdvice> advice) = _draft.MakeSet(
                    n => Advance(EnrollState.Encoding, n),
                    n => Advance(EnrollState.Comparing, pictures + n),
                    ends.Token
                );
                EnrollmentLog.Taught(_links.Log, _station.Name, set.Recipe, set.Number, pictures);
                return first with
                {
                    State = EnrollState.Ready,
                    Set = set.Number,
                    Done = total,
                    Advice = advice,
                    Time = _links.Time.GetUtcNow(),
                };
            }
            catch (OperationCanceledException)
            {
                return Say(asked.RequestId, asked.Action, EnrollState.Collecting);
            }
            catch (Exception e) when (e is NetworkException or ArgumentException or ImageFormatException or IgnoreMaskException)
            {
                throw new EnrollmentException(Code.EnrollmentFailed, ErrorText.Of(e), e);
            }
            finally
            {
                _finishing = null;
                ends.Dispose();
            }
        }
    }

    private Step Activate(EnrollContent asked)
    {
        string? taught =
            Progress is { State: EnrollState.Ready, Recipe: { } ready } && asked.Action == EnrollAction.Activate ? ready : null;
        ReferenceSet set = _activation.Begin(asked, asked.Recipe is { } named ? _draft.Catalogue().Usable(named).Name : taught);
        EnrollProgressMessage first = Say(asked.RequestId, asked.Action, EnrollState.Activating) with
        {
            Recipe = set.Recipe,
            Set = set.Number,
            Pictures = set.Pictures.Count,
            Done = 0,
            Total = 0,
            Advice = [],
        };
        return new Step(
            first,
            () =>
            {
                RecipeOutcome outcome = _activation.Finish(set);
                return first with
                {
                    State = outcome.Code == Code.None ? EnrollState.Active : EnrollState.Failed,
                    Code = outcome.Code,
                    ErrorText = outcome.Why,
                    Time = _links.Time.GetUtcNow(),
                };
            }
        );
    }

    /// <summary>Goes on after the answer, and gives the step back at its end.</summary>
    private void GoOn(string? requestId, EnrollAction? action, byte[]? correlation, Func<EnrollProgressMessage> work)
    {
        _goesOn = true;
        // On a thread of its own: it waits for turns of the networks.
        Task going = Task.Factory.StartNew(
            () =>
            {
                EnrollProgressMessage end = Attempt(requestId, action, work);
                if (end.State == EnrollState.Refused)
                    end = end with { State = EnrollState.Failed };
                // Whoever hears it may take the next step at once.
                _goesOn = false;
                Tell(end, correlation);
                _step.Release();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
        _work = going;
        _links.Networks.KeepFor(going);
    }

    private async Task EndFinishingAsync()
    {
        try
        {
            if (_finishing is { } finishing)
                await finishing.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It has just come to its end.
        }

        await _work.WaitAsync(_stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>How far it is now.</summary>
    private EnrollProgressMessage Say(string? requestId, EnrollAction? action, EnrollState state)
    {
        ReferenceDraft? draft = _draft.Current;
        int pictures = draft?.Pictures.Count ?? 0,
            wanted;
        lock (_lock)
            wanted = _wanted + _frames;
        return new(
            requestId,
            action,
            state,
            draft?.Recipe,
            null,
            pictures,
            pictures,
            pictures + wanted,
            _draft.Advice(),
            Code.None,
            null,
            _links.Time.GetUtcNow()
        );
    }

    private EnrollProgressMessage Refused(string? requestId, EnrollAction? action, Code code, string why) =>
        EnrollProgressMessage.ForRefused(requestId, action, code, why, _links.Time.GetUtcNow()) with
        {
            Recipe = _draft.Current?.Recipe,
            Pictures = _draft.Current?.Pictures.Count ?? 0,
        };

    private void Tell(EnrollProgressMessage progress, byte[]? correlation)
    {
        // A refusal changes nothing.
        if (progress.State != EnrollState.Refused)
        {
            lock (_lock)
                _last = progress;
        }

        _links.Tell(_station.Name, progress, correlation);
    }

    private static Code CodeOf(Exception e) =>
        e switch
        {
            EnrollmentException own => own.Code,
            RecipeUnusableException recipe => recipe.Code,
            IOException or UnauthorizedAccessException => Code.Storage,
            ImageFormatException => Code.UnusableReference,
            _ => Code.EnrollmentFailed,
        };

    /// <summary>A step that was taken.</summary>
    /// <param name="Answer">How far it is.</param>
    /// <param name="GoesOn">What of it goes on after the answer; null for nothing.</param>
    private readonly record struct Step(EnrollProgressMessage Answer, Func<EnrollProgressMessage>? GoesOn = null);
}
