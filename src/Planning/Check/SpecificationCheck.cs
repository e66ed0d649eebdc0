using System;
using System.Collections.Generic;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Validation;
using OciRun.Spec;

namespace OciRun.Planning.Check;

/// <summary>A config held against the specification alone, schema and meaning, whatever this host or this runtime can do: what an
/// author of bundles for any host, any platform and any runtime asks. What this runtime alone would refuse is a
/// warning.</summary>
public static class SpecificationCheck
{
    /// <summary>Findings in the order in which they were met; none of them an error if the config is a good one.</summary>
    public static List<Finding> Run(ReadOnlySpan<byte> utf8)
    {
        var problems = new List<ConfigProblem>();
        RuntimeSpec? spec = ConfigReader.Read(utf8, problems);
        int known = problems.Count;
        if (spec is not null)
        {
            PlatformSections sections = PlatformSections.Read(utf8, problems);
            if (spec.Linux is null && sections.IsForeign)
            {
                PlatformRules.Check(spec, sections, problems);
            }
            else
            {
                // runtime.md asks for a process at start only.
                Validator.Validate(spec, problems, processRequired: false, specificationOnly: true);
                CheckLinux(spec.Linux, problems);
            }
        }

        Rules.RemoveRepeated(problems, known);
        return problems.ConvertAll(static problem =>
            new Finding(problem.IsWarning ? Severity.Warning : Severity.Error, problem.Path, problem.Message));
    }

    /// <summary>What is checked where it is compiled.</summary>
    static void CheckLinux(SpecLinux? linux, List<ConfigProblem> problems)
    {
        var found = new List<ConfigProblem>();
        if (linux?.Seccomp is { } seccomp)
        {
            SeccompCompiler.Compile(seccomp, found);
        }

        DeviceRuleSet.Fold(linux?.Resources?.Devices, found);
        CgroupPlanner.Plan(linux?.Resources, ControllerSet.All, found);
        // Warnings are about what cgroup v2 cannot do: the bundle is as good by the specification.
        found.RemoveAll(static problem => problem.IsWarning);
        var known = new KnownPaths(problems, problems.Count);
        problems.AddRange(found.FindAll(problem => !known.Cover(problem.Path)));
    }
}
