using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OciRun.Spec;

namespace OciRun.Planning.Seccomp;

/// <summary>What annotations say about the filter; their names are crun's, whose users have them in their configs.</summary>
public sealed record SeccompAnnotations
{
    const string ReceiverKey = "run.oci.seccomp.receiver";
    const string PluginsKey = "run.oci.seccomp.plugins";
    const string FailUnknownKey = "run.oci.seccomp_fail_unknown_syscall";
    const string ProgramKey = "run.oci.seccomp_bpf_data";

    /// <summary>The config path of <see cref="Receiver"/>.</summary>
    public const string ReceiverPath = "annotations[" + ReceiverKey + "]";

    /// <summary>The config path of <see cref="FailUnknown"/>.</summary>
    public const string FailUnknownPath = "annotations[" + FailUnknownKey + "]";

    /// <summary>The config path of <see cref="Program"/>.</summary>
    public const string ProgramPath = "annotations[" + ProgramKey + "]";

    /// <summary>Socket of an agent, for a profile with SCMP_ACT_NOTIFY and no listenerPath.</summary>
    public string? Receiver { get; init; }

    /// <summary>Rules for calls that no architecture has are errors, and not left out.</summary>
    public bool FailUnknown { get; init; }

    /// <summary>A program that is loaded as it is, instead of one compiled from the profile; only the profile's flags and
    /// listener count then.</summary>
    internal BpfInstruction[]? Program { get; init; }

    /// <summary>True when there is a filter without linux.seccomp.</summary>
    public bool HasProgram => Program is not null;

    /// <summary>Whether an annotation names an agent.</summary>
    public static bool NameReceiver(Dictionary<string, string>? annotations) => annotations?.ContainsKey(ReceiverKey) == true;

    /// <summary>Null when no annotation is about seccomp.</summary>
    public static SeccompAnnotations? Read(Dictionary<string, string>? annotations, List<ConfigProblem> problems)
    {
        if (annotations is null)
        {
            return null;
        }
        bool found = annotations.TryGetValue(ReceiverKey, out string? receiver);
        found |= annotations.TryGetValue(FailUnknownKey, out string? failUnknown);
        found |= annotations.TryGetValue(ProgramKey, out string? program);
        if (annotations.ContainsKey(PluginsKey))
        {
            problems.Add(new ConfigProblem("annotations[" + PluginsKey + "]",
                "plugins are not supported: nothing is loaded into the runtime; an agent of its own can do the same (" +
                ReceiverKey + ")"));
        }
        if (receiver is not null && !receiver.StartsWith('/'))
        {
            problems.Add(new ConfigProblem(ReceiverPath, "\"" + receiver + "\" is not an absolute path"));
        }
        return !found ? null : new SeccompAnnotations
        {
            Receiver = receiver,
            FailUnknown = failUnknown is not (null or "" or "0" or "false"),
            Program = program is null ? null : Decode(program, problems),
        };
    }

    /// <summary>Base64 of <c>struct sock_filter[]</c>. What the instructions do is for the kernel to check.</summary>
    static BpfInstruction[]? Decode(string text, List<ConfigProblem> problems)
    {
        byte[] bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out int length))
        {
            problems.Add(new ConfigProblem(ProgramPath, "is not base64"));
            return null;
        }
        BpfInstruction[] program = MemoryMarshal.Cast<byte, BpfInstruction>(bytes.AsSpan(0, length)).ToArray();
        if (program.Length == 0 || length % Unsafe.SizeOf<BpfInstruction>() != 0)
        {
            problems.Add(new ConfigProblem(ProgramPath, length.ToString() + " bytes are no program: an instruction has 8"));
            return null;
        }
        if (program.Length > BpfCode.MaxInstructions)
        {
            problems.Add(new ConfigProblem(ProgramPath,
                "has " + program.Length.ToString() + " instructions and the kernel takes " + BpfCode.MaxInstructions.ToString()));
            return null;
        }
        return program;
    }
}
