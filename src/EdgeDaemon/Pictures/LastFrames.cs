using ClipFusion.EdgeDaemon.Domain;

namespace ClipFusion.EdgeDaemon.Pictures;

/// <summary>
/// A station's latest frame and latest NG, as long as nobody looks: copies, of which pictures are made when somebody does. So the page
/// always has both, and a box that nobody looks at spends a copy of memory. Two frames at most, beside those that wait. For one thread.
/// </summary>
/// <param name="frames">Where their memory comes from and goes back to.</param>
internal sealed class LastFrames(KeptFrames frames)
{
    private KeptFrame? _latest,
        _latestNg;

    /// <summary>Takes a frame over; what it takes the place of goes back.</summary>
    public void Keep(KeptFrame frame)
    {
        frames.Lend(frame);
        (KeptFrame? latest, KeptFrame? ng) = (_latest, _latestNg);
        _latest = frame;
        if (frame.Verdict.Verdict == Verdict.Ng)
            _latestNg = frame;
        if (latest is not null && latest != _latestNg)
            frames.TakeBack(latest);
        if (ng is not null && ng != _latestNg && ng != latest)
            frames.TakeBack(ng);
    }

    /// <summary>Hands the frames out, the older first, and forgets them.</summary>
    public void Use(Action<KeptFrame> use)
    {
        (KeptFrame? latest, KeptFrame? ng) = (_latest, _latestNg);
        (_latest, _latestNg) = (null, null);
        if (ng is not null && ng != latest)
        {
            use(ng);
            frames.TakeBack(ng);
        }

        if (latest is null)
            return;
        use(latest);
        frames.TakeBack(latest);
    }
}
