using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>What must hold in a config whatever the host is. Mount options, seccomp, cgroup paths, resources and device rules are
/// checked where they are compiled.</summary>
public static class Validator
{
    /// <summary>Adds all that is wrong with <paramref name="spec"/>. What the reader has already found in the same list is not
    /// found again.</summary>
    /// <param name="spec">The config.</param>
    /// <param name="problems">Receives problems and warnings, in the order of the config's sections.</param>
    /// <param name="processRequired">False allows a config without a process, which runtime.md asks for at start only.</param>
    /// <param name="specificationOnly">Judge by the letter of the specification: what only this runtime refuses is a warning, and
    /// what it takes beyond the letter a problem.</param>
    /// <param name="hostNamespaces">CLONE_NEW* flags of the kinds where the config joins the host's own namespace.</param>
    public static void Validate(RuntimeSpec spec, List<ConfigProblem> problems, bool processRequired = true,
        bool specificationOnly = false, int hostNamespaces = 0)
    {
        var rules = new Rules(problems, "", specificationOnly, hostNamespaces);
        TopLevelRules.Check(spec, rules);
        if (spec.Process is not null)
        {
            ValidateProcess(spec.Process, "process", problems, specificationOnly);
            MappingRules.CheckUser(spec, rules);
        }
        else if (processRequired)
        {
            rules.Missing("process");
        }

        MountRules.Check(spec, rules);
        HookRules.Check(spec.Hooks, rules);
        if (spec.Linux is not null)
        {
            ValidateLinux(spec, spec.Linux, rules);
        }
    }

    /// <summary>The rules of a process alone, for <c>exec</c> as well; <paramref name="path"/> is where it stands, empty for a
    /// file of its own.</summary>
    public static void ValidateProcess(SpecProcess process, string path, List<ConfigProblem> problems,
        bool specificationOnly = false)
    {
        var rules = new Rules(problems, path, specificationOnly);
        ProcessRules.Check(process, rules);
        CapabilityRules.Check(process.Capabilities, rules);
        RlimitRules.Check(process.Rlimits, rules);
        SchedulingRules.Check(process, rules);
    }

    /// <summary>Whether the process's ids are mapped in the container's user namespace.</summary>
    public static void ValidateIds(RuntimeSpec spec, List<ConfigProblem> problems) =>
        MappingRules.CheckUser(spec, new Rules(problems, ""));

    static void ValidateLinux(RuntimeSpec spec, SpecLinux linux, Rules rules)
    {
        NamespaceRules.Check(linux, rules);
        MappingRules.Check(linux, rules);
        DeviceRules.Check(linux.Devices, rules);
        NetDeviceRules.Check(linux, rules);
        SysctlRules.Check(spec, linux, rules);
        PathRules.Check(linux, rules);
        MemoryPolicyRules.Check(linux.MemoryPolicy, rules);
        IntelRdtRules.Check(linux.IntelRdt, rules);
        PersonalityRules.Check(linux.Personality, rules);
        ResourceRules.Check(linux.Resources, rules);
        PropagationRules.Check(linux.RootfsPropagation, rules);
    }
}
