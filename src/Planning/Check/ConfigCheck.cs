using System;
using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Check;

/// <summary>All that can be said about a config without looking at any file that it names. It plans the container as
/// <c>create</c> does and throws the plan away, so that the two cannot disagree.</summary>
public static class ConfigCheck
{
    /// <summary>Null if the text is no JSON object.</summary>
    public static RuntimeSpec? Run(ReadOnlySpan<byte> utf8, HostSurvey host, string cgroupManager, List<ConfigProblem> problems)
    {
        RuntimeSpec? spec = ConfigReader.Read(utf8, problems);
        if (spec is null)
        {
            return null;
        }

        int known = problems.Count;
        PlatformSections sections = PlatformSections.Read(utf8, problems);
        Validation.Rules.RemoveRepeated(problems, known);
        if (spec.Linux is null && sections.IsForeign)
        {
            problems.Add(new ConfigProblem(sections.First, "for another platform than Linux, and so ignored", IsWarning: true));
        }

        SpecProcess? process = spec.Process;
        spec.Process ??= StandIn(spec.Linux);
        Planner.Plan(spec, new PlanOptions { Id = "check", Bundle = "/", CgroupManager = cgroupManager }, FactsOf(host),
            problems);
        spec.Process = process;
        if (process is null && !problems.Exists(static problem => problem.Path == "process"))
        {
            // The specification wants one at start only; a bundle in the making is no bad one.
            problems.Add(new ConfigProblem("process", "missing: create refuses a bundle without one", IsWarning: true));
        }

        return spec;
    }

    /// <summary>A process that nothing can be wrong with, so that the rest is planned.</summary>
    static SpecProcess StandIn(SpecLinux? linux) => new()
    {
        Args = ["/"],
        Cwd = "/",
        User = new SpecUser
        {
            Uid = linux?.UidMappings is { Count: > 0 } uids ? uids[0].ContainerID : 0,
            Gid = linux?.GidMappings is { Count: > 0 } gids ? gids[0].ContainerID : 0,
        },
    };

    static HostFacts FactsOf(HostSurvey host) => new()
    {
        CgroupMount = host.CgroupMount,
        Controllers = host.Controllers.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries),
        EffectiveUid = host.IsRoot ? 0u : 1u,
        AppArmor = host.HasApparmor,
        SELinux = host.HasSelinux,
    };
}
