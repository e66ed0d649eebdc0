using System;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;

namespace OciRun.Planning.Validation;

/// <summary>config.md: version, root, host name, annotations.</summary>
static class TopLevelRules
{
    public static void Check(RuntimeSpec spec, Rules rules)
    {
        CheckVersion(spec.OciVersion, rules);
        if (spec.Root is null)
        {
            rules.Missing("root");
        }
        else if (string.IsNullOrEmpty(spec.Root.Path))
        {
            rules.Missing("root.path");
        }
        else if (Rules.LengthFault(spec.Root.Path) is string fault)
        {
            rules.Problem("root.path", fault);
        }

        CheckHostName(spec, spec.Hostname, "hostname", rules);
        CheckHostName(spec, spec.Domainname, "domainname", rules);
        CheckAnnotations(spec.Annotations, rules);
    }

    public static void CheckAnnotations(Dictionary<string, string>? annotations, Rules rules)
    {
        if (annotations is not null && annotations.ContainsKey(""))
        {
            rules.Problem("annotations", "has an empty key");
        }
        AnnotationRules.Check(annotations, rules);
    }

    /// <summary>A config of a newer minor version is taken: what it adds is unknown members, and those are to be
    /// ignored.</summary>
    public static void CheckVersion(string? version, Rules rules)
    {
        if (string.IsNullOrEmpty(version))
        {
            rules.Missing("ociVersion");
        }
        else if (!TryParseMajor(version, out int major))
        {
            rules.Problem("ociVersion", $"\"{version}\" is not a version such as {SpecVersion.Current}");
        }
        else if (major == 0)
        {
            rules.Warning("ociVersion",
                $"{version} is older than the specification's first release; read as {SpecVersion.Minimum}");
        }
        else if (major != 1)
        {
            rules.Problem("ociVersion",
                $"{version} is not supported; this runtime knows {SpecVersion.Minimum} to {SpecVersion.Current}");
        }
    }

    /// <summary>MAJOR.MINOR.PATCH with an optional "-pre" or "+build", semver.org.</summary>
    static bool TryParseMajor(string version, out int major)
    {
        int end = version.AsSpan().IndexOfAny('-', '+');
        ReadOnlySpan<char> core = end < 0 ? version : version.AsSpan(0, end);
        major = -1;
        int parts = 0;
        foreach (Range part in core.Split('.'))
        {
            ReadOnlySpan<char> digits = core[part];
            if (digits.Length is 0 or > 9 || digits.ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            major = parts++ == 0 ? int.Parse(digits) : major;
        }

        return parts == 3 && end != version.Length - 1;
    }

    static void CheckHostName(RuntimeSpec spec, string? name, string path, Rules rules)
    {
        if (string.IsNullOrEmpty(name))
        {
            return;
        }

        if (!rules.HasOwn(spec.Linux, "uts"))
        {
            rules.Refusal(path, $"unable to set {path} without a private UTS namespace: add {{\"type\": \"uts\"}} to " +
                $"linux.namespaces; it would rename the host");
        }

        int length = System.Text.Encoding.UTF8.GetByteCount(name);
        if (length > Limits.HOST_NAME_MAX)
        {
            rules.Problem(path, $"is {length} bytes long; the kernel takes at most {Limits.HOST_NAME_MAX}");
        }
    }
}
