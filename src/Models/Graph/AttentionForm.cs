namespace ClipFusion.Models.Graph;

/// <summary>How attention is written where no probability map is needed.</summary>
public enum AttentionForm
{
    /// <summary>
    /// ONNX Runtime's <c>com.microsoft.MultiHeadAttention</c>: fused (flash) kernels on its CPU and CUDA providers, logits and softmax in
    /// float32, no score matrix in memory.
    /// </summary>
    Fused,

    /// <summary>MatMul, Softmax, MatMul in standard operators, logits and softmax in float32: what TensorRT recognises and fuses itself.</summary>
    Decomposed,
}
