using System.Buffers;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Domain;
using ClipFusion.EdgeDaemon.Runtime;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>What becomes of one station's judged frames: archive, heatmap, page. <see cref="Take"/> may be called from any thread,
/// <see cref="Work"/> from one.</summary>
/// <param name="config">The station's configuration, as it is now.</param>
/// <param name="archive">Its images.</param>
/// <param name="gallery">What the page shows.</param>
/// <param name="media">Where heatmaps go.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where failures are noted.</param>
internal sealed partial class StationPictures(
    Func<StationConfig> config,
    ImageArchive archive,
    StationGallery gallery,
    IHeatmapPublisher media,
    TimeProvider time,
    ILogger log
)
{
    private readonly KeptFrames _frames = new();
    private LastFrames? _last;
    private long _archived,
        _heatmaps,
        _shown,
        _failed,
        _busyTicks;
    private bool _isArchiveFailing,
        _isDrawingFailing;

    /// <summary>What became of the pictures so far.</summary>
    public PictureCounts Counts =>
        new(
            _frames.Waiting,
            _frames.Dropped,
            Interlocked.Read(ref _archived),
            Interlocked.Read(ref _heatmaps),
            Interlocked.Read(ref _shown),
            Interlocked.Read(ref _failed),
            new TimeSpan(Interlocked.Read(ref _busyTicks))
        );

    /// <summary>Keeps a copy of a frame.</summary>
    /// <param name="source">The frame, which stays the caller's, and its map, which does not.</param>
    /// <returns>Whether there is work to do.</returns>
    public bool Take(PictureSource source)
    {
        return _frames.Keep(source, UsesOf(source), time.GetTimestamp());
    }

    /// <summary>Makes the page's pictures of the last frames, if somebody looks now and nobody did when they came.</summary>
    public void ShowLast(PictureTools tools)
    {
        if (!gallery.IsWanted)
            return;
        _last?.Use(frame => Draw(frame, "page", () => gallery.Show(tools.Page.Of(frame)), ref _shown));
        gallery.Settle();
    }

    /// <summary>The frame that has waited longest, to be given to <see cref="Work"/>; null when none waits.</summary>
    public KeptFrame? Next() => _frames.Next();

    /// <summary>Makes the pictures of one frame and gives its memory back. Whatever goes wrong with them is counted and noted.</summary>
    public void Work(KeptFrame frame, PictureTools tools)
    {
        long began = time.GetTimestamp();
        if (frame.Uses.HasFlag(PictureUses.Archive))
            Archive(frame, tools);
        if (frame.Uses.HasFlag(PictureUses.Heatmap))
            Draw(frame, "heatmap", () => Publish(frame, tools), ref _heatmaps);
        if (gallery.IsWanted)
        {
            ShowLast(tools);
            Draw(frame, "page", () => gallery.Show(tools.Page.Of(frame)), ref _shown);
            _frames.Return(frame);
        }
        else
        {
            (_last ??= new LastFrames(_frames)).Keep(frame);
            gallery.Postpone();
        }

        Interlocked.Add(ref _busyTicks, time.GetElapsedTime(began).Ticks);
    }

    private PictureUses UsesOf(PictureSource source)
    {
        VerdictRecord verdict = source.Verdict;
        bool isHeatmapWanted =
            source.Map is not null
            && config().Heatmap.When switch
            {
                HeatmapWhen.Always => verdict.Verdict != Verdict.NotJudged,
                HeatmapWhen.OnNg => verdict.Verdict is Verdict.Ng or Verdict.Review,
                _ => false,
            };
        return (archive.Expect(verdict.Inspection, verdict.Verdict) == ImageOutcome.Stored ? PictureUses.Archive : PictureUses.None)
            | (isHeatmapWanted ? PictureUses.Heatmap : PictureUses.None)
            | PictureUses.Page;
    }

    private void Archive(KeptFrame frame, PictureTools tools)
    {
        string? why = null;
        Attempt(
            () =>
            {
                ReadOnlySpan<byte> file = tools.Frames.Of(frame, out string suffix);
                switch (archive.Store(frame.Verdict.Inspection, frame.Verdict.Verdict, file, suffix))
                {
                    case ImageOutcome.Stored:
                        Interlocked.Increment(ref _archived);
                        break;
                    case ImageOutcome.Failed:
                        why = archive.LastError ?? "the disk does not say why";
                        break;
                }
            },
            error => why = error.Message
        );
        if (why is null)
        {
            if (_isArchiveFailing)
                LogArchivedAgain(frame.Verdict.Inspection.Station);
            _isArchiveFailing = false;
            return;
        }

        Interlocked.Increment(ref _failed);
        // Once, not for every part of a night.
        if (!_isArchiveFailing)
            LogNotArchived(frame.Verdict.Inspection.Station, frame.Verdict.Inspection.Sequence, why);
        _isArchiveFailing = true;
    }

    private void Publish(KeptFrame frame, PictureTools tools)
    {
        (ReadOnlyMemory<byte> file, string contentType) = tools.Heatmaps.Of(frame, config().Heatmap.Format);
        IMemoryOwner<byte> memory = MemoryPool<byte>.Shared.Rent(file.Length);
        file.CopyTo(memory.Memory);
        media.TrySend(frame.Verdict.Inspection.Station, frame.Verdict.Inspection.Id, contentType, memory.Memory[..file.Length], memory);
    }

    private void Draw(KeptFrame frame, string what, Action draw, ref long count)
    {
        Exception? error = null;
        Attempt(draw, e => error = e);
        if (error is null)
        {
            Interlocked.Increment(ref count);
            _isDrawingFailing = false;
            return;
        }

        Interlocked.Increment(ref _failed);
        if (!_isDrawingFailing)
            LogNotDrawn(error, frame.Verdict.Inspection.Station, what, frame.Verdict.Inspection.Sequence);
        _isDrawingFailing = true;
    }

    private static void Attempt(Action work, Action<Exception> failed)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031 // A picture is worth less than a verdict: no mistake in making one may end the program.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failed(e);
        }
    }

    [OperatorAction("See why: disk full, rights, a disk that is gone. Images come back by themselves; those of the time between are lost.")]
    [LoggerMessage(
        7000,
        LogLevel.Error,
        "Station {Station}: the frame of sequence {Sequence} could not be archived, and perhaps others after it: {Why}. Verdicts are "
            + "not touched"
    )]
    private partial void LogNotArchived(string station, long sequence, string why);

    [OperatorAction("Nothing.")]
    [LoggerMessage(7001, LogLevel.Information, "Station {Station}: frames are archived again")]
    private partial void LogArchivedAgain(string station);

    [OperatorAction("Report it with the stack trace. Its picture is missing; its verdict is not touched.")]
    [LoggerMessage(
        7002,
        LogLevel.Error,
        "Station {Station}: the {What} picture of sequence {Sequence} could not be made, and perhaps others after it. Verdicts are not "
            + "touched"
    )]
    private partial void LogNotDrawn(Exception error, string station, string what, long sequence);
}
