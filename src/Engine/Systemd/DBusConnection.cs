using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Engine.Systemd;

/// <summary>A connection to a message bus, or directly to a peer, over a UNIX socket. One exchange at a time; signals that come
/// meanwhile are kept. Never blocks beyond its deadline.</summary>
public sealed class DBusConnection : IDisposable
{
    readonly SafeFd _socket;
    readonly Deadline _deadline;
    readonly Queue<DBusMessage> _signals = new();
    byte[] _buffer = new byte[4096];
    int _filled;
    uint _serial;

    DBusConnection(SafeFd socket, bool isBus, Deadline deadline)
    {
        _socket = socket;
        IsBus = isBus;
        _deadline = deadline;
    }

    /// <summary>False on a socket of the peer itself, where messages have neither sender nor destination.</summary>
    public bool IsBus { get; }

    /// <summary>Connects, authenticates and says hello.</summary>
    /// <exception cref="DBusException">Nobody there, or not in time.</exception>
    public static DBusConnection Open(string socketPath, bool isBus, Deadline deadline)
    {
        SafeFd socket = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_STREAM | SocketType.SOCK_NONBLOCK);
        DBusConnection connection = new(socket, isBus, deadline);
        try
        {
            connection.Connect(socketPath);
            connection.Authenticate();
            if (isBus)
            {
                connection.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello");
            }
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>EAGAIN means that the listener's backlog is full, as on a busy host.</summary>
    void Connect(string path)
    {
        int result;
        while ((result = Syscall.TryConnectUnix(_socket, path)) == -Errno.EAGAIN && _deadline.LeftMs > 0)
        {
            Syscall.Sleep(10);
        }
        if (result < 0)
        {
            string reason = ErrnoText.Words(-result) + " (" + ErrnoText.Name(-result) + ")";
            throw new DBusException("connect(\"" + path + "\"): " + reason);
        }
    }

    /// <summary>SASL EXTERNAL. First without naming a user: the peer then takes the one that the kernel tells it, which is right
    /// in a user namespace as well. Old buses want the name: the user id as the bus sees it.</summary>
    void Authenticate()
    {
        Send("\0AUTH EXTERNAL\r\n"u8);
        string answer = ReadLine();
        if (answer.StartsWith("DATA", StringComparison.Ordinal))
        {
            Send("DATA\r\n"u8);
            answer = ReadLine();
        }
        if (!answer.StartsWith("OK", StringComparison.Ordinal))
        {
            string uid = OwnerUid().ToString(CultureInfo.InvariantCulture);
            Send(Encoding.ASCII.GetBytes("AUTH EXTERNAL " + Convert.ToHexStringLower(Encoding.ASCII.GetBytes(uid)) + "\r\n"));
            answer = ReadLine();
        }
        if (!answer.StartsWith("OK", StringComparison.Ordinal))
        {
            throw new DBusException("the bus refuses the connection: " + answer);
        }
        Send("BEGIN\r\n"u8);
    }

    /// <summary>The effective user id outside of the user namespace (user_namespaces(7), uid_map).</summary>
    public static uint OwnerUid()
    {
        uint uid = Stdio.EffectiveUid();
        foreach (string line in Encoding.ASCII.GetString(Syscall.ReadAll("/proc/self/uid_map", 1 << 20)).Split('\n'))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length == 3 && uint.TryParse(fields[0], out uint inside) && uint.TryParse(fields[1], out uint outside) &&
                uint.TryParse(fields[2], out uint count) && uid >= inside && uid - inside < count)
            {
                return outside + (uid - inside);
            }
        }
        return uid;
    }

    /// <summary>Calls a method and waits for its answer.</summary>
    /// <returns>A method return or an error; the caller tells them apart.</returns>
    public DBusMessage TryCall(string destination, string path, string @interface, string member, string signature = "",
        params IReadOnlyList<object> arguments)
    {
        DBusMessage call = new()
        {
            Type = DBusMessageType.MethodCall,
            Serial = ++_serial,
            Path = path,
            Interface = @interface,
            Member = member,
            Destination = IsBus ? destination : null,
            Signature = signature,
            Body = arguments,
        };
        Send(call.ToBytes());
        while (true)
        {
            DBusMessage message = Receive();
            if (message.Type == DBusMessageType.Signal)
            {
                _signals.Enqueue(message);
            }
            else if (message.ReplySerial == call.Serial && message.Type is DBusMessageType.MethodReturn or DBusMessageType.Error)
            {
                return message;
            }
        }
    }

    /// <summary>Like <see cref="TryCall"/>, but an error answer is thrown.</summary>
    public DBusMessage Call(string destination, string path, string @interface, string member, string signature = "",
        params IReadOnlyList<object> arguments)
    {
        DBusMessage answer = TryCall(destination, path, @interface, member, signature, arguments);
        return answer.Type == DBusMessageType.Error
            ? throw new DBusException(member + ": " + answer.Text + " (" + answer.ErrorName + ")")
            : answer;
    }

    /// <summary>The next signal.</summary>
    public DBusMessage NextSignal()
    {
        while (_signals.Count == 0)
        {
            DBusMessage message = Receive();
            if (message.Type == DBusMessageType.Signal)
            {
                _signals.Enqueue(message);
            }
        }
        return _signals.Dequeue();
    }

    void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = Syscall.TrySendMsg(_socket, bytes);
            if (sent == -Errno.EAGAIN)
            {
                Wait(PollEvents.POLLOUT);
            }
            else if (sent < 0)
            {
                throw new DBusException("the bus closed the connection (" + ErrnoText.Name(-sent) + ")");
            }
            else
            {
                bytes = bytes[sent..];
            }
        }
    }

    string ReadLine()
    {
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n"u8)) < 0)
        {
            if (_filled >= 4096)
            {
                throw new DBusException("the bus does not speak D-Bus");
            }
            Fill();
        }
        string line = Encoding.ASCII.GetString(_buffer, 0, end);
        Consume(end + 2);
        return line;
    }

    DBusMessage Receive()
    {
        try
        {
            while (_filled < DBusMessage.FixedHeader)
            {
                Fill();
            }
            int total = DBusMessage.TotalLength(_buffer);
            while (_filled < total)
            {
                Fill();
            }
            DBusMessage message = DBusMessage.Parse(_buffer.AsSpan(0, total));
            Consume(total);
            return message;
        }
        catch (FormatException e)
        {
            throw new DBusException("malformed message from the bus: " + e.Message);
        }
    }

    void Consume(int count)
    {
        _filled -= count;
        Buffer.BlockCopy(_buffer, count, _buffer, 0, _filled);
    }

    void Fill()
    {
        if (_filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        while (true)
        {
            int count = Syscall.TryRead(_socket, _buffer.AsSpan(_filled));
            if (count > 0)
            {
                _filled += count;
                return;
            }
            if (count != -Errno.EAGAIN)
            {
                string reason = count == 0 ? "" : " (" + ErrnoText.Name(-count) + ")";
                throw new DBusException("the bus closed the connection" + reason);
            }
            Wait(PollEvents.POLLIN);
        }
    }

    void Wait(short events)
    {
        int left = _deadline.LeftMs;
        if (left == 0 || Syscall.Poll(_socket, events, left) == 0)
        {
            throw new DBusException("no answer within " + (_deadline.TotalMs + 999) / 1000 + " seconds");
        }
    }

    public void Dispose() => _socket.Dispose();
}

/// <summary>Something went wrong on the way to the peer or in its answers; says nothing about what was asked.</summary>
public sealed class DBusException(string message) : Exception(message);
