using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using OciRun.Engine;
using OciRun.Engine.Systemd;
using OciRun.Planning.Cgroups;
using OciRun.Syscalls;
using Xunit;

namespace OciRun.Tests.Unit;

/// <summary>A message bus with a service manager behind it, on a socket of its own, that does what a test tells it.</summary>
sealed class FakeBus : IDisposable
{
    const string Systemd = ":1.1";
    readonly Socket _listener;
    readonly Thread _thread;
    uint _serial = 100;

    public string SocketPath { get; } = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"));
    public List<DBusMessage> Calls { get; } = [];
    public List<string> AuthLines { get; } = [];

    /// <summary>Answers to authentication lines, in turn; "OK 0" when there is no more.</summary>
    public Queue<string> AuthAnswers { get; } = new();
    /// <summary>Answers a call of systemd with an error name; null goes on.</summary>
    public Func<DBusMessage, string?> Fail { get; set; } = _ => null;
    /// <summary>True stops answering (or closes) at this call.</summary>
    public Func<DBusMessage, bool> SilentAt { get; set; } = _ => false;
    public bool CloseInstead { get; set; }
    public string JobResult { get; set; } = "done";
    /// <summary>Sent before the true end of the job.</summary>
    public bool SendForeignSignals { get; set; }
    public byte[]? Garbage { get; set; }
    public bool NeverAccepts { get; set; }

    public FakeBus()
    {
        _listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen(8);
        _thread = new Thread(Serve) { IsBackground = true };
    }

    public FakeBus Start()
    {
        _thread.Start();
        return this;
    }

    public void Dispose()
    {
        _listener.Dispose();
        File.Delete(SocketPath);
    }

    void Serve()
    {
        try
        {
            while (!NeverAccepts)
            {
                using Socket client = _listener.Accept();
                using NetworkStream stream = new(client);
                try
                {
                    Talk(stream);
                }
                catch (IOException)
                {
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    void Talk(NetworkStream stream)
    {
        Assert.Equal(0, stream.ReadByte());
        string line;
        while ((line = ReadLine(stream)) != "BEGIN")
        {
            AuthLines.Add(line);
            stream.Write(Encoding.ASCII.GetBytes((AuthAnswers.Count > 0 ? AuthAnswers.Dequeue() : "OK 0") + "\r\n"));
        }
        while (ReadMessage(stream) is { } call)
        {
            Calls.Add(call);
            if (SilentAt(call))
            {
                if (!CloseInstead)
                {
                    stream.ReadByte();
                }
                return;
            }
            if (Garbage is not null && call.Member == "StartTransientUnit")
            {
                stream.Write(Garbage);
                continue;
            }
            Answer(stream, call);
        }
    }

    void Answer(Stream stream, DBusMessage call)
    {
        if (Fail(call) is { } error)
        {
            DBusMessage failure = DBusMessage.ReplyTo(call.Serial, DBusMessageType.Error);
            failure.ErrorName = error;
            Send(stream, failure, Systemd, "s", "it failed");
            return;
        }
        DBusMessage reply = DBusMessage.ReplyTo(call.Serial, DBusMessageType.MethodReturn);
        switch (call.Member)
        {
            case "Hello":
                Send(stream, reply, "org.freedesktop.DBus", "s", ":1.7");
                break;
            case "Get":
                string value = (string)call.Body[1] switch
                {
                    "Version" => "252.39-1~deb12u1",
                    "Description" => "oci-run container web (/run/x)",
                    _ => "/user.slice/u/",
                };
                Send(stream, reply, Systemd, "v", new DBusVariant("s", value));
                break;
            case "GetUnit":
                Send(stream, reply, Systemd, "o", "/unit/1");
                break;
            case "StartTransientUnit" or "StopUnit":
                if (SendForeignSignals)
                {
                    Job(stream, ":1.66", "/job/1", "failed");
                    Job(stream, Systemd, "/job/2", "failed");
                }
                // The job may be over before the answer to the call arrives.
                Job(stream, Systemd, "/job/1", JobResult);
                Send(stream, reply, Systemd, "o", "/job/1");
                break;
            default:
                Send(stream, reply, Systemd, "");
                break;
        }
    }

    void Job(Stream stream, string sender, string job, string result) => Send(stream,
        new DBusMessage
        {
            Type = DBusMessageType.Signal,
            Path = "/org/freedesktop/systemd1",
            Interface = "org.freedesktop.systemd1.Manager",
            Member = "JobRemoved",
        }, sender, "uoss", 1u, job, "x.scope", result);

    void Send(Stream stream, DBusMessage message, string sender, string signature, params object[] body)
    {
        message.Serial = ++_serial;
        message.Signature = signature;
        message.Body = body;
        message.Sender = sender;
        stream.Write(message.ToBytes());
    }

    static string ReadLine(Stream stream)
    {
        StringBuilder line = new();
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            int b = stream.ReadByte();
            line.Append(b < 0 ? throw new IOException() : (char)b);
        }
        return line.ToString(0, line.Length - 2);
    }

    static DBusMessage? ReadMessage(Stream stream)
    {
        byte[] head = new byte[16];
        if (stream.ReadAtLeast(head, 16, throwOnEndOfStream: false) < 16)
        {
            return null;
        }
        byte[] all = new byte[DBusMessage.TotalLength(head)];
        head.CopyTo(all, 0);
        stream.ReadExactly(all.AsSpan(16));
        return DBusMessage.Parse(all);
    }
}

public sealed class DBusTests : IDisposable
{
    readonly FakeBus _bus = new();

    public void Dispose() => _bus.Dispose();

    SystemdManager Connect(int timeoutMs = 5000) =>
        SystemdManager.Connect([(_bus.SocketPath, true)], user: false, timeoutMs);

    static readonly List<UnitProperty> Properties =
    [
        new("Description", new DBusVariant("s", "oci-run container web")),
        new("Delegate", new DBusVariant("b", true)),
        new("PIDs", new DBusVariant("au", new List<object> { 42u, 43u })),
        new("MemoryMax", new DBusVariant("t", ulong.MaxValue)),
        new("DeviceAllow", new DBusVariant("a(ss)", new List<object> { new List<object> { "char-*", "m" } })),
    ];

    [Fact]
    public void Transient_unit_is_started_with_its_properties()
    {
        _bus.Start();
        using SystemdManager systemd = Connect();
        systemd.Start("web.scope", Properties);
        DBusMessage call = _bus.Calls.Single(c => c.Member == "StartTransientUnit");
        Assert.Equal(("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
            "ssa(sv)a(sa(sv))"),
            (call.Destination, call.Path, call.Interface, call.Signature));
        Assert.Equal(["web.scope", "replace"], call.Body.Take(2));
        List<object> sent = (List<object>)call.Body[2];
        Assert.Equal(Properties.Select(p => p.Name), sent.Select(p => (string)((List<object>)p)[0]));
        DBusVariant pids = (DBusVariant)((List<object>)sent[2])[1];
        Assert.Equal("au", pids.Signature);
        Assert.Equal([42u, 43u], (List<object>)pids.Value);
        Assert.Contains(_bus.Calls, c => c.Member == "AddMatch" && c.Text.Contains("JobRemoved"));
    }

    [Fact]
    public void Version_and_control_group_are_read()
    {
        _bus.Start();
        using SystemdManager systemd = Connect();
        Assert.Equal(252, systemd.Version);
        Assert.Equal("/user.slice/u", systemd.ControlGroup);
    }

    [Fact]
    public void User_is_left_to_the_kernel_first_and_named_when_the_bus_insists()
    {
        _bus.AuthAnswers.Enqueue("DATA");
        _bus.AuthAnswers.Enqueue("REJECTED EXTERNAL");
        _bus.Start();
        using SystemdManager systemd = Connect();
        string uid = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(DBusConnection.OwnerUid().ToString()));
        Assert.Equal(["AUTH EXTERNAL", "DATA", "AUTH EXTERNAL " + uid], _bus.AuthLines);
    }

    /// <summary>Authentication, hello, a call and an error answer of the reference implementation.</summary>
    [Fact]
    public void Real_message_bus_is_understood()
    {
        string socket = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"));
        using Process daemon = Process.Start(new ProcessStartInfo("dbus-daemon",
            ["--session", "--nofork", "--nopidfile", "--nosyslog", "--address=unix:path=" + socket]))!;
        try
        {
            Assert.True(SpinWait.SpinUntil(() => File.Exists(socket), 5000));
            using DBusConnection connection = DBusConnection.Open(socket, isBus: true, new Deadline(5000));
            const string bus = "org.freedesktop.DBus";
            DBusMessage names = connection.Call(bus, "/org/freedesktop/DBus", bus, "ListNames");
            Assert.Contains(bus, (List<object>)names.Body[0]);
            DBusMessage failure = connection.TryCall("com.example.Nobody", "/", "com.example.Nobody", "Nothing");
            Assert.Equal("org.freedesktop.DBus.Error.ServiceUnknown", failure.ErrorName);
        }
        finally
        {
            daemon.Kill();
            daemon.WaitForExit();
            File.Delete(socket);
        }
    }

    [Fact]
    public void Refused_authentication_is_an_error()
    {
        _bus.AuthAnswers.Enqueue("REJECTED EXTERNAL");
        _bus.AuthAnswers.Enqueue("REJECTED EXTERNAL");
        _bus.Start();
        Assert.Contains("the bus refuses the connection: REJECTED", Assert.Throws<RuntimeException>(() => Connect()).Message);
    }

    [Fact]
    public void Unit_that_failed_earlier_is_forgotten_and_started_once_more()
    {
        int starts = 0;
        _bus.Fail = c => c.Member == "StartTransientUnit" && starts++ == 0 ? "org.freedesktop.systemd1.UnitExists" : null;
        _bus.Start();
        using SystemdManager systemd = Connect();
        systemd.Start("web.scope", Properties);
        Assert.Equal(["StartTransientUnit", "ResetFailedUnit", "StartTransientUnit"],
            _bus.Calls.Select(c => c.Member!).Where(m => m is "StartTransientUnit" or "ResetFailedUnit"));
    }

    [Fact]
    public void Unit_that_still_exists_is_an_error()
    {
        _bus.Fail = c => c.Member == "StartTransientUnit" ? "org.freedesktop.systemd1.UnitExists" : null;
        _bus.Start();
        using SystemdManager systemd = Connect();
        RuntimeException e = Assert.Throws<RuntimeException>(() => systemd.Start("web.scope", Properties));
        Assert.Equal("systemd: cannot start unit web.scope: it failed (org.freedesktop.systemd1.UnitExists)", e.Message);
    }

    [Fact]
    public void Result_of_a_failed_job_is_in_the_error()
    {
        _bus.JobResult = "timeout";
        _bus.Start();
        using SystemdManager systemd = Connect();
        RuntimeException e = Assert.Throws<RuntimeException>(() => systemd.Start("web.scope", Properties));
        Assert.Equal("systemd: cannot start unit web.scope: the job ended with result \"timeout\"", e.Message);
    }

    [Fact]
    public void Signals_of_others_and_of_other_jobs_are_not_believed()
    {
        _bus.SendForeignSignals = true;
        _bus.Start();
        using SystemdManager systemd = Connect();
        systemd.Start("web.scope", Properties);
    }

    [Fact]
    public void Stop_of_a_missing_unit_is_fine()
    {
        _bus.Fail = c => c.Member == "StopUnit" ? "org.freedesktop.systemd1.NoSuchUnit" : null;
        _bus.Start();
        using SystemdManager systemd = Connect();
        systemd.Stop("web.scope");
    }

    [Fact]
    public void Stopped_unit_is_reset()
    {
        _bus.Start();
        using SystemdManager systemd = Connect();
        systemd.Stop("web.scope");
        Assert.Equal(["StopUnit", "ResetFailedUnit"], _bus.Calls.TakeLast(2).Select(c => c.Member!));
    }

    [Fact]
    public void Unit_is_known_by_its_description()
    {
        _bus.Fail = c => c.Member == "GetUnit" && c.Text == "none.scope" ? "org.freedesktop.systemd1.NoSuchUnit" : null;
        _bus.Start();
        using SystemdManager systemd = Connect();
        Assert.True(systemd.Is("web.scope", SystemdProperties.Description("web", "/run/x")));
        Assert.Equal("/unit/1", _bus.Calls[^1].Path);
        Assert.False(systemd.Is("web.scope", SystemdProperties.Description("other", "/run/x")));
        Assert.False(systemd.Is("none.scope", SystemdProperties.Description("web", "/run/x")));
    }

    [Fact]
    public void Properties_of_a_running_unit_are_set_until_it_stops()
    {
        _bus.Start();
        using SystemdManager systemd = Connect();
        systemd.SetProperties("web.scope", Properties);
        DBusMessage call = _bus.Calls[^1];
        Assert.Equal("SetUnitProperties", call.Member);
        Assert.Equal(["web.scope", true], call.Body.Take(2));
    }

    [Theory]
    [InlineData("Hello", false)]
    [InlineData("Hello", true)]
    [InlineData("AddMatch", false)]
    [InlineData("StartTransientUnit", false)]
    [InlineData("StartTransientUnit", true)]
    public void Bus_that_falls_silent_or_closes_ends_in_an_error_in_time(string member, bool closes)
    {
        _bus.SilentAt = c => c.Member == member;
        _bus.CloseInstead = closes;
        _bus.Start();
        long start = Environment.TickCount64;
        RuntimeException e = Assert.Throws<RuntimeException>(() =>
        {
            using SystemdManager systemd = Connect(1000);
            systemd.Start("web.scope", Properties);
        });
        Assert.Contains(closes ? "the bus closed the connection" : "no answer within 1 seconds", e.Message);
        Assert.InRange(Environment.TickCount64 - start, closes ? 0 : 900, 4000);
    }

    [Fact]
    public void Bus_that_never_accepts_ends_in_an_error_in_time()
    {
        _bus.NeverAccepts = true;
        _bus.Start();
        Assert.Contains("no answer within 1 seconds", Assert.Throws<RuntimeException>(() => Connect(300)).Message);
    }

    [Fact]
    public void Missing_bus_is_worded_without_the_words_for_a_missing_program()
    {
        RuntimeException e = Assert.Throws<RuntimeException>(() => SystemdManager.Connect([("/nonexistent/bus", true)], false,
            1000));
        Assert.Contains("/nonexistent/bus", e.Message);
        Assert.DoesNotContain("no such file", e.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("--systemd-cgroup", e.Hint);
    }

    [Fact]
    public void Next_socket_is_tried_when_the_first_is_missing()
    {
        _bus.Start();
        using SystemdManager systemd = SystemdManager.Connect([("/nonexistent/bus", true), (_bus.SocketPath, true)], false, 1000);
        Assert.Equal(252, systemd.Version);
    }

    [Fact]
    public void Malformed_messages_end_in_an_error()
    {
        Random random = new(3);
        for (int i = 0; i < 40; i++)
        {
            using FakeBus bus = new();
            byte[] garbage = new byte[200];
            random.NextBytes(garbage);
            if (i % 2 == 0)
            {
                // A plausible head, so that the parser of the fields meets the noise.
                new byte[] { (byte)'l', 2, 0, 1, 40, 0, 0, 0, 9, 0, 0, 0, 100, 0, 0, 0 }.CopyTo(garbage, 0);
            }
            bus.Garbage = garbage;
            bus.Start();
            using SystemdManager systemd = SystemdManager.Connect([(bus.SocketPath, true)], false, 500);
            RuntimeException e = Assert.Throws<RuntimeException>(() => systemd.Start("web.scope", Properties));
            Assert.StartsWith("systemd: cannot start unit web.scope: ", e.Message);
        }
    }

    [Theory]
    [InlineData(false, "", "", "/run/dbus/system_bus_socket", "/run/systemd/private")]
    [InlineData(false, "unix:path=/a%20b,guid=1;tcp:host=x;unix:path=/c", "", "/a b", "/c")]
    [InlineData(true, "", "/run/user/1", "/run/user/1/bus", "/run/user/1/systemd/private")]
    [InlineData(true, "unix:path=/s", "", "/s")]
    [InlineData(true, "", "")]
    public void Addresses_of_the_bus(bool user, string address, string runtime, params string[] expected) =>
        Assert.Equal(expected,
        BusAddress.OfSystemd(user, name => name == "XDG_RUNTIME_DIR" ? runtime : address).Select(s => s.Path));

    [Fact]
    public void All_types_survive_the_wire()
    {
        string signature = "ybnqiuxtdsogas(yt)a(ss)aya{sv}v";
        List<object> values =
        [
            (byte)1, true, (short)-2, (ushort)3, -4, 5u, -6L, 7ul, 8.5, "ä", "/o", "a(ss)",
            new List<object> { "x", "" }, new List<object> { (byte)9, ulong.MaxValue },
            new List<object> { new List<object> { "k", "v" } }, new List<object> { (byte)1, (byte)2 }, new List<object>(),
            new DBusVariant("at", new List<object> { 1ul, 2ul }),
        ];
        DBusWriter writer = new();
        writer.Write(signature, values);
        List<object> read = new DBusReader(writer.Bytes).Read(signature);
        Assert.Equal(Flat(values), Flat(read));
        for (int length = 0; length < writer.Length; length++)
        {
            byte[] cut = writer.Bytes[..length].ToArray();
            Assert.Throws<FormatException>(() => new DBusReader(cut).Read(signature));
        }
    }

    static string Flat(object value) => value switch
    {
        List<object> list => "[" + string.Join(",", list.Select(Flat)) + "]",
        DBusVariant variant => variant.Signature + Flat(variant.Value),
        _ => value.GetType().Name + value,
    };

    [Fact]
    public void Numbers_are_aligned_as_the_specification_says()
    {
        DBusWriter writer = new();
        writer.Write("yta(y)", [(byte)1, 2ul, new List<object>()]);
        // One byte, seven of padding, eight; an empty array of structs is padded to eight, but its length is 0.
        Assert.Equal("01000000000000000200000000000000" + "0000000000000000", Convert.ToHexString(writer.Bytes));
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(writer.Bytes[16..]));
    }
}
