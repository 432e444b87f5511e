using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection.Calibration;

/// <summary>Does something with a frame, which is borrowed.</summary>
public delegate void FrameUser(ImageView frame);

/// <summary>Opens the reference of that number and hands its frame on.</summary>
public delegate void ReferenceReader(int number, FrameUser use);

/// <summary>
/// What the references say of each other: each is judged against the banks without its own rows, and while there are few, so are copies of
/// it. One search a picture and bank; no bank is made anew.
/// </summary>
public sealed class LeftOutScores
{
    private readonly Profile _profile;

    private LeftOutScores(Profile profile, PartScores[] scores, double[] vision) => (_profile, Scores, Vision) = (profile, scores, vision);

    /// <summary>One a reference: the largest of the picture's and its copies' own.</summary>
    public IReadOnlyList<PartScores> Scores { get; }

    /// <summary>What the vision branches say of the pictures themselves, one a reference; none for a single reference.</summary>
    public IReadOnlyList<double> Vision { get; }

    /// <summary>Numbers of the references that look unlike the others; none where there are too few to tell.</summary>
    public IReadOnlyList<int> Odd => OddReferences.Find(Vision);

    /// <summary>Provisional thresholds for scores.</summary>
    public ProfileTable Thresholds => Table(s => s.Score);

    /// <summary>Provisional thresholds for the pixels of maps.</summary>
    public ProfileTable MapThresholds => Table(s => s.Peak);

    /// <summary>Judges the references.</summary>
    /// <param name="inspector">Enrolled with them, in this order.</param>
    /// <param name="count">How many there are, at least 1.</param>
    /// <param name="read">Opens one: its number, and what to do with its frame.</param>
    /// <param name="betweenRuns">Called between two runs of networks, so that something more urgent can go first; null for nothing.</param>
    /// <param name="judged">Told after each reference how many are judged; null for nobody.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="InvalidOperationException">The inspector has no banks.</exception>
    /// <exception cref="ArgumentException">Without one of them a bank is empty, a frame does not fit the recipe, or the banks are a coreset
    /// over all references, of which none can be left out.</exception>
    public static LeftOutScores Of(
        Inspector inspector,
        int count,
        ReferenceReader read,
        Action? betweenRuns = null,
        Action<int>? judged = null,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(inspector);
        ArgumentNullException.ThrowIfNull(read);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (inspector.Comparison.Banks is { CanLeaveOut: false })
            throw new ArgumentException("A coreset over all references can't be searched without one of them.", nameof(inspector));
        var scores = new PartScores[count];
        List<double> vision = [];
        FusionResult? held = null;
        for (int i = 0; i < count; i++)
        {
            // A single reference has nothing but itself to compare its copies with.
            int? excluded = count == 1 ? null : i;
            PartScores? most = null;
            RgbImage? copied = null;
            read(
                i,
                frame =>
                {
                    if (excluded is not null)
                    {
                        PartScores own = PartScores.Of(inspector, frame, excluded, ref held, betweenRuns, cancellation);
                        vision.Add(own.Full.Vision);
                        most = own;
                    }

                    if (count < ReferenceCopies.EnoughReferences)
                        copied = PixelConverter.ToRgb(
                            frame,
                            levels: GreyLevels.Of(frame.Format, inspector.Recipe.BlackLevel, inspector.Recipe.WhiteLevel)
                        );
                }
            );
            for (int copy = 0; copied is not null && copy < ReferenceCopies.Count; copy++)
            {
                RgbImage made = ReferenceCopies.Make(copied, copy, cancellation);
                PartScores own = PartScores.Of(inspector, made.View, excluded, ref held, betweenRuns, cancellation);
                most = most is { } before ? before.Max(own) : own;
            }

            scores[i] = most!.Value;
            judged?.Invoke(i + 1);
        }

        return new LeftOutScores(inspector.Recipe.Profile, scores, [.. vision]);
    }

    private ProfileTable Table(Func<ProfileScore, double> of)
    {
        ProfileTable table = ProfileTable.Empty.With(_profile, ProvisionalThreshold.Of([.. Scores.Select(s => of(s.Full))]), null);
        return Scores[0].Held is null
            ? table
            : table.With(Scores[0].HeldProfile, ProvisionalThreshold.Of([.. Scores.Select(s => of(s.Held!.Value))]), null);
    }
}
