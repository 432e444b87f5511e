using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>How pictures come to a network of one's own.</summary>
internal static class BackbonePixels
{
    /// <summary>A frame as RGB, deep grey ones by the recipe's levels.</summary>
    public static RgbImage Rgb(ImageView frame, Recipe recipe) =>
        PixelConverter.ToRgb(frame, levels: GreyLevels.Of(frame.Format, recipe.BlackLevel, recipe.WhiteLevel));

    /// <summary>A picture squeezed to S x S by Pillow's bicubic filter.</summary>
    /// <returns>[S S, 3].</returns>
    public static byte[] Squeezed(ImageView frame, int size, Recipe recipe, PillowResampler resampler)
    {
        byte[] rgb = new byte[3 * size * size];
        resampler.Resize(Rgb(frame, recipe).View, size, size, ResampleFilter.Bicubic, rgb);
        return rgb;
    }

    /// <summary>(u8 / 255 - mean) / deviation per channel.</summary>
    /// <param name="rgb">[plane, 3].</param>
    /// <param name="plane">Pixels.</param>
    /// <param name="options">Mean, deviation and order of channels.</param>
    /// <returns>[3, plane].</returns>
    public static float[] Normalized(byte[] rgb, int plane, BackboneOptions options)
    {
        float[] pixels = new float[3 * plane];
        for (int channel = 0; channel < 3; channel++)
        {
            (float mean, float deviation) = (options.Mean[channel], options.Deviation[channel]);
            for (int i = 0; i < plane; i++)
                pixels[((options.IsBgr ? 2 - channel : channel) * plane) + i] = ((rgb[(3 * i) + channel] / 255f) - mean) / deviation;
        }

        return pixels;
    }
}
