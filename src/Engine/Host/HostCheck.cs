using System.Collections.Generic;
using System.IO;
using OciRun.Kernel;
using OciRun.Planning.Check;
using OciRun.Spec;
using OciRun.Syscalls;
using static OciRun.Kernel.Mode;
using static OciRun.Kernel.StatMode;

namespace OciRun.Engine.Host;

/// <summary>The command <c>check</c>: a bundle against the specification and this host, or the host alone. It changes
/// nothing.</summary>
public static class HostCheck
{
    /// <summary>What this host offers, and what is missing for which feature.</summary>
    public static CheckReport Host() => new(HostFindings.Find(HostProbe.Survey()));

    /// <summary>What keeps this host from running a bundle.</summary>
    /// <param name="globals">The cgroup driver decides what linux.cgroupsPath may be.</param>
    /// <param name="bundle">Absolute path.</param>
    /// <param name="configFile">Name of the config inside the bundle.</param>
    /// <exception cref="RuntimeException">The config cannot be read.</exception>
    public static CheckReport Bundle(GlobalOptions globals, string bundle, string configFile = "config.json")
    {
        byte[] config = Preflight.ReadFile(Path.Combine(bundle, configFile));
        HostSurvey host = HostProbe.Survey();
        var problems = new List<ConfigProblem>();
        RuntimeSpec? spec = ConfigCheck.Run(config, host, globals.CgroupManager, problems);
        BundleSurvey survey = spec is null ? new BundleSurvey() : Survey(spec, bundle);
        return new CheckReport(BundleFindings.Find(spec, problems, host, survey));
    }

    /// <summary>What is wrong with a bundle by the specification, on whatever host and with whatever runtime.</summary>
    /// <param name="bundle">Absolute path.</param>
    /// <param name="configFile">Name of the config inside the bundle.</param>
    /// <exception cref="RuntimeException">The config cannot be read.</exception>
    public static CheckReport Specification(string bundle, string configFile = "config.json") =>
        new(SpecificationCheck.Run(Preflight.ReadFile(Path.Combine(bundle, configFile))),
        $"valid by the specification, version {SpecVersion.Current}");

    static BundleSurvey Survey(RuntimeSpec spec, string bundle)
    {
        string rootfs = Path.TrimEndingDirectorySeparator(Path.Combine(bundle, spec.Root?.Path ?? ""));
        var survey = new BundleSurvey { Rootfs = IsLink(rootfs) ? FileKind.Link : KindOf(rootfs) };
        foreach (SpecMount mount in spec.Mounts ?? [])
        {
            Add(survey, mount.Source, bundle);
        }

        foreach (SpecNamespace entry in spec.Linux?.Namespaces ?? [])
        {
            Add(survey, entry.Path, bundle);
        }

        AddHooks(survey, spec.Hooks?.Prestart, bundle);
        AddHooks(survey, spec.Hooks?.CreateRuntime, bundle);
        AddHooks(survey, spec.Hooks?.CreateContainer, bundle);
        AddHooks(survey, spec.Hooks?.Poststart, bundle);
        AddHooks(survey, spec.Hooks?.Poststop, bundle);
        return survey;
    }

    static void AddHooks(BundleSurvey survey, List<SpecHook>? hooks, string bundle)
    {
        foreach (SpecHook hook in hooks ?? [])
        {
            Add(survey, hook.Path, bundle);
        }
    }

    static void Add(BundleSurvey survey, string? path, string bundle)
    {
        if (!string.IsNullOrEmpty(path))
        {
            survey.Files[path] = KindOf(Path.Combine(bundle, path));
        }
    }

    static bool IsLink(string path) =>
        Syscall.TryFstatAt(AtFlags.AT_FDCWD, path, AtFlags.AT_SYMLINK_NOFOLLOW, out Stat stat) == 0
        && (stat.st_mode & S_IFMT) == S_IFLNK;

    static FileKind KindOf(string path) =>
        Syscall.TryFstatAt(AtFlags.AT_FDCWD, path, 0, out Stat stat) switch
        {
            < 0 and not -Errno.EACCES => FileKind.Missing,
            < 0 => FileKind.Other,
            _ when (stat.st_mode & S_IFMT) == S_IFDIR => FileKind.Directory,
            _ => (stat.st_mode & O111) != 0 ? FileKind.Program : FileKind.Other,
        };
}
