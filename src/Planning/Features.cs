using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Planning.Sections;
using OciRun.Planning.Steps;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>What <c>oci-run features</c> prints, features.md and features-linux.md: what this build can do, whatever the host is;
/// so it probes nothing and needs no privileges. The lists are those that planning works by.</summary>
public static class Features
{
    /// <summary>Annotations that give a container more than its config shows; a final dot stands for all that begin so.</summary>
    static List<string> UnsafeAnnotations => ["org.criu.config", "org.systemd.property.", "run.oci."];

    /// <summary>The document with a newline at its end.</summary>
    public static byte[] Write(string version, string commit)
    {
        var features = new SpecFeatures
        {
            Hooks = [.. HookStep.Kinds],
            MountOptions = [.. MountOptions.Words()],
            Linux = Linux(),
            Annotations = new() { ["io.oci-run.commit"] = commit, ["io.oci-run.version"] = version },
            PotentiallyUnsafeConfigAnnotations = UnsafeAnnotations,
        };
        var buffer = new ArrayBufferWriter<byte>(8192);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            SpecFeatures.Write(json, features);
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    static FeaturesLinux Linux() => new()
    {
        Namespaces = [.. System.Array.ConvertAll(NamespaceKind.All(), static kind => kind.Type)],
        Capabilities = CapabilityNames(),
        Cgroup = new() { V1 = false, V2 = true, Systemd = true, SystemdUser = true, Rdma = true },
        Seccomp = new()
        {
            Enabled = true,
            Actions = [.. SeccompNames.Actions.Words()],
            Operators = [.. SeccompNames.Operators.Words()],
            Archs = [.. SeccompArchitecture.Words()],
            KnownFlags = [.. SeccompNames.Flags.Words()],
            SupportedFlags = [.. SeccompNames.Flags.Words()],
        },
        Apparmor = new() { Enabled = true },
        Selinux = new() { Enabled = true },
        IntelRdt = new() { Enabled = true, Schemata = true, Monitoring = true },
        MemoryPolicy = new()
        {
            Modes = [.. SchedulingWords.MemoryModes.Words()],
            Flags = [.. SchedulingWords.MemoryFlags.Words()],
        },
        MountExtensions = new() { Idmap = new() { Enabled = true } },
        NetDevices = new() { Enabled = true },
    };

    static List<string> CapabilityNames()
    {
        var names = new List<string>();
        for (int number = 0; Capabilities.Name(number) is string name; number++)
        {
            names.Add(name);
        }

        return names;
    }
}
