namespace ClipFusion.Models.Graph;

/// <summary>Which runtime a graph is written for, where the same computation has a form that suits one of them.</summary>
public enum GraphTarget
{
    /// <summary>
    /// ONNX Runtime's own CPU and CUDA providers. Attention without a map is <c>com.microsoft.MultiHeadAttention</c>: fused kernels, logits
    /// and softmax in float32, no score matrix in memory. Group normalisation is written out with sums in stages, because the CPU's
    /// single running sum loses three digits over a large flat area.
    /// </summary>
    OnnxRuntime,

    /// <summary>
    /// TensorRT: standard operators that it recognises and fuses itself, which are MatMul, Softmax, MatMul with logits in float32 for
    /// attention and InstanceNormalization for group normalisation.
    /// </summary>
    TensorRt,
}
