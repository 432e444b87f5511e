using System.Globalization;
using ClipFusion.Foundation.Json;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection.Recipes;

/// <summary>What a recipe comes to on a pack: what it leaves open is the pack's, and what the pack can't give is an error at its
/// place.</summary>
public static class PackRecipe
{
    /// <summary>The recipe with its branches, its profile and its weights settled.</summary>
    /// <param name="recipe">The recipe; one that is settled already stays as it is.</param>
    /// <param name="pack">The pack that it is to run on.</param>
    /// <exception cref="PackRecipeException">It asks for what the pack does not have.</exception>
    public static Recipe Settle(Recipe recipe, PackManifest pack)
    {
        IReadOnlyList<FieldError> errors = Errors(recipe, pack);
        return errors.Count == 0 ? Settled(recipe, pack) : throw new PackRecipeException(pack.Name, errors);
    }

    /// <summary>As <see cref="Settle"/>; null where the recipe asks for what the pack does not have.</summary>
    public static Recipe? TrySettle(Recipe recipe, PackManifest pack) => Errors(recipe, pack).Count == 0 ? Settled(recipe, pack) : null;

    /// <summary>Everything that the recipe asks for and the pack does not have; empty for nothing.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="pack">The pack that it is to run on.</param>
    public static IReadOnlyList<FieldError> Errors(Recipe recipe, PackManifest pack)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(pack);
        var errors = new FieldErrors();
        Branches has = BranchesOf(pack);
        foreach ((string name, Branches branch) in RecipeNames.Branch)
        {
            if (recipe.ListedBranches is { } listed && (listed & branch & ~has) != 0)
                errors.Add("$.branches", $"\"{name}\", which pack '{pack.Name}' does not have", $"branches of {Names(has)}");
        }

        if (recipe.NamedProfile is { } profile && !Profiles(has).Contains(profile))
            errors.Add(
                "$.profile",
                $"\"{ProfileNames.Of(profile)}\", which pack '{pack.Name}' can't give",
                $"one of {string.Join(", ", Profiles(has).Select(p => $"\"{ProfileNames.Of(p)}\""))}"
            );
        if (recipe.Fallback != FallbackChoice.OfPack && HeldOn(recipe, pack) is { } held && !Profiles(has).Contains(held))
            errors.Add(
                "$.fallbackProfile",
                $"\"{ProfileNames.Of(held)}\", which pack '{pack.Name}' can't give",
                "a profile that it can, or null for no held result"
            );
        if (errors.List.Count == 0)
            Weighed(Settled(recipe, pack), errors);
        return errors.List;
    }

    /// <summary>The branches that a pack has.</summary>
    /// <param name="pack">The pack.</param>
    public static Branches BranchesOf(PackManifest pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        return (pack.Clip is null ? Branches.None : Branches.Clip)
            | (pack.Diffusion is null ? Branches.None : Branches.Diff)
            | (pack.Backbone is null ? Branches.None : Branches.BackboneVision);
    }

    /// <summary>The profile whose result is held for a deadline on a pack; null for nobody's.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="pack">The pack that it runs on.</param>
    public static Profile? HeldOn(Recipe recipe, PackManifest pack)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(pack);
        return recipe.Fallback switch
        {
            FallbackChoice.PatchClip => Profile.PatchClip,
            FallbackChoice.Backbone => Profile.Backbone,
            FallbackChoice.OfPack => pack.Clip is null ? Profile.Backbone : Profile.PatchClip,
            _ => null,
        };
    }

    private static Recipe Settled(Recipe recipe, PackManifest pack)
    {
        Branches has = BranchesOf(pack);
        return recipe with
        {
            ListedBranches = recipe.ListedBranches ?? has,
            NamedProfile = recipe.NamedProfile ?? Profiles(has)[0],
            NamedAlphaSegmentation = recipe.NamedAlphaSegmentation ?? pack.MethodDefaults.AlphaSegmentation,
            NamedAlphaClassification = recipe.NamedAlphaClassification ?? pack.MethodDefaults.AlphaClassification,
            BackboneWeight = recipe.BackboneWeight ?? pack.Backbone?.Weight,
        };
    }

    /// <summary>A backbone that adds nothing can't be all that judges.</summary>
    private static void Weighed(Recipe settled, FieldErrors errors)
    {
        if (settled.UsedBranches == Branches.None)
            errors.Add(
                "$.branches",
                "no branch that the profile uses",
                $"branches of {Names(Recipe.OfProfile(settled.Profile))} for the profile {ProfileNames.Of(settled.Profile)}"
            );
        else if (settled is { UsedBranches: Branches.BackboneVision, Profile: not Profile.Backbone, BackboneWeight: null or 0 })
            errors.Add(
                "$.backboneWeight",
                string.Create(CultureInfo.InvariantCulture, $"{settled.BackboneWeight} with no branch but backboneVision"),
                "a weight above 0, or the profile backbone"
            );
    }

    /// <summary>The profiles that branches allow, the fullest first.</summary>
    private static List<Profile> Profiles(Branches has)
    {
        bool clip = (has & Branches.Clip) != 0,
            diffusion = (has & Branches.Diff) != 0;
        List<Profile> profiles = [];
        if (clip && diffusion)
            profiles.Add(Profile.ClipFusion);
        if (clip)
            profiles.Add(Profile.PatchClip);
        if (diffusion)
            profiles.Add(Profile.MapDiff);
        if (has.HasFlag(Branches.BackboneVision))
            profiles.Add(Profile.Backbone);
        return profiles;
    }

    private static string Names(Branches branches) =>
        string.Join(", ", RecipeNames.Branch.Where(b => branches.HasFlag(b.Value)).Select(b => b.Name));
}

/// <summary>A recipe asks for what a pack does not have.</summary>
public sealed class PackRecipeException : ArgumentException
{
    /// <summary>Makes the exception; the message has every error.</summary>
    /// <param name="pack">The pack's name.</param>
    /// <param name="errors">At least one error.</param>
    public PackRecipeException(string pack, IReadOnlyList<FieldError> errors)
        : base($"it does not fit pack '{pack}': {string.Join("; ", errors)}") => Errors = errors;

    /// <summary>Everything that the pack does not have.</summary>
    public IReadOnlyList<FieldError> Errors { get; }
}
