using System.Collections.ObjectModel;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>A published method to compare with.</summary>
public enum Baseline
{
    /// <summary>WinCLIP (Jeong et al., 2023), on the pack's CLIP.</summary>
    WinClip,

    /// <summary>PatchCore (Roth et al., 2022), on the features of the pack's CLIP; not zero-shot.</summary>
    PatchCore,

    /// <summary>PaDiM (Defard et al., 2020), on the features of the pack's CLIP, and on those of its backbone or of a network of one's own;
    /// not zero-shot.</summary>
    Padim,

    /// <summary>CLIP-AC (WinCLIP's name for CLIP's class embedding against two texts), with three sets of texts; zero-shot, scores
    /// alone.</summary>
    ClipAc,

    /// <summary>MaskCLIP (Zhou et al., 2022), on the pack's CLIP; zero-shot.</summary>
    MaskClip,

    /// <summary>Trans-MM (Chefer et al., 2021), on the pack's CLIP, of the last block and of all; zero-shot.</summary>
    TransMm,

    /// <summary>PromptAD (Li et al., 2024), on the pack's CLIP, with prompts that were learned elsewhere; not zero-shot.</summary>
    PromptAd,

    /// <summary>IIPAD (Lv et al., 2025), on the pack's CLIP, with prompts and Q-Former outputs that were made elsewhere; not
    /// zero-shot.</summary>
    Iipad,
}

/// <summary>What the methods are called on the command line.</summary>
public static class BaselineNames
{
    /// <summary>Each with its name.</summary>
    public static ReadOnlyDictionary<string, Baseline> All { get; } =
        new(
            new Dictionary<string, Baseline>(StringComparer.OrdinalIgnoreCase)
            {
                ["winclip"] = Baseline.WinClip,
                ["patchcore"] = Baseline.PatchCore,
                ["padim"] = Baseline.Padim,
                ["clip-ac"] = Baseline.ClipAc,
                ["maskclip"] = Baseline.MaskClip,
                ["trans-mm"] = Baseline.TransMm,
                ["promptad"] = Baseline.PromptAd,
                ["iipad"] = Baseline.Iipad,
            }
        );
}
