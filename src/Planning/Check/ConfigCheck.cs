using System;
using System.Collections.Generic;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Validation;
using OciRun.Spec;

namespace OciRun.Planning.Check;

/// <summary>All that can be said about a config without looking at any file that it names: the rules that <c>create</c> applies,
/// in one go.</summary>
public static class ConfigCheck
{
    /// <summary>Null if the text is no JSON object. <paramref name="controllers"/> are the host's.</summary>
    public static RuntimeSpec? Run(ReadOnlySpan<byte> utf8, ControllerSet controllers, bool systemd, List<ConfigProblem> problems)
    {
        RuntimeSpec? spec = ConfigReader.Read(utf8, problems);
        if (spec is null)
        {
            return null;
        }

        Validator.Validate(spec, problems, processRequired: false);
        if (spec.Linux is { } linux)
        {
            CgroupPath.Resolve(linux.CgroupsPath, "check", "/", systemd, rootless: false, problems);
            CgroupPlanner.Plan(linux.Resources, controllers, problems);
            DeviceFilter.Compile(linux.Resources?.Devices, problems);
            if (linux.Seccomp is not null)
            {
                SeccompCompiler.Compile(linux.Seccomp, problems);
            }
        }

        return spec;
    }
}
