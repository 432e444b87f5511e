namespace ClipFusion.Camera.Simulation;

/// <summary>What the simulated line makes. The first six are sheet goods that fill the frame; the others are objects on a belt.</summary>
public enum Material
{
    /// <summary>Rolled steel sheet, brushed along the line.</summary>
    BrushedMetal,

    /// <summary>A planed board.</summary>
    WoodGrain,

    /// <summary>Twill.</summary>
    WovenFabric,

    /// <summary>Grained hide.</summary>
    Leather,

    /// <summary>Polished stone chips in cement.</summary>
    Terrazzo,

    /// <summary>Glazed wall tiles with joints.</summary>
    CeramicTile,

    /// <summary>A cast flange with six bolts.</summary>
    CastMetal,

    /// <summary>An assembled circuit board.</summary>
    CircuitBoard,

    /// <summary>A label with text blocks, a logo and a bar code.</summary>
    PrintedLabel,

    /// <summary>A foil blister with ten tablets.</summary>
    BlisterPack,
}

/// <summary>What can be wrong with a part.</summary>
public enum DefectKind
{
    /// <summary>A thin, long, bright line.</summary>
    Scratch,

    /// <summary>A dark, round-ish gap with a lit rim.</summary>
    Hole,

    /// <summary>A tinted, soft patch.</summary>
    Stain,

    /// <summary>A jagged, dark line with branches.</summary>
    Crack,

    /// <summary>A curled fibre lying on the surface.</summary>
    Fibre,

    /// <summary>Something that belongs to the object isn't there; objects only.</summary>
    MissingPart,

    /// <summary>A part of the object sits beside its place, turned; on sheet goods a patch of the surface is turned.</summary>
    MisplacedPart,
}
