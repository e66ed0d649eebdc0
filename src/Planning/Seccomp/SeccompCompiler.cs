using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Seccomp;

/// <summary>Compiles <c>linux.seccomp</c> to classic BPF. Pure: no file, no system call, no libseccomp.</summary>
/// <remarks>
/// What a filter decides, in this order: a call of an architecture that the profile does not list kills the thread (libseccomp's
/// default); on x86_64 so does one with the x32 bit when x32 is not listed; a number above the largest that the profile mentions
/// gives ENOSYS when the default is not ALLOW, LOG or TRACE, so that a libc falls back instead of failing; then the profile's
/// rules; then its default.
/// </remarks>
public static class SeccompCompiler
{
    const uint BadArchitecture = SeccompRet.SECCOMP_RET_KILL_THREAD;

    /// <summary>Null when the profile is absent (no default action and no rules) or has problems, which are then in
    /// <paramref name="problems"/> with config paths such as <c>linux.seccomp.syscalls[3].args[0].op</c>.</summary>
    public static SeccompFilter? Compile(SpecSeccomp seccomp, List<ConfigProblem> problems,
        SeccompArchitecture? native = null, SeccompAnnotations? annotations = null)
    {
        if (annotations?.Program is { } given)
        {
            return new SeccompReader(seccomp, problems, annotations).ReadFor(given) is { } frame ? new SeccompFilter(given, frame)
                : null;
        }
        if (string.IsNullOrEmpty(seccomp.DefaultAction) && seccomp.Syscalls is not { Count: > 0 })
        {
            return null;
        }
        if (new SeccompReader(seccomp, problems, annotations).Read(native ?? SeccompArchitecture.Native) is not { } profile)
        {
            return null;
        }
        return Emit(profile, problems) is { } program ? new SeccompFilter(program, profile) : null;
    }

    static BpfInstruction[]? Emit(SeccompProfile profile, List<ConfigProblem> problems)
    {
        var decisions = new SeccompDecisions(profile);
        var groups = new List<(SeccompArchitecture Architecture, List<SeccompRange> Ranges)>(4);
        foreach (SeccompArchitecture architecture in profile.Architectures)
        {
            if (!groups.Exists(group => group.Architecture.Audit == architecture.Audit))
            {
                groups.Add((architecture, SeccompRanges.Of(profile, decisions, architecture.Audit)));
            }
        }
        if (decisions.TooMany >= 0)
        {
            problems.Add(new ConfigProblem("linux.seccomp.syscalls[" + decisions.TooMany.ToString() + "]",
                "more rules with arguments for one system call than the 4096 instructions that the kernel takes"));
            return null;
        }
        decisions.PrepareAnswers();
        var emitter = new SeccompEmitter(profile, decisions);
        var labels = new List<(uint Audit, int Label)>(groups.Count);
        // Backwards, so that the native architecture stands next to the test that leads to it.
        for (int i = groups.Count - 1; i >= 0; i--)
        {
            labels.Add((groups[i].Architecture.Audit, emitter.Architecture(groups[i].Architecture, groups[i].Ranges)));
        }
        labels.Reverse();
        BpfInstruction[] program = emitter.Finish(labels, BadArchitecture);
        if (emitter.IsFull)
        {
            problems.Add(new ConfigProblem("linux.seccomp", "the filter needs more than the 4096 instructions that the kernel " +
                "takes: "
                + "use fewer rules with arguments or fewer architectures"));
            return null;
        }
        return program;
    }
}
