using System.Security.Cryptography;
using ClipFusion.EdgeDaemon.Diagnostics;
using ClipFusion.EdgeDaemon.Inspections;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Networks;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>
/// A recipe with its words encoded and its references enrolled, as it was when it was set. Inspections that were accepted under it keep it alive
/// after another has taken its place; it is freed when the last of them is done.
/// </summary>
internal sealed class ActiveRecipe
{
    private readonly Lock _lock = new();
    private int _uses = 1;

    private ActiveRecipe(StationRecipe recipe, RecipeStamp stamp, Inspector inspector, IgnoreMask? ignore, string packHash, NormalReach reach) =>
        (Recipe, Stamp, Inspector, Ignore, PackHash, Levels) = (recipe, stamp, inspector, ignore, packHash, new NormalLevels(reach, recipe.Method.Profile));

    public StationRecipe Recipe { get; }

    public RecipeStamp Stamp { get; }

    public Inspector Inspector { get; }

    /// <summary>What of the frames is not judged, in their pixels: only frames of its size can be judged. Null for nothing.</summary>
    public IgnoreMask? Ignore { get; }

    /// <summary>What good parts' maps reach, for the colours of pictures.</summary>
    public NormalLevels Levels { get; }

    /// <summary>Names the model pack in verdicts.</summary>
    public string PackHash { get; }

    /// <summary>
    /// Loads references, makes banks and runs every network once, so that the first inspection is as fast as the next. Blocks; the networks are used in
    /// turns below every due inspection.
    /// </summary>
    /// <exception cref="RecipeUnusableException">A file is missing or can't be decoded, or the recipe does not fit the pack.</exception>
    public static ActiveRecipe Load(OpenPack pack, RecipeCatalogue catalogue, StationRecipe recipe, int parallelism, FairTurn turns, CancellationToken cancellation)
    {
        if (RecipeCheck.Unusable(recipe) is { } why) throw new RecipeUnusableException($"recipe '{recipe.Name}': {why}");
        try
        {
            string[] references = [.. recipe.References.Select(r => Path.Combine(catalogue.Folder, r))];
            var stamp = new RecipeStamp(recipe.Number, recipe.Name, catalogue.Revision(recipe, cancellation), references.Length == 0 ? null : Version(references));
            IgnoreMask? ignore = IgnoreMasks.Of(recipe, catalogue.Folder);
            // Not in a turn: an engine may have to be built first, and inspections of other stations go on meanwhile.
            pack.Pack.EnsureOpen(Inspector.GraphsOf(recipe.Method, references.Length > 0));
            Inspector inspector;
            using (new BackgroundTurn(turns, cancellation)) inspector = Inspector.Create(pack.Pack, recipe.Method, ignore, parallelism, cancellation);
            try
            {
                if (references.Length > 0) Enroll(inspector);
                (int width, int height) = ignore is null ? (64, 64) : (ignore.Width, ignore.Height);
                byte[] grey = new byte[width * height];
                using (new BackgroundTurn(turns, cancellation))
                {
                    if (recipe.Method.Region is null || recipe.Method.Region.Value.IsInside(width, height)) inspector.Inspect(new ImageView(grey, width, height, width, PixelFormat.Mono8), cancellation: cancellation);
                }

                NormalReach reach = NormalReach.Of(inspector, references.Length, UseReference, ignore, cancellation);
                return new ActiveRecipe(recipe, stamp, inspector, ignore, pack.Hash, reach);

                // One turn for each, so that a due inspection waits for one at most.
                void UseReference(int index, FrameAction use)
                {
                    DecodedImage reference = ImageCodec.DecodeStored(references[index]);
                    using (new BackgroundTurn(turns, cancellation)) use(reference.View);
                }
            }
            catch
            {
                inspector.Dispose();
                throw;
            }

            void Enroll(Inspector into)
            {
                BackgroundTurn? turn = null;
                into.Enroll(references.Length, UseReference, betweenCalls: () => turn!.LetOthersGoFirst(), cancellation: cancellation);

                void UseReference(int index, FrameAction use)
                {
                    DecodedImage reference = ImageCodec.DecodeStored(references[index]);
                    using (turn = new BackgroundTurn(turns, cancellation)) use(reference.View);
                }
            }
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException or ImageFormatException or NetworkException or IgnoreMaskException)
        {
            throw new RecipeUnusableException($"recipe '{recipe.Name}': {ErrorText.Of(e)}", e);
        }
    }

    /// <summary>Keeps it alive until <see cref="Release"/>.</summary>
    /// <returns>Whether it was still there.</returns>
    public bool TryKeep()
    {
        lock (_lock)
        {
            if (_uses == 0) return false;
            _uses++;
            return true;
        }
    }

    /// <summary>Gives up one use; who loaded it has the first.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (--_uses > 0) return;
        }

        Inspector.Dispose();
    }

    private static string Version(string[] files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string file in files) hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }
}

/// <summary>A recipe can't be made active. The message names the recipe and what is wrong.</summary>
internal sealed class RecipeUnusableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether there is no such recipe at all.</summary>
    public bool IsUnknown { get; init; }
}
