using System;
using System.Collections.Generic;
using System.Linq;
using OciRun.Kernel;
using OciRun.Planning.Seccomp;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>The annotations about seccomp that crun's users know.</summary>
public sealed class SeccompAnnotationTests
{
    const string Notify = """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getppid"],"action":"SCMP_ACT_NOTIFY"}]}""";
    const string Receiver = "run.oci.seccomp.receiver";
    const string Program = "run.oci.seccomp_bpf_data";

    static SeccompFilter? Compile(string profile, out string[] problems, params (string Key, string Value)[] annotations)
    {
        List<ConfigProblem> found = [];
        var read = SeccompAnnotations.Read(annotations.ToDictionary(a => a.Key, a => a.Value), found);
        SeccompFilter? filter = SeccompCompiler.Compile(SeccompProfiles.Parse(profile), found, annotations: read);
        problems = [.. found.Select(p => p.ToString())];
        return filter;
    }

    [Fact]
    public void A_receiver_stands_in_for_a_listener_path()
    {
        SeccompFilter filter = Compile(Notify, out string[] problems, (Receiver, "/run/agent"))!;
        Assert.Empty(problems);
        Assert.Equal("/run/agent", filter.ListenerPath);
        Assert.Equal("annotations[run.oci.seccomp.receiver]", filter.ListenerSource);
        string named = Notify.Replace("{\"default", "{\"listenerPath\":\"/run/own\",\"default", StringComparison.Ordinal);
        filter = Compile(named, out _, (Receiver, "/run/agent"))!;
        Assert.Equal("/run/own", filter.ListenerPath);
        Assert.Equal("linux.seccomp.listenerPath", filter.ListenerSource);
    }

    [Fact]
    public void Without_a_notification_a_receiver_means_nothing()
    {
        SeccompFilter filter = Compile("""{"defaultAction":"SCMP_ACT_ALLOW"}""", out string[] problems, (Receiver, "/run/agent"))!;
        Assert.Empty(problems);
        Assert.Null(filter.ListenerPath);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void Unknown_calls_fail_when_asked(string value, bool fails)
    {
        const string profile = """
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_LOG"},
            {"names":["getppid","no_such_call"],"action":"SCMP_ACT_ERRNO"}]}
            """;
        Compile(profile, out string[] problems, ("run.oci.seccomp_fail_unknown_syscall", value));
        Assert.Equal(fails ? ["linux.seccomp.syscalls[1].names: unknown system call \"no_such_call\", and " +
            "annotations[run.oci.seccomp_fail_unknown_syscall] is set"] : [], problems);
    }

    [Fact]
    public void A_program_is_taken_as_it_is_with_the_profiles_flags()
    {
        SeccompFilter compiled = SeccompProfiles.Compile(SeccompProfiles.Fixture("podman-default"));
        string text = Convert.ToBase64String(compiled.Bytes);
        SeccompFilter filter = Compile("""{"defaultAction":"SCMP_ACT_KILL","flags":["SECCOMP_FILTER_FLAG_LOG"]}""", out string[] problems, (Program, text))!;
        Assert.Empty(problems);
        Assert.Equal(compiled.Instructions, filter.Instructions);
        Assert.Equal(SeccompFilterFlags.SECCOMP_FILTER_FLAG_LOG, filter.Flags);
        Assert.Equal(SeccompFilterFlags.SECCOMP_FILTER_FLAG_SPEC_ALLOW, Compile("{}", out _, (Program, text))!.Flags);
    }

    [Fact]
    public void A_program_that_notifies_needs_a_listener()
    {
        string listening = Notify.Replace("{\"default", "{\"listenerPath\":\"/x\",\"default", StringComparison.Ordinal);
        string text = Convert.ToBase64String(SeccompProfiles.Compile(SeccompProfiles.Parse(listening)).Bytes);
        Assert.Null(Compile("{}", out string[] problems, (Program, text)));
        Assert.Equal(["linux.seccomp.listenerPath: is required by SCMP_ACT_NOTIFY"], problems);
        SeccompFilter filter = Compile("{}", out problems, (Program, text), (Receiver, "/run/agent"))!;
        Assert.Empty(problems);
        Assert.Equal(SeccompFilterFlags.SECCOMP_FILTER_FLAG_SPEC_ALLOW | SeccompFilterFlags.SECCOMP_FILTER_FLAG_NEW_LISTENER,
            filter.Flags);
        Assert.Equal("/run/agent", filter.ListenerPath);
    }

    [Theory]
    [InlineData(Program, "not base64!", "is not base64")]
    [InlineData(Program, "", "0 bytes are no program: an instruction has 8")]
    [InlineData(Program, "AAAA", "3 bytes are no program: an instruction has 8")]
    [InlineData(Program, "BgAAAAAA/38GAAAA", "12 bytes are no program: an instruction has 8")]
    [InlineData(Receiver, "agent", "\"agent\" is not an absolute path")]
    [InlineData("run.oci.seccomp.plugins", "/lib/x.so", "plugins are not supported: nothing is loaded into the runtime; " +
        "an agent of its own can do the same (run.oci.seccomp.receiver)")]
    public void What_means_nothing_is_refused(string key, string value, string problem)
    {
        Compile("""{"defaultAction":"SCMP_ACT_ALLOW"}""", out string[] problems, (key, value));
        Assert.Equal(["annotations[" + key + "]: " + problem], problems);
    }

    [Fact]
    public void A_program_of_more_than_4096_instructions_is_refused()
    {
        Compile("{}", out string[] problems, (Program, Convert.ToBase64String(new byte[4097 * 8])));
        Assert.Equal(["annotations[run.oci.seccomp_bpf_data]: has 4097 instructions and the kernel takes 4096"], problems);
    }

    [Fact]
    public void A_foreign_program_is_printed_too()
    {
        BpfInstruction[] program =
        [
            new(BpfCode.JumpSet, 1, 0, 0x40000000), new(0x1c, 0, 0, 7), new(BpfCode.Jump, 0, 0, 0xffffffff),
            new(BpfCode.Return, 0, 0, SeccompRet.SECCOMP_RET_ALLOW),
        ];
        Assert.Equal(
        [
            "        jset 0x40000000, L2, L1", "L1:     op   0x1c, 0x7", "L2:     ja   L4294967298", "        ret  ALLOW", "",
        ], SeccompPrinter.Disassemble(program).Split('\n'));
    }
}
