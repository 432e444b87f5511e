using System.Text;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>Draws reference pictures. The same seed draws the same pictures on every machine and with every version, so a published table
/// can be made again.</summary>
public static class ReferenceSampler
{
    /// <summary>Draws without putting back. Draws of one seed are nested: those of k are the first of those of k + 1, so more shots cost
    /// only the new pictures.</summary>
    /// <param name="available">How many pictures there are, in the order of their names.</param>
    /// <param name="k">How many are wanted, 0 to <paramref name="available"/>.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="category">The category's name: each has its own draw.</param>
    /// <returns>Their numbers, from 0, in the order drawn.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than k.</exception>
    public static int[] Draw(int available, int k, int seed, string category)
    {
        ArgumentNullException.ThrowIfNull(category);
        if (k < 0 || k > available)
            throw new ArgumentOutOfRangeException(
                nameof(k),
                k,
                $"{category} has {available} good pictures to draw from; 0 to {available} can be drawn."
            );
        ulong state = (ulong)(uint)seed;
        foreach (byte letter in Encoding.UTF8.GetBytes(category))
            state = (state ^ letter) * 0x100000001B3;

        int[] order = [.. Enumerable.Range(0, available)];
        for (int i = 0; i < k; i++)
        {
            // The remainder's bias is below available / 2^64.
            int other = i + (int)(SplitMix(ref state) % (ulong)(available - i));
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order[..k];
    }

    /// <summary>SplitMix64, written out because the framework's generators may change between versions.</summary>
    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
