using System.Collections.Generic;
using System.Linq;
using System.Text;
using OciRun.Planning.Validation;
using OciRun.Spec;
using Xunit;

namespace OciRun.Tests.Unit;

public sealed class ValidatorTests
{
    /// <summary>Reads and validates <paramref name="json"/>; members that every config needs are added unless it has
    /// them.</summary>
    static string[] Check(string json)
    {
        var problems = new List<ConfigProblem>();
        RuntimeSpec spec = ConfigReader.Read(Encoding.UTF8.GetBytes(json), problems)!;
        spec.OciVersion ??= "1.0.0";
        spec.Root ??= new SpecRoot { Path = "rootfs" };
        if (!json.Contains("\"process\""))
        {
            spec.Process = new SpecProcess { Args = ["sh"], Cwd = "/" };
        }

        Validator.Validate(spec, problems);
        return problems.Select(p => (p.IsWarning ? "warning: " : "") + p).ToArray();
    }

    static string[] CheckProcess(string members)
    {
        string args = members.Contains("\"args\":") ? "" : "\"args\":[\"sh\"],";
        string cwd = members.Contains("\"cwd\":") ? "" : "\"cwd\":\"/\",";
        return Check("{\"process\":{" + args + cwd + members + "}}");
    }

    static string[] CheckLinux(string members) => Check("{\"linux\":{" + members + "}}");

    const string NewUser = """{"type":"user"}""";
    const string OneToOne = """[{"containerID":0,"hostID":100000,"size":65536}]""";

    [Theory]
    [InlineData("""{"ociVersion":""}""", "ociVersion: missing")]
    [InlineData("""{"ociVersion":"1.0"}""", "ociVersion: \"1.0\" is not a version such as 1.3.0")]
    [InlineData("""{"ociVersion":"1.0.x"}""", "ociVersion: \"1.0.x\" is not a version such as 1.3.0")]
    [InlineData("""{"ociVersion":"1.0.0-"}""", "ociVersion: \"1.0.0-\" is not a version such as 1.3.0")]
    [InlineData("""{"ociVersion":"0.5.0-dev"}""",
        "warning: ociVersion: 0.5.0-dev is older than the specification's first release; read as 1.0.0")]
    [InlineData("""{"ociVersion":"2.0.0"}""", "ociVersion: 2.0.0 is not supported; this runtime knows 1.0.0 to 1.3.0")]
    [InlineData("""{"root":{}}""", "root.path: missing")]
    [InlineData("""{"hostname":"h"}""", "hostname: unable to set hostname without a private UTS namespace: add {\"type\": \"uts\"} to linux.namespaces; it would rename the host")]
    [InlineData("""{"domainname":"d"}""", "domainname: unable to set domainname without a private UTS namespace: add {\"type\": \"uts\"} to linux.namespaces; it would rename the host")]
    [InlineData("""{"annotations":{"":"x"}}""", "annotations: has an empty key")]
    [InlineData("""{"process":null}""", "process: missing")]
    [InlineData("""{"mounts":[{"source":"x"}]}""", "mounts[0].destination: missing")]
    [InlineData("""{"mounts":[{"destination":"data/x"}]}""",
        "warning: mounts[0].destination: \"data/x\" is not an absolute path; read as \"/data/x\"")]
    [InlineData("""{"mounts":[{"destination":"/d","uidMappings":[{"containerID":0,"hostID":1,"size":1}]}]}""",
        "mounts[0].gidMappings: missing: an id-mapped mount needs the mappings of both users and groups")]
    [InlineData("""{"mounts":[{"destination":"/d","uidMappings":[{"containerID":0,"hostID":4294967295,"size":1}],"gidMappings":[{"containerID":0,"hostID":0,"size":1}]}]}""",
        "mounts[0].uidMappings[0]: goes beyond the last id, 4294967294")]
    [InlineData("""{"hooks":{"prestart":[{}]}}""", "hooks.prestart[0].path: missing")]
    [InlineData("""{"hooks":{"createRuntime":[{"path":"bin/x"}]}}""", "hooks.createRuntime[0].path: \"bin/x\" is not an absolute path")]
    [InlineData("""{"hooks":{"createContainer":[{"path":"/x"},{"path":"/x","timeout":0}]}}""",
        "hooks.createContainer[1].timeout: 0 is not a positive number of seconds")]
    [InlineData("""{"hooks":{"startContainer":[{"path":"/x","timeout":-1}]}}""",
        "hooks.startContainer[0].timeout: -1 is not a positive number of seconds")]
    [InlineData("""{"hooks":{"poststart":[{"path":"/x","env":["A=1","B"]}]}}""",
        "hooks.poststart[0].env[1]: \"B\" is not of the form NAME=value")]
    [InlineData("""{"hooks":{"poststop":[{"path":""}]}}""", "hooks.poststop[0].path: missing")]
    [InlineData("""{"annotations":{"run.oci.systemd.subgroup":".."}}""",
        "annotations[\"run.oci.systemd.subgroup\"]: \"..\" is not the name of a cgroup")]
    [InlineData("""{"annotations":{"run.oci.systemd.subgroup":"a","run.oci.delegate-cgroup":"b/c"}}""",
        "annotations[\"run.oci.delegate-cgroup\"]: \"b/c\" is not the name of a cgroup")]
    [InlineData("""{"annotations":{"run.oci.delegate-cgroup":"b"}}""",
        "warning: annotations[\"run.oci.delegate-cgroup\"]: has no effect without run.oci.systemd.subgroup")]
    public void Rules_outside_process_and_linux(string json, string problem) => Assert.Equal([problem], Check(json));

    [Theory]
    [InlineData("\"args\":[]", "process.args: args must not be empty")]
    [InlineData("\"args\":null", "process.args: missing")]
    [InlineData("\"args\":[\"\"]", "process.args[0]: empty; must name the program to execute: exec: \"\": executable file not " +
        "found in $PATH")]
    [InlineData("\"cwd\":\"\"", "process.cwd: missing")]
    [InlineData("\"cwd\":\"tmp\"", "process.cwd: \"tmp\" is not an absolute path")]
    [InlineData("\"env\":[\"A=\",\"NOVALUE\"]", "process.env[1]: \"NOVALUE\" is not of the form NAME=value")]
    [InlineData("\"env\":[\"=x\"]", "process.env[0]: \"=x\" is not of the form NAME=value")]
    [InlineData("\"user\":{\"uid\":4294967295}", "process.user.uid: 4294967295 can be nobody's id: to the kernel it means none")]
    [InlineData("\"user\":{\"gid\":4294967295}", "process.user.gid: 4294967295 can be nobody's id: to the kernel it means none")]
    [InlineData("\"user\":{\"umask\":512}", "process.user.umask: 512 is out of range (0 to 511, which is 0777)")]
    [InlineData("\"user\":{\"additionalGids\":[1,4294967295]}",
        "process.user.additionalGids[1]: 4294967295 can be nobody's id: to the kernel it means none")]
    [InlineData("\"terminal\":true,\"consoleSize\":{\"height\":65536,\"width\":1}",
        "process.consoleSize.height: 65536 is out of range (0 to 65535)")]
    [InlineData("\"terminal\":true,\"consoleSize\":{\"height\":1,\"width\":65536}",
        "process.consoleSize.width: 65536 is out of range (0 to 65535)")]
    [InlineData("\"oomScoreAdj\":1001", "process.oomScoreAdj: 1001 is out of range (-1000 to 1000)")]
    [InlineData("\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_FLY\"],\"permitted\":[\"CAP_FLY\"]}",
        "warning: process.capabilities.bounding[1]: unknown capability \"CAP_FLY\" is ignored")]
    [InlineData("\"capabilities\":{\"effective\":[\"CAP_KILL\",\"CAP_CHOWN\"],\"permitted\":[\"CAP_CHOWN\"]}",
        "process.capabilities.effective: CAP_KILL is not in capabilities.permitted")]
    [InlineData("\"rlimits\":[{\"soft\":1,\"hard\":1}]", "process.rlimits[0].type: missing")]
    [InlineData("\"rlimits\":[{\"type\":\"RLIMIT_FOO\",\"soft\":1,\"hard\":1}]",
        "process.rlimits[0].type: unknown limit \"RLIMIT_FOO\"; see getrlimit(2) for the names")]
    [InlineData("\"rlimits\":[{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_AS\",\"soft\":1,\"hard\":2}]",
        "process.rlimits[1].type: RLIMIT_AS is given twice")]
    [InlineData("\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":18446744073709551615,\"hard\":5}]",
        "process.rlimits[0].soft: 18446744073709551615 is more than the hard limit 5")]
    [InlineData("\"scheduler\":{}", "process.scheduler.policy: missing")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_FAST\"}", "process.scheduler.policy: unknown policy \"SCHED_FAST\"")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_ISO\"}",
        "process.scheduler.policy: SCHED_ISO has never been in the kernel; SCHED_RR comes closest")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"nice\":20}",
        "process.scheduler.nice: 20 is out of range (-20 to 19)")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_BATCH\",\"priority\":1}",
        "process.scheduler.priority: must be 0 with SCHED_BATCH; only SCHED_FIFO and SCHED_RR have one")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_FIFO\"}",
        "process.scheduler.priority: 0 is out of range (1 to 99 with SCHED_FIFO)")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_RR\",\"priority\":100}",
        "process.scheduler.priority: 100 is out of range (1 to 99 with SCHED_RR)")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_IDLE\",\"period\":1}",
        "process.scheduler: runtime, deadline and period are for SCHED_DEADLINE, not SCHED_IDLE")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1023,\"deadline\":5000}",
        "process.scheduler.runtime: 1023 ns is too little; the kernel takes 1024 and more")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":5001,\"deadline\":5000}",
        "process.scheduler.deadline: 5000 ns is less than the runtime of 5001 ns")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_DEADLINE\",\"runtime\":2000,\"deadline\":5000,\"period\":4999}",
        "process.scheduler.period: 4999 ns is less than the deadline of 5000 ns")]
    [InlineData("\"scheduler\":{\"policy\":\"SCHED_OTHER\",\"flags\":[\"SCHED_FLAG_RECLAIM\",\"X\"]}",
        "process.scheduler.flags[1]: unknown flag \"X\"")]
    [InlineData("\"ioPriority\":{\"priority\":1}", "process.ioPriority.class: missing")]
    [InlineData("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_NONE\"}",
        "process.ioPriority.class: \"IOPRIO_CLASS_NONE\" is none of IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE")]
    [InlineData("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}",
        "process.ioPriority.priority: 8 is out of range (0 to 7)")]
    [InlineData("\"execCPUAffinity\":{\"initial\":\"0-\"}",
        "process.execCPUAffinity.initial: \"0-\" is not a list of CPUs such as 0-3,7")]
    [InlineData("\"execCPUAffinity\":{\"final\":\"3-1\"}",
        "process.execCPUAffinity.final: \"3-1\" is not a list of CPUs such as 0-3,7")]
    public void Rules_of_the_process(string member, string problem) => Assert.Equal([problem], CheckProcess(member));

    [Theory]
    [InlineData("\"namespaces\":[{}]", "linux.namespaces[0].type: missing")]
    [InlineData("\"namespaces\":[{\"type\":\"net\"}]", "linux.namespaces[0].type: unknown namespace \"net\"")]
    [InlineData("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\",\"path\":\"/p\"}]",
        "linux.namespaces[1].type: pid is given twice")]
    [InlineData("\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"pid\"}]",
        "linux.namespaces[2].type: pid is given twice")]
    [InlineData("\"namespaces\":[{\"type\":\"ipc\",\"path\":\"ns/ipc\"}]",
        "linux.namespaces[0].path: \"ns/ipc\" is not an absolute path")]
    [InlineData("\"uidMappings\":" + OneToOne, "linux.uidMappings: needs a user namespace in linux.namespaces")]
    [InlineData("\"gidMappings\":" + OneToOne, "linux.gidMappings: needs a user namespace in linux.namespaces")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"uidMappings\":" + OneToOne, "linux.gidMappings: missing")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"gidMappings\":" + OneToOne, "linux.uidMappings: missing")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"gidMappings\":" + OneToOne +
        ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1},{\"containerID\":5,\"hostID\":7,\"size\":0}]",
        "linux.uidMappings[1].size: must be at least 1")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"gidMappings\":" + OneToOne +
        ",\"uidMappings\":[{\"containerID\":0,\"hostID\":4294967290,\"size\":6}]",
        "linux.uidMappings[0]: goes beyond the last id, 4294967294")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"uidMappings\":" + OneToOne +
        ",\"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":1},{\"containerID\":4294967295,\"hostID\":1,\"size\":1}]",
        "linux.gidMappings[1]: goes beyond the last id, 4294967294")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"gidMappings\":" + OneToOne +
        ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":4294967295}]",
        "linux.uidMappings[0]: goes beyond the last id, 4294967294")]
    [InlineData("\"devices\":[{\"type\":\"p\",\"path\":\"/x\",\"uid\":4294967295,\"gid\":4294967294}]",
        "linux.devices[0].uid: 4294967295 can be nobody's id: to the kernel it means none")]
    [InlineData("\"devices\":[{\"type\":\"p\",\"path\":\"/x\",\"gid\":4294967295}]",
        "linux.devices[0].gid: 4294967295 can be nobody's id: to the kernel it means none")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"gidMappings\":" + OneToOne +
        ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":10},{\"containerID\":9,\"hostID\":100,\"size\":1}]",
        "linux.uidMappings[1].containerID: overlaps linux.uidMappings[0]")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"gidMappings\":" + OneToOne +
        ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":10},{\"containerID\":10,\"hostID\":10,\"size\":1}]",
        "linux.uidMappings[1].hostID: overlaps linux.uidMappings[0]")]
    [InlineData("\"namespaces\":[" + NewUser + "],\"gidMappings\":" + OneToOne +
        ",\"uidMappings\":[{\"containerID\":1,\"hostID\":1,\"size\":10}]",
            "process.user.uid: 0 is not mapped by linux.uidMappings")]
    [InlineData("\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
        "linux.timeOffsets: needs a new time namespace in linux.namespaces; those of a joined one are fixed")]
    [InlineData("\"namespaces\":[{\"type\":\"time\",\"path\":\"/t\"}],\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
        "linux.timeOffsets: needs a new time namespace in linux.namespaces; those of a joined one are fixed")]
    [InlineData("\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"realtime\":{\"secs\":1}}",
        "linux.timeOffsets.realtime: is no clock; must be monotonic or boottime")]
    [InlineData("\"namespaces\":[{\"type\":\"time\"}],\"timeOffsets\":{\"monotonic\":{\"nanosecs\":1000000000}}",
        "linux.timeOffsets.monotonic.nanosecs: 1000000000 is out of range (0 to 999999999)")]
    [InlineData("\"devices\":[{\"type\":\"c\",\"major\":1,\"minor\":1}]", "linux.devices[0].path: missing")]
    [InlineData("\"devices\":[{\"type\":\"c\",\"path\":\"dev/x\",\"major\":1,\"minor\":1}]",
        "linux.devices[0].path: \"dev/x\" is not an absolute path")]
    [InlineData("\"devices\":[{\"path\":\"/x\"}]", "linux.devices[0].type: missing")]
    [InlineData("\"devices\":[{\"type\":\"s\",\"path\":\"/x\"}]",
        "linux.devices[0].type: \"s\" is none of c, u (the same), b and p")]
    [InlineData("\"devices\":[{\"type\":\"b\",\"path\":\"/x\",\"minor\":1}]", "linux.devices[0].major: missing")]
    [InlineData("\"devices\":[{\"type\":\"u\",\"path\":\"/x\",\"major\":1,\"minor\":-1}]",
        "linux.devices[0].minor: -1 is out of range (0 to 1048575)")]
    [InlineData("\"devices\":[{\"type\":\"c\",\"path\":\"/x\",\"major\":4096,\"minor\":1}]",
        "linux.devices[0].major: 4096 is out of range (0 to 4095)")]
    [InlineData("\"devices\":[{\"type\":\"p\",\"path\":\"/x\",\"fileMode\":65536}]",
        "linux.devices[0].fileMode: 65536 has bits that no file mode has; it is a decimal number")]
    [InlineData("\"netDevices\":{\"eth0\":{}}", "linux.netDevices: needs a network namespace in linux.namespaces")]
    [InlineData("\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"a/b\":{}}",
        "linux.netDevices[\"a/b\"]: \"a/b\" is no interface name")]
    [InlineData("\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"eth0\":{\"name\":\"interface0123456\"}}",
        "linux.netDevices.eth0.name: \"interface0123456\" is no interface name: it must have 1 to 15 bytes")]
    [InlineData("\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"eth0\":{\"name\":\"e%dth\"}}",
        "linux.netDevices.eth0.name: \"e%dth\" is no interface name")]
    [InlineData("\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"eth0\":{\"name\":\"a%d%d\"}}",
        "linux.netDevices.eth0.name: \"a%d%d\" is no interface name")]
    [InlineData("\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"eth%d\":{}}",
        "linux.netDevices[\"eth%d\"]: \"eth%d\" is no interface name")]
    [InlineData("\"namespaces\":[{\"type\":\"network\"}],\"netDevices\":{\"a\":{\"name\":\"x\"},\"x\":{}}",
        "linux.netDevices.x.name: \"x\" is the name of two devices")]
    [InlineData("\"rootfsPropagation\":\"public\"",
        "linux.rootfsPropagation: \"public\" is none of shared, slave, private, unbindable and their r forms")]
    [InlineData("\"maskedPaths\":[\"/proc/kcore\"]",
        "linux.maskedPaths: needs a mount namespace in linux.namespaces; it would cover the host's files")]
    [InlineData("\"namespaces\":[{\"type\":\"mount\"}],\"maskedPaths\":[\"/a\",\"b\"]",
        "linux.maskedPaths[1]: \"b\" is not an absolute path")]
    [InlineData("\"namespaces\":[{\"type\":\"mount\"}],\"readonlyPaths\":[\"\"]",
        "linux.readonlyPaths[0]: empty; must be an absolute path")]
    [InlineData("\"memoryPolicy\":{}", "linux.memoryPolicy.mode: missing")]
    [InlineData("\"memoryPolicy\":{\"mode\":\"MPOL_NEAR\"}", "linux.memoryPolicy.mode: unknown mode \"MPOL_NEAR\"")]
    [InlineData("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\"}",
        "linux.memoryPolicy.nodes: missing: MPOL_BIND needs at least one node")]
    [InlineData("\"memoryPolicy\":{\"mode\":\"MPOL_LOCAL\",\"nodes\":\"0\"}",
        "linux.memoryPolicy.nodes: must be empty with MPOL_LOCAL")]
    [InlineData("\"memoryPolicy\":{\"mode\":\"MPOL_DEFAULT\",\"nodes\":\"0\"}",
        "linux.memoryPolicy.nodes: must be empty with MPOL_DEFAULT")]
    [InlineData("\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"a\"}",
        "linux.memoryPolicy.nodes: \"a\" is not a list of nodes such as 0-1,3")]
    [InlineData("\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_X\"]}",
        "linux.memoryPolicy.flags[0]: unknown flag \"MPOL_F_X\"")]
    [InlineData(
    "\"memoryPolicy\":{\"mode\":\"MPOL_BIND\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"]}",
        "linux.memoryPolicy.flags: MPOL_F_RELATIVE_NODES and MPOL_F_STATIC_NODES exclude each other")]
    [InlineData("\"memoryPolicy\":{\"mode\":\"MPOL_INTERLEAVE\",\"nodes\":\"0\",\"flags\":[\"MPOL_F_NUMA_BALANCING\"]}",
        "linux.memoryPolicy.flags: MPOL_F_NUMA_BALANCING goes with MPOL_BIND and MPOL_PREFERRED_MANY, not with MPOL_INTERLEAVE")]
    [InlineData("\"intelRdt\":{\"closID\":\"..\"}", "linux.intelRdt.closID: \"..\" is no name of a group")]
    [InlineData("\"intelRdt\":{\"closID\":\"a/b\"}", "linux.intelRdt.closID: \"a/b\" is no name of a group")]
    [InlineData("\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}", "linux.intelRdt.memBwSchema: must be one line that starts with MB:")]
    [InlineData("\"intelRdt\":{\"schemata\":[\"L3:0=f\",\"junk\"]}",
        "linux.intelRdt.schemata[1]: must be one line such as L3:0=f;1=f")]
    [InlineData("\"personality\":{}", "linux.personality.domain: missing")]
    [InlineData("\"personality\":{\"domain\":\"BSD\"}", "linux.personality.domain: \"BSD\" is none of LINUX, LINUX32")]
    [InlineData("\"personality\":{\"domain\":\"LINUX32\",\"flags\":[\"X\"]}",
        "linux.personality.flags: must be empty: no flag is defined")]
    public void Rules_of_linux(string member, string problem) => Assert.Equal([problem], CheckLinux(member));

    [Theory]
    [InlineData("kernel.shmmax", "1",
        "is not allowed in the host's ipc namespace: it needs an ipc namespace in linux.namespaces")]
    [InlineData("fs.mqueue.msg_max", "1", "is not allowed in the host's ipc namespace: it needs an ipc namespace in " +
    "linux.namespaces")]
    [InlineData("net.ipv4.ip_forward", "1", "is not allowed in the host's network namespace: it needs a network namespace in " +
    "linux.namespaces")]
    [InlineData("user.max_pid_namespaces", "1", "is not allowed in the host's user namespace: it needs a user namespace in " +
    "linux.namespaces")]
    [InlineData("kernel.domainname", "x", "is not allowed in the host's uts namespace: it needs a uts namespace in " +
    "linux.namespaces")]
    [InlineData("kernel.hostname", "x", "cannot be set here; use hostname")]
    [InlineData("kernel/hostname", "x", "cannot be set here; use hostname")]
    [InlineData("kernel.core_pattern", "|/x", "is not in a separate kernel namespace, so setting it would change the host")]
    [InlineData("vm.swappiness", "1", "is not in a separate kernel namespace, so setting it would change the host")]
    [InlineData("net/../kernel/core_pattern", "x", "is no name of a sysctl")]
    [InlineData("net//x", "x", "is no name of a sysctl")]
    [InlineData("/net/x", "x", "is no name of a sysctl")]
    [InlineData("net", "x", "is no name of a sysctl")]
    [InlineData("net.core.x", "1\\n2", "the value has a line break in it")]
    public void Sysctls_need_their_namespace(string name, string value, string problem)
    {
        Assert.Equal([$"linux.sysctl[\"{name}\"]: {problem}".Replace("[\"net\"]", ".net")],
            CheckLinux($$"""
                "sysctl":{"{{name}}":"{{value}}"}
                """));
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding")]
    [InlineData("net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding")]
    [InlineData("a", null)]
    [InlineData("a..b", null)]
    public void The_first_separator_of_a_sysctl_decides(string name, string? path) => Assert.Equal(path,
        SysctlRules.PathOf(name));

    [Fact]
    public void A_domainname_sysctl_must_agree_with_domainname()
    {
        const string json = """
            {"domainname":"a","linux":{"namespaces":[{"type":"uts"}],"sysctl":{"kernel.domainname":"VALUE"}}}
            """;
        Assert.Empty(Check(json.Replace("VALUE", "a")));
        Assert.Equal(["""linux.sysctl["kernel.domainname"]: "b" is not what domainname says, "a" """.TrimEnd()], Check(json.Replace("VALUE", "b")));
    }

    [Fact]
    public void Long_strings_and_paths_are_named_with_their_length()
    {
        string[] problems = Check($$$$"""
            {"hostname":"{{{{new string('h', 65)}}}}","process":{"args":["sh","{{{{new string('a', 131_072)}}}}"],"cwd":"/{{{{new string('c', 4095)}}}}",
             "env":["SMALL=1","BIG={{{{new string('b', 131_068)}}}}","FITS={{{{new string('b', 131_066)}}}}"]},
             "mounts":[{"destination":"/{{{{new string('d', 256)}}}}"}],"linux":{"namespaces":[{"type":"uts"}]}}
            """);
        Assert.Equal(
            [
                "hostname: is 65 bytes long; the kernel takes at most 64",
                "process.args[1]: is 131072 bytes long; execve takes at most 131071 for one string",
                "process.env[1]: BIG is 131072 bytes long; execve takes at most 131071 for one string",
                "process.cwd: is 4096 bytes long; the kernel takes paths of at most 4095",
                "mounts[0].destination: has a name of 256 bytes in it; the kernel takes names of at most 255",
            ],
            problems);
    }

    [Theory]
    [InlineData('ü', 2)]
    [InlineData('語', 3)]
    public void Names_are_measured_in_bytes_and_not_in_letters(char letter, int bytes)
    {
        string fits = new(letter, 255 / bytes);
        string name = fits + letter;
        int size = name.Length * bytes;
        Assert.Equal([$"mounts[1].destination: has a name of {size} bytes in it; the kernel takes names of at most 255"],
            Check($$$"""{"mounts":[{"destination":"/{{{fits}}}"},{"destination":"/{{{name}}}"}]}"""));
    }

    [Theory]
    [InlineData(65535, 65535, "")]
    [InlineData(65536, 0, "process.user.uid: 65536 is not mapped by linux.uidMappings")]
    [InlineData(0, 65536, "process.user.gid: 65536 is not mapped by linux.gidMappings")]
    public void User_has_to_be_within_the_mappings(uint uid, uint gid, string problem) => Assert.Equal(problem, string.Join(';',
        Check($$$$"""
            {"process":{"args":["sh"],"cwd":"/","user":{"uid":{{{{uid}}}},"gid":{{{{gid}}}}}},
             "linux":{"namespaces":[{{{{NewUser}}}}],"uidMappings":{{{{OneToOne}}}},"gidMappings":{{{{OneToOne}}}}}}
            """)));

    [Fact]
    public void More_mapping_lines_than_the_kernel_takes_are_refused()
    {
        string lines = string.Join(',', Enumerable.Range(0, 341).Select(i =>
            "{\"containerID\":" + i + ",\"hostID\":" + i + ",\"size\":1}"));
        Assert.Equal(
            ["linux.uidMappings: has 341 lines; the kernel takes at most 340"],
            CheckLinux($"\"namespaces\":[{NewUser}],\"gidMappings\":{OneToOne},\"uidMappings\":[{lines}]"));
    }

    [Fact]
    public void What_the_reader_has_refused_is_not_refused_again()
    {
        Assert.Equal(
            ["root: expected an object, got a list", "process.args: expected a list, got a string",
             "mounts[0]: expected an object, got null", "linux.namespaces[0].type: expected a string, got a number",
             "mounts[1].destination: missing"],
            Check("""
                {"root":[],"process":{"args":"sh","cwd":"/"},"mounts":[null,{}],"linux":{"namespaces":[{"type":1}]}}
                """));
    }

    [Fact]
    public void A_map_must_be_short_enough_for_one_write()
    {
        string Lines(int count) => string.Join(',', Enumerable.Range(0, count).Select(i =>
            $$"""{"containerID":{{i * 2}},"hostID":{{100000 + (i * 2)}},"size":1}"""));
        string Json(int count) => $$"""
            "namespaces":[{"type":"user"}],"uidMappings":[{{Lines(count)}}],"gidMappings":{{OneToOne}}
            """;
        Assert.Empty(CheckLinux(Json(319)));
        Assert.Equal(["linux.uidMappings: takes 4105 bytes as the text of a map; the kernel takes at most 4095: join lines, " +
            "or use fewer"],
            CheckLinux(Json(320)));
        Assert.Equal(["linux.uidMappings: has 341 lines; the kernel takes at most 340"], CheckLinux(Json(341)));
    }

    [Fact]
    public void Groups_are_as_many_as_the_kernel_takes()
    {
        string Json(int count) => $$"""
            "user":{"additionalGids":[{{string.Join(',', Enumerable.Range(0, count))}}]}
            """;
        Assert.Empty(CheckProcess(Json(65536)));
        Assert.Equal(["process.user.additionalGids: has 65537 groups; the kernel takes at most 65536"],
            CheckProcess(Json(65537)));
    }

    [Fact]
    public void All_problems_of_all_sections_come_together()
    {
        Assert.Equal(5, Check("""
            {"hostname":"h","process":{},"hooks":{"poststop":[{}]},"linux":{"personality":{}}}
            """).Length);
    }

    [Fact]
    public void A_process_need_not_be_there_when_only_a_bundle_is_checked()
    {
        var problems = new List<ConfigProblem>();
        Validator.Validate(new RuntimeSpec { OciVersion = "1.0.0", Root = new SpecRoot { Path = "r" } }, problems,
            processRequired: false);
        Assert.Empty(problems);
    }

    [Fact]
    public void A_process_file_of_exec_has_paths_without_a_prefix()
    {
        var problems = new List<ConfigProblem>();
        Validator.ValidateProcess(new SpecProcess { Args = ["x"], Cwd = "rel" }, "", problems);
        Assert.Equal("cwd: \"rel\" is not an absolute path", Assert.Single(problems).ToString());
    }

    [Theory]
    [InlineData("1.0.0-rc5-dev")]
    [InlineData("1.0.2+build.7")]
    [InlineData("1.99.0")]
    public void Versions_old_and_new_of_the_same_major_are_accepted(string version)
    {
        Assert.Empty(Check($$"""{"ociVersion":"{{version}}"}"""));
    }

    [Fact]
    public void Good_values_at_the_edges_are_accepted()
    {
        Assert.Empty(Check($$$$"""
            {"domainname":"{{{{new string('d', 64)}}}}","hostname":"",
             "process":{"args":["sh",""],"cwd":"/","env":["A=b=c","E="],"user":{"uid":65535,"umask":511},"oomScoreAdj":-1000,"consoleSize":{"height":70000,"width":70000},
               "capabilities":{"effective":["cap_kill"],"permitted":["CAP_KILL"],"ambient":["KILL"]},
               "rlimits":[{"type":"RLIMIT_NOFILE","soft":18446744073709551615,"hard":18446744073709551615}],
               "scheduler":{"policy":"SCHED_DEADLINE","runtime":1024,"deadline":1024,"flags":["SCHED_FLAG_DL_OVERRUN"]},
               "ioPriority":{"class":"IOPRIO_CLASS_IDLE","priority":7},"execCPUAffinity":{"initial":"0-3, 7","final":""}},
             "hooks":{"poststop":[{"path":"/x","timeout":1}]},
             "linux":{"namespaces":[{"type":"user"},{"type":"uts","path":""},{"type":"time"},{"type":"network","path":"/n"},{"type":"ipc"}],
               "uidMappings":{{{{OneToOne}}}},"gidMappings":{{{{OneToOne}}}},"timeOffsets":{"monotonic":{"secs":-5,"nanosecs":999999999}},
               "devices":[{"type":"p","path":"/fifo","fileMode":4516},{"type":"c","path":"/x","major":4095,"minor":1048575,"fileMode":8630}],
               "netDevices":{"eth0.100":{"name":"fifteen-letters"},"a":{"name":"eth%d"},"b":{"name":"eth%d"},"c":{"name":"%d"}},"intelRdt":{"closID":"/","memBwSchema":"MB:0=5"},
               "sysctl":{"net.core.somaxconn":"5","kernel.msgmax":"1","user.max_ipc_namespaces":"2"},
               "memoryPolicy":{"mode":"MPOL_PREFERRED","flags":["MPOL_F_STATIC_NODES"]},"rootfsPropagation":"rslave",
               "personality":{"domain":"LINUX","flags":[]}}}
            """));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_default_config_is_valid(bool rootless)
    {
        var problems = new List<ConfigProblem>();
        Validator.Validate(rootless ? DefaultConfig.CreateRootless(1000, 1000) : DefaultConfig.Create(), problems);
        Assert.Empty(problems);
    }
}
