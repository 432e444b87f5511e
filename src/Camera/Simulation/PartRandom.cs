namespace ClipFusion.Camera.Simulation;

/// <summary>A small random sequence (SplitMix64) whose numbers depend on its seeds only, on every machine and in every version of the
/// runtime.</summary>
internal struct PartRandom
{
    private ulong _state;

    public PartRandom(ulong seed, ulong part, ulong use) => _state = Mix(Mix(Mix(seed) ^ part) ^ use);

    public ulong Next() => Mix(_state += 0x9E3779B97F4A7C15);

    /// <summary>In [0, 1).</summary>
    public float Unit() => (Next() >> 40) * (1f / (1 << 24));

    /// <summary>In [low, high).</summary>
    public float Range(float low, float high) => low + (high - low) * Unit();

    /// <summary>In [-size, size).</summary>
    public float Around(float size) => Range(-size, size);

    /// <summary>In 0..count-1.</summary>
    public int Below(int count) => (int)(Next() >> 33) % count;

    /// <summary>Near normal with deviation 1: the sum of twelve uniform numbers.</summary>
    public float Gaussian()
    {
        float sum = -6;
        for (int i = 0; i < 12; i++)
            sum += Unit();
        return sum;
    }

    public static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
