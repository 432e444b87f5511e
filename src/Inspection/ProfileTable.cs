using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Inspection;

/// <summary>Whether an image was compared with references.</summary>
public enum ShotMode
{
    /// <summary>With references: vision and language branches.</summary>
    FewShot,

    /// <summary>Without: language branches only.</summary>
    ZeroShot,
}

/// <summary>
/// One optional number per profile and shot mode. Scores of different profiles or shot modes are on different scales, so a number for one
/// of them says nothing about another and there is no default that all share. Immutable, compared by value.
/// </summary>
public sealed record ProfileTable
{
    /// <summary>A table without numbers.</summary>
    public static ProfileTable Empty { get; } = new();

    private readonly (double? FewShot, double? ZeroShot) _clipFusion;
    private readonly (double? FewShot, double? ZeroShot) _mapDiff;
    private readonly (double? FewShot, double? ZeroShot) _patchClip;
    private readonly (double? FewShot, double? ZeroShot) _backbone;

    /// <summary>The number, or null where there is none.</summary>
    public double? this[Profile profile, ShotMode shots]
    {
        get
        {
            (double? fewShot, double? zeroShot) = profile switch
            {
                Profile.MapDiff => _mapDiff,
                Profile.PatchClip => _patchClip,
                Profile.Backbone => _backbone,
                _ => _clipFusion,
            };
            return shots == ShotMode.FewShot ? fewShot : zeroShot;
        }
    }

    /// <summary>The table with the numbers of one profile.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="fewShot">Its number with references; null for none.</param>
    /// <param name="zeroShot">Its number without; null for none.</param>
    public ProfileTable With(Profile profile, double? fewShot, double? zeroShot) => new(this, profile, (fewShot, zeroShot));

    private ProfileTable() { }

    private ProfileTable(ProfileTable other, Profile profile, (double? FewShot, double? ZeroShot) numbers)
    {
        (_clipFusion, _mapDiff, _patchClip, _backbone) = (other._clipFusion, other._mapDiff, other._patchClip, other._backbone);
        if (profile == Profile.MapDiff)
            _mapDiff = numbers;
        else if (profile == Profile.PatchClip)
            _patchClip = numbers;
        else if (profile == Profile.Backbone)
            _backbone = numbers;
        else
            _clipFusion = numbers;
    }
}
