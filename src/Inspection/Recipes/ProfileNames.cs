namespace ClipFusion.Inspection.Recipes;

/// <summary>What the profiles are called wherever a name is read or written: recipes, verdicts, options, tables.</summary>
public static class ProfileNames
{
    private static readonly (string Name, Profile Value)[] Profiles =
    [
        ("clipfusion", Profile.ClipFusion),
        ("mapdiff", Profile.MapDiff),
        ("patchclip", Profile.PatchClip),
        ("backbone", Profile.Backbone),
    ];

    /// <summary>Every profile with its name, in the order in which they are written.</summary>
    public static IReadOnlyList<(string Name, Profile Value)> All => Profiles;

    /// <summary>A profile's name.</summary>
    public static string Of(Profile profile) => RecipeNames.Of(Profiles, profile);

    /// <summary>The profile of a name; null where no profile is called so.</summary>
    public static Profile? Find(string? name)
    {
        foreach ((string known, Profile profile) in All)
        {
            if (known == name)
                return profile;
        }

        return null;
    }
}
