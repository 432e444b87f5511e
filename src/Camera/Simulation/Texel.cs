using System.Numerics;
using System.Runtime.CompilerServices;

namespace ClipFusion.Camera.Simulation;

/// <summary>Arithmetic on a pixel packed as red | green &lt;&lt; 8 | blue &lt;&lt; 16 | alpha &lt;&lt; 24.</summary>
internal static class Texel
{
    private const ulong Even = 0x00FF00FF00FF00FF;

    /// <summary>From channels in 0..255, clamped; alpha is opaque.</summary>
    public static uint Pack(Vector3 rgb) => Channel(rgb.X) | Channel(rgb.Y) << 8 | Channel(rgb.Z) << 16 | 0xFF000000;

    public static Vector3 Unpack(uint texel) => new(texel & 255, (texel >> 8) & 255, (texel >> 16) & 255);

    /// <summary>Mixes all four channels; <paramref name="t"/> is 0 (all <paramref name="a"/>) to 256 (all <paramref name="b"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Lerp(uint a, uint b, uint t) => Narrow((Widen(a) * (256 - t) + Widen(b) * t) >> 8);

    /// <summary>Mixes the four corners of a cell; <paramref name="fx"/> and <paramref name="fy"/> are 0..255 of 256.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Bilinear(uint a, uint b, uint c, uint d, uint fx, uint fy)
    {
        ulong top = ((Widen(a) * (256 - fx) + Widen(b) * fx) >> 8) & Even;
        ulong bottom = ((Widen(c) * (256 - fx) + Widen(d) * fx) >> 8) & Even;
        return Narrow((top * (256 - fy) + bottom * fy) >> 8);
    }

    /// <summary>One byte in each 16 bits, so that a multiplication by up to 256 does not spill over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Widen(uint texel) => (texel & 0x00FF00FFu) | (ulong)(texel & 0xFF00FF00u) << 24;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Narrow(ulong wide) => (uint)(wide & 0x00FF00FF) | (uint)(wide >> 24) & 0xFF00FF00;

    private static uint Channel(float value) => (uint)Math.Clamp(value + 0.5f, 0, 255);
}
