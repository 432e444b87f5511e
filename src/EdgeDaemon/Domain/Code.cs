using System.ComponentModel;

namespace ClipFusion.EdgeDaemon.Domain;

/// <summary>
/// Why something was not judged or not accepted. Numbers have three digits and are never given to anything else; texts on the wire are the
/// names as <c>SCREAMING_SNAKE</c> for refusals and <c>snake_case</c> for reasons. <c>docs/codes.md</c> is made from this enum.
/// </summary>
public enum Code
{
    /// <summary>No reason: judged, or accepted.</summary>
    [Description("judged, or accepted")]
    None = 0,

    /// <summary>The device stopped or lost power between accepting and judging.</summary>
    [Description("the device stopped or lost power between accepting and judging")]
    Interrupted = 101,

    /// <summary>Nothing usable was there at the deadline.</summary>
    [Description("nothing usable was there at the deadline")]
    Deadline = 102,

    /// <summary>The camera gave no frame in time.</summary>
    [Description("the camera gave no frame in time")]
    NoFrame = 103,

    /// <summary>The frame is not complete.</summary>
    [Description("the frame is not complete")]
    PartialFrame = 104,

    /// <summary>The frame's size or format is not what the recipe expects.</summary>
    [Description("the frame's size or format is not what the recipe expects")]
    WrongFrame = 105,

    /// <summary>The frame is too dark.</summary>
    [Description("the frame is too dark")]
    TooDark = 106,

    /// <summary>The frame is too bright.</summary>
    [Description("the frame is too bright")]
    TooBright = 107,

    /// <summary>The frame is blurred.</summary>
    [Description("the frame is blurred")]
    Blurred = 108,

    /// <summary>A self-timed trigger came while the queue was full.</summary>
    [Description("a self-timed trigger came while the queue was full")]
    Overrun = 109,

    /// <summary>A self-timed trigger came while the station was not ready.</summary>
    [Description("a self-timed trigger came while the station was not ready")]
    NotReadyThen = 110,

    /// <summary>The disk or database could not take the inspection.</summary>
    [Description("the disk or database could not take the inspection")]
    StorageThen = 111,

    /// <summary>The recipe has no threshold for the profile and shot mode that judged.</summary>
    [Description("the recipe has no threshold for the profile and shot mode that judged")]
    NoThreshold = 112,

    /// <summary>A network failed or gave something that is not a number.</summary>
    [Description("a network failed or gave something that is not a number")]
    NetworkFailed = 113,

    /// <summary>The image can't be decoded.</summary>
    [Description("the image can't be decoded")]
    BadImage = 114,

    /// <summary>Refused: the station is not ready.</summary>
    [Description("the station is not ready")]
    NotReady = 201,

    /// <summary>Refused: the queue is full.</summary>
    [Description("the queue is full")]
    QueueFull = 202,

    /// <summary>Refused: it could not be stored.</summary>
    [Description("it could not be stored")]
    Storage = 203,

    /// <summary>Refused: the recipe named is not the active one.</summary>
    [Description("the recipe named is not the active one")]
    RecipeNotActive = 204,

    /// <summary>Refused: the payload can't be understood.</summary>
    [Description("the payload can't be understood")]
    Malformed = 205,

    /// <summary>Refused: the same trigger id came with other content.</summary>
    [Description("the same trigger id came with other content")]
    TriggerIdConflict = 206,

    /// <summary>Refused: a retained message is no command.</summary>
    [Description("a retained message is no command")]
    Retained = 207,

    /// <summary>Refused: triggers without id come too fast.</summary>
    [Description("triggers without id come too fast")]
    TooFast = 208,

    /// <summary>Refused: there is no such recipe.</summary>
    [Description("there is no such recipe")]
    UnknownRecipe = 209,

    /// <summary>Refused: another change is under way.</summary>
    [Description("another change is under way")]
    Busy = 210,

    /// <summary>Refused: this command is not on the allow-list.</summary>
    [Description("this command is not on the allow-list")]
    NotAllowed = 211,

    /// <summary>Failed: the recipe can't be made active.</summary>
    [Description("the recipe can't be made active")]
    RecipeFailed = 212,

    /// <summary>Failed: the recipe's profile is the backbone, which only compares, and it has no references.</summary>
    [Description("the recipe's profile is the backbone, which only compares, and it has no references")]
    NeedsReferences = 213,

    /// <summary>Refused: no references are being collected at this station.</summary>
    [Description("no references are being collected at this station")]
    NoEnrollment = 214,

    /// <summary>Failed: the references can't be enrolled.</summary>
    [Description("the references can't be enrolled")]
    EnrollmentFailed = 215,

    /// <summary>Refused: the picture can't be a reference.</summary>
    [Description("the picture can't be a reference")]
    UnusableReference = 216,
}
