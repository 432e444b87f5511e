namespace ClipFusion.OnnxInference.Sessions;

/// <summary>Elements in the memory of what ran a graph.</summary>
/// <param name="Pointer">The first element: an address of the GPU when a GPU ran the graph, of the host otherwise. Owned by the run's
/// outputs.</param>
/// <param name="Shape">Lengths, outermost first; row-major and without gaps.</param>
internal readonly record struct DeviceTensor(nint Pointer, long[] Shape);
