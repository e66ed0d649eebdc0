using System;
using System.IO;
using System.Linq;
using OciRun.Kernel;
using OciRun.Syscalls;
using Xunit;

namespace OciRun.Tests.Abi;

/// <summary>The managed door on the running kernel.</summary>
public sealed class SyscallTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("oci-run-abi-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Failure_names_call_path_and_error()
    {
        SyscallException error = Assert.Throws<SyscallException>(
            () => Syscall.Open("/nowhere/x", OpenFlags.O_RDONLY));
        Assert.Equal("open(\"/nowhere/x\"): no such file or directory (ENOENT)", error.Message);
        Assert.Equal(Errno.ENOENT, error.Errno);
    }

    [Fact]
    public void A_nul_in_a_path_is_refused() =>
        Assert.Equal(Errno.EINVAL, Assert.Throws<SyscallException>(() => Syscall.Open("/etc\0/x", OpenFlags.O_RDONLY)).Errno);

    [Fact]
    public void Paths_of_any_length_and_script_reach_the_kernel()
    {
        string name = new('ä', 100);
        using SafeFd dir = Syscall.Open(_directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        Syscall.MkdirAt(dir, name, Mode.O755);
        File.CreateSymbolicLink(Path.Combine(_directory, "link"), "target");
        Assert.Equal(["link", name], Syscall.ListDirectory(dir).Order());
        Assert.Equal("target", Syscall.ReadlinkAt(dir, "link"));
        Assert.Equal(0, Syscall.TryFstatAt(dir, name, 0, out Stat stat));
        Assert.Equal(StatMode.S_IFDIR, stat.st_mode & StatMode.S_IFMT);
    }

    [Fact]
    public void Files_are_read_up_to_the_bound_and_no_further()
    {
        string path = Path.Combine(_directory, "file");
        byte[] bytes = [.. Enumerable.Range(0, 20000).Select(i => (byte)i)];
        File.WriteAllBytes(path, bytes);
        Assert.Equal(bytes, Syscall.ReadAll(path, 20000));
        Assert.Equal(Errno.EFBIG, Assert.Throws<SyscallException>(() => Syscall.ReadAll(path, 19999)).Errno);
    }

    [Fact]
    public void Descriptors_travel_over_a_socket_at_a_long_path()
    {
        string deep = Path.Combine(_directory, new string('d', 120));
        Directory.CreateDirectory(deep);
        using SafeFd listener = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_STREAM);
        Syscall.BindUnix(listener, deep + "/sock");
        Syscall.Listen(listener, 1);
        using SafeFd client = Syscall.Socket(AddressFamily.AF_UNIX, SocketType.SOCK_STREAM);
        Assert.Equal(0, Syscall.TryConnectUnix(client, deep + "/sock"));
        using SafeFd server = Syscall.Own(Syscall.Try(Sys.accept4, listener, 0, 0, SocketType.SOCK_CLOEXEC), "accept4");
        (SafeFd read, SafeFd write) = Syscall.Pipe2();
        using (read)
        using (write)
        {
            Assert.Equal(2, Syscall.TrySendMsg(client, "hi"u8, [read.Value, write.Value]));
            int[] fds = new int[4];
            byte[] buffer = new byte[8];
            Assert.Equal(2, Syscall.TryRecvMsg(server, buffer, fds, out int count));
            Assert.Equal(2, count);
            Assert.Equal(Syscall.Fstat(read).st_ino, Syscall.Fstat(fds[0]).st_ino);
            Assert.Equal(Fcntl.FD_CLOEXEC, Syscall.TryGetFdFlags(fds[1]));
            Syscall.TryClose(fds[0]);
            Syscall.TryClose(fds[1]);
        }
    }

    [Fact]
    public void Poll_sees_data_and_time()
    {
        (SafeFd read, SafeFd write) = Syscall.Pipe2();
        using (read)
        using (write)
        {
            Assert.Equal(0, Syscall.Poll(read, PollEvents.POLLIN, 1));
            Syscall.WriteAll(write, "x"u8);
            Assert.Equal(PollEvents.POLLIN, Syscall.Poll(read, PollEvents.POLLIN, -1));
        }
    }

    [Fact]
    public void A_sealed_memfd_takes_no_more_writes()
    {
        using SafeFd fd = Syscall.MemfdCreate("sealed", MemfdFlags.MFD_ALLOW_SEALING);
        Syscall.WriteAll(fd, "x"u8);
        Syscall.FcntlAddSeals(fd, Seal.F_SEAL_WRITE | Seal.F_SEAL_SEAL);
        Assert.Equal(-Errno.EPERM, Syscall.TryWrite(fd, "y"u8));
    }

    [Fact]
    public void The_child_door_gives_results_and_negative_errnos()
    {
        Assert.Equal(Syscall.Getpgrp(), ChildSys.Call(Sys.getpgid));
        Assert.Equal(-Errno.EBADF, ChildSys.Call(Sys.close, -1));
    }
}
