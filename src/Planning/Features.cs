using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Spec;

namespace OciRun.Planning;

/// <summary>What <c>oci-run features</c> prints, features.md and features-linux.md: what this build can do, whatever the host is;
/// so it probes nothing and needs no privileges. The lists are those that planning works by.</summary>
public static class Features
{
    /// <summary>Annotations that give a container more than its config shows; a final dot stands for all that begin so.</summary>
    static string[] UnsafeAnnotations => ["org.criu.config", "org.systemd.property.", "run.oci."];

    /// <summary>The document with a newline at its end.</summary>
    public static byte[] Write(string version, string commit)
    {
        var buffer = new ArrayBufferWriter<byte>(8192);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersionMin", SpecVersion.Minimum);
            json.WriteString("ociVersionMax", SpecVersion.Current);
            Words(json, "hooks", SpecWordLists.Hooks);
            Words(json, "mountOptions", MountOptions.Words());
            Linux(json);
            json.WriteStartObject("annotations");
            json.WriteString("io.oci-run.commit", commit);
            json.WriteString("io.oci-run.version", version);
            json.WriteEndObject();
            Words(json, "potentiallyUnsafeConfigAnnotations", UnsafeAnnotations);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    static void Linux(Utf8JsonWriter json)
    {
        json.WriteStartObject("linux");
        Words(json, "namespaces", SpecWordLists.Namespaces);
        Words(json, "capabilities", CapabilityNames());
        Flags(json, "cgroup", ("v1", false), ("v2", true), ("systemd", true), ("systemdUser", true), ("rdma", true));
        Seccomp(json);
        Flags(json, "apparmor", ("enabled", true));
        Flags(json, "selinux", ("enabled", true));
        Flags(json, "intelRdt", ("enabled", true), ("schemata", true), ("monitoring", true));
        json.WriteStartObject("memoryPolicy");
        Words(json, "modes", SpecWordLists.MemoryModes);
        Words(json, "flags", SpecWordLists.MemoryFlags);
        json.WriteEndObject();
        json.WriteStartObject("mountExtensions");
        Flags(json, "idmap", ("enabled", true));
        json.WriteEndObject();
        Flags(json, "netDevices", ("enabled", true));
        json.WriteEndObject();
    }

    static void Seccomp(Utf8JsonWriter json)
    {
        json.WriteStartObject("seccomp");
        json.WriteBoolean("enabled", true);
        Words(json, "actions", SeccompNames.Actions);
        Words(json, "operators", SeccompNames.Operators);
        Words(json, "archs", SeccompNames.Architectures);
        Words(json, "knownFlags", SeccompNames.Flags);
        Words(json, "supportedFlags", SeccompNames.Flags);
        json.WriteEndObject();
    }

    static List<string> CapabilityNames()
    {
        var names = new List<string>();
        for (int number = 0; Capabilities.Name(number) is string name; number++)
        {
            names.Add(name);
        }

        return names;
    }

    static void Words(Utf8JsonWriter json, string name, IEnumerable<string> words)
    {
        json.WriteStartArray(name);
        foreach (string word in words)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
    }

    static void Flags(Utf8JsonWriter json, string name, params ReadOnlySpan<(string Name, bool Value)> flags)
    {
        json.WriteStartObject(name);
        foreach ((string flag, bool value) in flags)
        {
            json.WriteBoolean(flag, value);
        }

        json.WriteEndObject();
    }
}
