using System;
using System.Collections.Generic;
using System.IO;
using OciRun.Planning.Check;
using OciRun.Spec;

namespace OciRun.Engine;

/// <summary>The command <c>check</c>: a bundle against the specification and this host, or the host alone. It changes
/// nothing.</summary>
public static class HostCheck
{
    const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>What this host offers, and what is missing for which feature.</summary>
    public static CheckReport Host() => new(HostFindings.Find(HostProbe.Survey()));

    /// <summary>What keeps this host from running a bundle.</summary>
    /// <param name="globals">The cgroup driver decides what linux.cgroupsPath may be.</param>
    /// <param name="bundle">Absolute path.</param>
    /// <param name="configFile">Name of the config inside the bundle.</param>
    /// <exception cref="RuntimeException">The config cannot be read.</exception>
    public static CheckReport Bundle(GlobalOptions globals, string bundle, string configFile = "config.json")
    {
        byte[] config = Read(Path.Combine(bundle, configFile));
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
        new(SpecificationCheck.Run(Read(Path.Combine(bundle, configFile))), $"valid by the specification, version {SpecVersion.Current}");

    static BundleSurvey Survey(RuntimeSpec spec, string bundle)
    {
        string rootfs = Path.TrimEndingDirectorySeparator(Path.Combine(bundle, spec.Root?.Path ?? ""));
        var survey = new BundleSurvey { Rootfs = new FileInfo(rootfs).LinkTarget is null ? KindOf(rootfs) : FileKind.Link };
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

    static FileKind KindOf(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return FileKind.Directory;
            }

            return !Path.Exists(path) ? FileKind.Missing
                : (File.GetUnixFileMode(path) & AnyExecute) != 0 ? FileKind.Program : FileKind.Other;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return FileKind.Other;
        }
    }

    static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            throw new RuntimeException($"open(\"{path}\"): no such file or directory (ENOENT)");
        }
        catch (DirectoryNotFoundException)
        {
            throw new RuntimeException($"open(\"{path}\"): no such file or directory (ENOENT)");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = e is UnauthorizedAccessException ? "permission denied (EACCES)" : "input/output error (EIO)";
            throw new RuntimeException($"open(\"{path}\"): {reason}", e);
        }
    }
}
