using System.Runtime.CompilerServices;
using ClipFusion.Foundation;

namespace ClipFusion.Camera.Simulation;

/// <summary>What the sensor makes of the light: gain that differs over the frame, noise, and the pixel format.</summary>
internal sealed class Sensor
{
    private const int NoiseLength = 1 << 14;
    private readonly LineOptions _options;
    private readonly sbyte[] _noise = new sbyte[NoiseLength];

    public Sensor(LineOptions options)
    {
        _options = options;
        var random = new PartRandom(options.Seed, 0, use: 4);
        for (int i = 0; i < NoiseLength; i++)
            _noise[i] = (sbyte)Math.Clamp(MathF.Round(random.Gaussian() * options.SensorNoise), -127, 127);
    }

    public void Read(ReadOnlySpan<uint> pixels, PartPlan plan, Span<byte> bytes)
    {
        (int width, int height) = (_options.Width, _options.Height);
        int stride = bytes.Length / height;
        var random = new PartRandom(plan.NoiseSeed, 0, use: 5);
        int step = (int)(plan.Gain * plan.GradientX * 65536 / width);
        for (int y = 0; y < height; y++)
        {
            int gain = (int)(plan.Gain * (1 - plan.GradientX / 2 + plan.GradientY * ((float)y / height - 0.5f)) * 65536);
            ReadRow(pixels.Slice(y * width, width), bytes.Slice(y * stride, stride), y, gain, step, random.Below(NoiseLength));
        }
    }

    private void ReadRow(ReadOnlySpan<uint> pixels, Span<byte> bytes, int y, int gain, int step, int noise)
    {
        switch (_options.Format)
        {
            case PixelFormat.Mono8:
                for (int x = 0; x < pixels.Length; x++, gain += step)
                {
                    uint p = pixels[x];
                    bytes[x] = Level((77 * (p & 255) + 150 * ((p >> 8) & 255) + 29 * ((p >> 16) & 255)) >> 8, gain, noise + x);
                }
                break;
            case PixelFormat.BayerRG8:
                for (int x = 0; x < pixels.Length; x++, gain += step)
                    bytes[x] = Level((pixels[x] >> (8 * ((x & 1) + (y & 1)))) & 255, gain, noise + x);
                break;
            default:
                // Red first or blue first.
                int first = _options.Format == PixelFormat.RGB8 ? 0 : 16,
                    last = 16 - first;
                for (int x = 0, i = 0; x < pixels.Length; x++, gain += step, i += 3)
                {
                    uint p = pixels[x];
                    bytes[i + 2] = Level((p >> last) & 255, gain, noise + i + 2);
                    bytes[i + 1] = Level((p >> 8) & 255, gain, noise + i + 1);
                    bytes[i] = Level((p >> first) & 255, gain, noise + i);
                }
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte Level(uint light, int gain, int noise) =>
        (byte)Math.Clamp((int)(((long)light * gain) >> 16) + _noise[noise & (NoiseLength - 1)], 0, 255);
}
