using System;
using System.Collections.Generic;
using System.Text.Json;

namespace OciRun.Spec;

/// <summary>The sections of a config that are for other platforms than Linux (config-freebsd.md, config-solaris.md, config-vm.md,
/// config-windows.md, config-zos.md). A runtime on Linux passes over them; who writes a bundle still wants to know whether they are
/// right.</summary>
public sealed class PlatformSections
{
    readonly List<string> _names = [];

    public bool Has(string name) => _names.Contains(name);
    /// <summary>The first section of another platform, empty if there is none.</summary>
    public string First => _names.Find(static name => name != "vm") ?? "";
    /// <summary>There is a section of another platform. "vm" alone is none: it goes with that of the guest's, and a guest without one is
    /// taken for Linux.</summary>
    public bool IsForeign => First.Length > 0;
    /// <summary>process.commandLine is given, which on Windows stands for args.</summary>
    public bool HasCommandLine { get; private set; }
    /// <summary>windows.hyperv is given: such a container has no root.</summary>
    public bool IsHyperV { get; private set; }

    /// <summary>Reads those sections, and the members of process that only Windows has, and adds what is wrong with
    /// them.</summary>
    /// <param name="utf8">A config that <see cref="ConfigReader"/> could read.</param>
    /// <param name="problems">Receives a problem for each value that is not as the specification's schema wants it.</param>
    public static PlatformSections Read(ReadOnlySpan<byte> utf8, List<ConfigProblem> problems)
    {
        var sections = new PlatformSections();
        try
        {
            var json = new JsonCursor(utf8, stackalloc int[JsonCursor.MaxModelDepth], problems);
            json.Begin();
            if (json.BeginObject())
            {
                while (json.NextMember(out ReadOnlySpan<byte> name))
                {
                    sections.ReadMember(ref json, name);
                }
            }
        }
        catch (JsonException)
        {
            // The reader of the config has said so.
        }

        return sections;
    }

    void ReadMember(ref JsonCursor json, ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("process"u8))
        {
            ReadProcess(ref json);
            return;
        }

        (string section, Shape shape) = 0 switch
        {
            _ when name.SequenceEqual("freebsd"u8) => ("freebsd", FreeBsd),
            _ when name.SequenceEqual("solaris"u8) => ("solaris", Solaris),
            _ when name.SequenceEqual("vm"u8) => ("vm", Vm),
            _ when name.SequenceEqual("windows"u8) => ("windows", Windows),
            _ when name.SequenceEqual("zos"u8) => ("zos", Zos),
            _ => ("", Shape.Any),
        };
        if (section.Length == 0)
        {
            json.Skip();
            return;
        }

        if (!json.IsNull)
        {
            _names.Add(section);
        }

        IsHyperV |= section == "windows" && HasMember(json, "hyperv"u8);
        shape.Check(ref json);
    }

    void ReadProcess(ref JsonCursor json)
    {
        HasCommandLine |= HasMember(json, "commandLine"u8);
        Shape.Object(("commandLine", Shape.Text), ("user", Shape.Object(("username", Shape.Text)))).Check(ref json);
    }

    /// <summary>Looks ahead into the object that comes, with a copy of the cursor.</summary>
    static bool HasMember(JsonCursor json, ReadOnlySpan<byte> wanted)
    {
        if (!json.IsObject || !json.BeginObject())
        {
            return false;
        }

        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual(wanted))
            {
                return !json.IsNull;
            }

            json.Skip();
        }

        return false;
    }

    static Shape FreeBsd
    {
        get
        {
            Shape mode = Shape.Words("disable", "new", "inherit");
            // The jail's host name and its network stack cannot be left out.
            Shape kept = Shape.Words("new", "inherit");
            Shape allow = Shape.Object(("setHostname", Shape.Bool), ("rawSockets", Shape.Bool), ("chflags", Shape.Bool),
                ("mount", Shape.Texts), ("quotas", Shape.Bool), ("socketAf", Shape.Bool), ("mlock", Shape.Bool),
                ("reservedPorts", Shape.Bool), ("suser", Shape.Bool));
            Shape jail = Shape.Object(("parent", Shape.Text), ("host", kept), ("ip4", mode), ("ip4Addr", Shape.Texts), ("ip6", mode),
                ("ip6Addr", Shape.Texts), ("vnet", kept), ("interface", Shape.Text), ("vnetInterfaces", Shape.Texts),
                ("sysvmsg", mode), ("sysvsem", mode), ("sysvshm", mode), ("enforceStatfs", Shape.U8), ("allow", allow));
            return Shape.Object(("devices", Shape.List(Shape.Object(("path", Shape.Text), ("mode", Shape.FileMode)))), ("jail", jail));
        }
    }

    static Shape Solaris
    {
        get
        {
            Shape link = Shape.Object(("linkname", Shape.Text), ("lowerLink", Shape.Text), ("allowedAddress", Shape.Text),
                ("configureAllowedAddress", Shape.Text), ("defrouter", Shape.Text), ("macAddress", Shape.Text),
                ("linkProtection", Shape.Text));
            return Shape.Object(("milestone", Shape.Text), ("limitpriv", Shape.Text), ("maxShmMemory", Shape.Text),
                ("cappedCPU", Shape.Object(("ncpus", Shape.Text))),
                ("cappedMemory", Shape.Object(("physical", Shape.Text), ("swap", Shape.Text))), ("anet", Shape.List(link)));
        }
    }

    static Shape Vm
    {
        get
        {
            Shape format = Shape.Words("raw", "qcow2", "vdi", "vmdk", "vhd");
            Shape frames = Shape.Object(("firstGFN", Shape.U64), ("firstMFN!", Shape.U64), ("nrMFNs!", Shape.U64));
            Shape hardware = Shape.Object(("deviceTree", Shape.Text), ("vcpus", Shape.U32), ("memory", Shape.U64),
                ("dtdevs", Shape.Texts), ("iomems", Shape.List(frames)), ("irqs", Shape.List(Shape.U32)));
            return Shape.Object(
                ("hypervisor", Shape.Object(("path!", Shape.Text), ("parameters", Shape.Texts))),
                ("kernel!", Shape.Object(("path!", Shape.Text), ("parameters", Shape.Texts), ("initrd", Shape.Text))),
                ("image", Shape.Object(("path!", Shape.Text), ("format!", format))), ("hwConfig", hardware));
        }
    }

    static Shape Windows
    {
        get
        {
            // affinity is a list in the specification's text and an object in its schema.
            Shape cpu = Shape.Object(("count", Shape.U64), ("shares", Shape.U16), ("maximum", Shape.U16),
                ("affinity", Shape.Anything));
            Shape storage = Shape.Object(("iops", Shape.U64), ("bps", Shape.U64), ("sandboxSize", Shape.U64));
            Shape network = Shape.Object(("endpointList", Shape.Texts), ("allowUnqualifiedDNSQuery", Shape.Bool),
                ("DNSSearchList", Shape.Texts), ("networkSharedContainerName", Shape.Text), ("networkNamespace", Shape.Text));
            return Shape.Object(("layerFolders!", Shape.List(Shape.Text, least: 1)),
                ("devices", Shape.List(Shape.Object(("id!", Shape.Text), ("idType!", Shape.Words("class"))))),
                ("resources", Shape.Object(("memory", Shape.Object(("limit", Shape.U64))), ("cpu", cpu), ("storage", storage))),
                ("network", network), ("credentialSpec", Shape.Any), ("servicing", Shape.Bool),
                ("ignoreFlushesDuringBoot", Shape.Bool), ("hyperv", Shape.Object(("utilityVMPath", Shape.Text))));
        }
    }

    static Shape Zos => Shape.Object(("namespaces", Shape.List(Shape.Object(
        ("type!", Shape.Words("mount", "pid", "uts", "ipc")), ("path", Shape.Text)))));
}
