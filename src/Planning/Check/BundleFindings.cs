using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Check;

/// <summary>What a bundle asks for, held against a host. Pure: two surveys in, findings out.</summary>
public static partial class BundleFindings
{
    /// <summary>Findings in the order of the config's sections, those of the config itself first.</summary>
    public static List<Finding> Find(RuntimeSpec? spec, List<ConfigProblem> problems, HostSurvey host, BundleSurvey bundle)
    {
        var findings = new List<Finding>();
        var named = new HashSet<string>();
        foreach (ConfigProblem problem in problems)
        {
            findings.Add(new Finding(problem.IsWarning ? Severity.Warning : Severity.Error, problem.Path, problem.Message));
            named.Add(problem.Path);
        }

        if (spec is not null)
        {
            var missing = new List<Finding>();
            CheckFiles(spec, bundle, missing);
            CheckProcess(spec.Process, host, missing);
            CheckMounts(spec, host, missing);
            CheckLinux(spec.Linux, host, missing);
            // A value that is wrong by itself was named above; that this host does not have it either would say nothing more.
            findings.AddRange(missing.FindAll(finding => !named.Contains(finding.Path)));
        }

        return findings;
    }

    static void CheckFiles(RuntimeSpec spec, BundleSurvey bundle, List<Finding> findings)
    {
        if (!string.IsNullOrEmpty(spec.Root?.Path) && bundle.Rootfs != FileKind.Directory)
        {
            (string what, string advice) = bundle.Rootfs switch
            {
                FileKind.Missing => ("does not exist", "unpack the image's files there"),
                FileKind.Link => ("is a symlink", "give the directory itself"),
                _ => ("is not a directory", "unpack the image's files there"),
            };
            findings.Add(new Finding(Severity.Error, "root.path", $"\"{spec.Root.Path}\" {what}", advice));
        }

        for (int i = 0; i < (spec.Mounts?.Count ?? 0); i++)
        {
            SpecMount mount = spec.Mounts![i];
            if (MountKinds.Of(mount) == MountKind.Bind && !string.IsNullOrEmpty(mount.Source)
                && KindOf(bundle, mount.Source) == FileKind.Missing)
            {
                findings.Add(new Finding(Severity.Error, $"mounts[{i}].source", $"\"{mount.Source}\" does not exist",
                    "create it, or remove the mount"));
            }
        }

        for (int i = 0; i < (spec.Linux?.Namespaces?.Count ?? 0); i++)
        {
            if (spec.Linux!.Namespaces![i].Path is { Length: > 0 } path && KindOf(bundle, path) == FileKind.Missing)
            {
                findings.Add(new Finding(Severity.Error, $"linux.namespaces[{i}].path", $"\"{path}\" does not exist",
                    "the container or the process that held it may be gone"));
            }
        }

        CheckHooks(spec.Hooks, bundle, findings);
    }

    /// <summary>startContainer hooks are looked up inside the rootfs and so are left out.</summary>
    static void CheckHooks(SpecHooks? hooks, BundleSurvey bundle, List<Finding> findings)
    {
        CheckHookList(hooks?.Prestart, "hooks.prestart", bundle, findings);
        CheckHookList(hooks?.CreateRuntime, "hooks.createRuntime", bundle, findings);
        CheckHookList(hooks?.CreateContainer, "hooks.createContainer", bundle, findings);
        CheckHookList(hooks?.Poststart, "hooks.poststart", bundle, findings);
        CheckHookList(hooks?.Poststop, "hooks.poststop", bundle, findings);
    }

    static void CheckHookList(List<SpecHook>? hooks, string list, BundleSurvey bundle, List<Finding> findings)
    {
        for (int i = 0; i < (hooks?.Count ?? 0); i++)
        {
            if (hooks![i].Path is { Length: > 0 } path && KindOf(bundle, path) is var kind && kind != FileKind.Program)
            {
                string what = kind == FileKind.Missing ? "does not exist" : "is not executable";
                findings.Add(new Finding(Severity.Error, $"{list}[{i}].path", $"\"{path}\" {what}",
                    "install it, or remove the hook"));
            }
        }
    }

    static FileKind KindOf(BundleSurvey bundle, string path) => bundle.Files.GetValueOrDefault(path, FileKind.Missing);
}
