using System.Globalization;

namespace ClipFusion.Inspection.Calibration;

/// <summary>What may be wrong with a reference picture. None of it is refused: the technician decides.</summary>
public enum ReferenceRemark
{
    /// <summary>The recipe's own checks would refuse to judge such a frame.</summary>
    WouldNotBeJudged,

    /// <summary>It does not have the size of the others.</summary>
    OtherSize,

    /// <summary>It is less sharp than the others.</summary>
    Blurred,

    /// <summary>It is darker than the others.</summary>
    Darker,

    /// <summary>It is brighter than the others.</summary>
    Brighter,

    /// <summary>Much of it is at full scale.</summary>
    Clipped,

    /// <summary>It shows almost the same as another.</summary>
    NearDuplicate,

    /// <summary>It differs from all others more than they differ from each other: the part may be bad.</summary>
    OddOneOut,

    /// <summary>There are too few references to tell whether one of them is odd.</summary>
    TooFewToCompare,
}

/// <summary>Something that a technician should know of the references.</summary>
/// <param name="Remark">What.</param>
/// <param name="Picture">Which picture, from 1; null for all of them.</param>
/// <param name="Text">The same in plain words, and what to do.</param>
public sealed record ReferenceAdvice(ReferenceRemark Remark, int? Picture, string Text)
{
    // Measured on good parts of all ten simulated materials at 640 x 480: they are 3 levels apart and more, noise and light of the same
    // part 0.6; their sharpness is 0.77 of the others' and more, and at most 0.34 when they are blurred by one pixel of a network's.
    private const double SameBelow = 1.5;
    private const double LeastSharpness = 0.65,
        LeastBrightness = 0.85,
        MostBrightness = 1.15,
        MostClipped = 0.05;

    /// <summary>What can be said of pictures before a network has seen them.</summary>
    /// <param name="looks">All pictures, in their order.</param>
    public static IReadOnlyList<ReferenceAdvice> Of(IReadOnlyList<ReferenceLook> looks)
    {
        ArgumentNullException.ThrowIfNull(looks);
        var advice = new List<ReferenceAdvice>();
        for (int i = 0; i < looks.Count; i++)
            Look(looks, i, advice);
        return advice;
    }

    /// <summary>What the references' left-out scores say.</summary>
    /// <param name="scores">Of all pictures, in their order.</param>
    public static IReadOnlyList<ReferenceAdvice> Of(LeftOutScores scores)
    {
        ArgumentNullException.ThrowIfNull(scores);
        int count = scores.Scores.Count;
        return OddReferences.CanTell(count)
            ?
            [
                .. scores.Odd.Select(i => new ReferenceAdvice(
                    ReferenceRemark.OddOneOut,
                    i + 1,
                    $"picture {i + 1} is the odd one out: it differs from the other {count - 1} more than they do from each other. Is this "
                        + "part really good? Remove it if not"
                )),
            ]
            :
            [
                new ReferenceAdvice(
                    ReferenceRemark.TooFewToCompare,
                    null,
                    $"with {count} {(count == 1 ? "picture" : "pictures")} a bad part among them can't be told; "
                        + $"{OddReferences.LeastReferences} or more can watch each other"
                ),
            ];
    }

    private static void Look(IReadOnlyList<ReferenceLook> looks, int i, List<ReferenceAdvice> advice)
    {
        ReferenceLook look = looks[i];
        ReferenceLook[] others = [.. looks.Where((_, j) => j != i)];
        if (look.Fault != ImageFault.None)
            Say(
                ReferenceRemark.WouldNotBeJudged,
                $"would not be judged ({Word(look.Fault)}): the recipe's image checks refuse it. Take it again"
            );
        if (look.Measures.Clipped > MostClipped)
            Say(
                ReferenceRemark.Clipped,
                $"is overexposed: {Percent(look.Measures.Clipped)} of its pixels are at full scale. Shorten the exposure and take it again"
            );
        for (int j = 0; j < i; j++)
        {
            if (look.DifferenceTo(looks[j]) >= SameBelow)
                continue;
            Say(ReferenceRemark.NearDuplicate, $"shows almost the same as picture {j + 1}: it teaches nothing new. Take another part");
            break;
        }

        if (others.Length == 0)
            return;
        if (others.All(o => (o.FrameWidth, o.FrameHeight) != (look.FrameWidth, look.FrameHeight)))
            Say(
                ReferenceRemark.OtherSize,
                $"has {look.FrameWidth}x{look.FrameHeight} pixels, the others {others[0].FrameWidth}x{others[0].FrameHeight}. Take all "
                    + "with the same camera settings"
            );
        double sharpness = Ratio(look.Sharpness, others, o => o.Sharpness),
            brightness = Ratio(look.Measures.Brightness, others, o => o.Measures.Brightness);
        if (sharpness < LeastSharpness)
            Say(
                ReferenceRemark.Blurred,
                $"is blurred: its sharpness is {Percent(sharpness)} of the others'. Check the focus and take it again"
            );
        if (brightness < LeastBrightness)
            Say(
                ReferenceRemark.Darker,
                $"is darker: its brightness is {Percent(brightness)} of the others'. Check the light and take it again"
            );
        if (brightness > MostBrightness)
            Say(
                ReferenceRemark.Brighter,
                $"is brighter: its brightness is {Percent(brightness)} of the others'. Check the light and take it again"
            );

        void Say(ReferenceRemark remark, string what) => advice.Add(new ReferenceAdvice(remark, i + 1, $"picture {i + 1} {what}"));
    }

    private static double Ratio(double own, ReferenceLook[] others, Func<ReferenceLook, double> of)
    {
        double usual = RobustSpread.Median([.. others.Select(of)]);
        return usual > 0 ? own / usual : 1;
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0} %");

    private static string Word(ImageFault fault) =>
        fault switch
        {
            ImageFault.WrongSize => "wrong size",
            ImageFault.TooDark => "too dark",
            ImageFault.TooBright => "too bright",
            _ => "blurred",
        };
}
