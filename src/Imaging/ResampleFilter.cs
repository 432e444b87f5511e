namespace ClipFusion.Imaging;

/// <summary>Pillow's interpolation kernels, widened by the scale when shrinking.</summary>
public enum ResampleFilter
{
    /// <summary>Triangle, support 1.</summary>
    Bilinear,

    /// <summary>Cubic convolution with a = -0.5, support 2.</summary>
    Bicubic,
}

/// <summary>How a frame becomes a square.</summary>
public enum CropMode
{
    /// <summary>Both sides are scaled to the size on their own: the map covers the whole frame.</summary>
    Squash,

    /// <summary>The shorter side is scaled to the size and the middle of the longer side is kept (torchvision's Resize and CenterCrop). For
    /// evaluation.</summary>
    Centre,
}
