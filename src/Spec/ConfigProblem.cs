namespace OciRun.Spec;

/// <summary>Something wrong with a config, at a config path such as <c>mounts[3].destination</c>.</summary>
/// <param name="Path">Config path; empty for the document as a whole.</param>
/// <param name="Message">What is wrong, in lower case, without the path.</param>
/// <param name="IsWarning">True when the container can be made all the same.</param>
public readonly record struct ConfigProblem(string Path, string Message, bool IsWarning = false)
{
    public override string ToString() => Path.Length == 0 ? Message : Path + ": " + Message;
}
