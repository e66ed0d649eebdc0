namespace OciRun.Planning.Check;

/// <summary>How bad a finding is. Only an error would stop a container.</summary>
public enum Severity
{
    Ok,
    Note,
    Warning,
    Error,
}

/// <summary>One line of a check.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Path">Config path, or the feature of the host that it is about.</param>
/// <param name="Message">What was found.</param>
/// <param name="Advice">What to do about it; empty if nothing needs doing or nothing useful can be said.</param>
public sealed record Finding(Severity Severity, string Path, string Message, string Advice = "");
