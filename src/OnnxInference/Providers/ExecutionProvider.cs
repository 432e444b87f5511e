namespace ClipFusion.OnnxInference.Providers;

/// <summary>What runs a network.</summary>
public enum ExecutionProvider
{
    /// <summary>The processor: the reference that the others are compared with.</summary>
    Cpu,

    /// <summary>CUDA kernels of ONNX Runtime, cuBLAS and cuDNN.</summary>
    Cuda,

    /// <summary>An engine that TensorRT built for this GPU.</summary>
    TensorRt,
}

/// <summary>What a person asks for.</summary>
public enum ProviderChoice
{
    /// <summary>The best that is there and passes the parity gate: TensorRT, CUDA, CPU.</summary>
    Auto,

    /// <summary>TensorRT or nothing.</summary>
    TensorRt,

    /// <summary>CUDA or nothing.</summary>
    Cuda,

    /// <summary>The CPU.</summary>
    Cpu,
}

/// <summary>The networks as people choose providers for them.</summary>
public enum NetworkPart
{
    /// <summary>CLIP's image tower.</summary>
    ImageTower,

    /// <summary>CLIP's and Stable Diffusion's text towers.</summary>
    TextTowers,

    /// <summary>The VAE encoder.</summary>
    Vae,

    /// <summary>The UNet, with features and for zero-shot.</summary>
    Unet,
}
