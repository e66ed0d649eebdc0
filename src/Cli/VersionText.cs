using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>What --version prints. Engines read the first three lines; podman's users look for the plus words of the
/// last.</summary>
static class VersionText
{
    /// <summary>Only what this build has.</summary>
    const string Features = "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF";

    public static string Get() =>
        $"{Program.Name} version {BuildInfo.Version}\n" +
        $"commit: {BuildInfo.Commit}\n" +
        $"spec: {SpecVersion.Current}\n" +
        $"{Features}\n";
}
