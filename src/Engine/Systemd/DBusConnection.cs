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
    readonly SafeFd socket_;
    readonly Deadline deadline_;
    readonly Queue<DBusMessage> signals_ = new();
    byte[] buffer_ = new byte[4096];
    int filled_;
    uint serial_;

    DBusConnection(SafeFd socket, bool isBus, Deadline deadline)
    {
        socket_ = socket;
        IsBus = isBus;
        deadline_ = deadline;
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
        while ((result = Syscall.TryConnectUnix(socket_, path)) == -Errno.EAGAIN && deadline_.LeftMs > 0)
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
            Serial = ++serial_,
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
                signals_.Enqueue(message);
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
        while (signals_.Count == 0)
        {
            DBusMessage message = Receive();
            if (message.Type == DBusMessageType.Signal)
            {
                signals_.Enqueue(message);
            }
        }
        return signals_.Dequeue();
    }

    void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = Syscall.TrySendMsg(socket_, bytes);
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
        while ((end = buffer_.AsSpan(0, filled_).IndexOf("\r\n"u8)) < 0)
        {
            if (filled_ >= 4096)
            {
                throw new DBusException("the bus does not speak D-Bus");
            }
            Fill();
        }
        string line = Encoding.ASCII.GetString(buffer_, 0, end);
        Consume(end + 2);
        return line;
    }

    DBusMessage Receive()
    {
        try
        {
            while (filled_ < DBusMessage.FixedHeader)
            {
                Fill();
            }
            int total = DBusMessage.TotalLength(buffer_);
            while (filled_ < total)
            {
                Fill();
            }
            DBusMessage message = DBusMessage.Parse(buffer_.AsSpan(0, total));
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
        filled_ -= count;
        Buffer.BlockCopy(buffer_, count, buffer_, 0, filled_);
    }

    void Fill()
    {
        if (filled_ == buffer_.Length)
        {
            Array.Resize(ref buffer_, buffer_.Length * 2);
        }
        while (true)
        {
            int count = Syscall.TryRead(socket_, buffer_.AsSpan(filled_));
            if (count > 0)
            {
                filled_ += count;
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
        int left = deadline_.LeftMs;
        if (left == 0 || Syscall.Poll(socket_, events, left) == 0)
        {
            throw new DBusException("no answer within " + (deadline_.TotalMs + 999) / 1000 + " seconds");
        }
    }

    public void Dispose() => socket_.Dispose();
}

/// <summary>Something went wrong on the way to the peer or in its answers; says nothing about what was asked.</summary>
public sealed class DBusException(string message) : Exception(message);
