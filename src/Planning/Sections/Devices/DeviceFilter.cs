using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using OciRun.Kernel;
using OciRun.Spec;
using static OciRun.Kernel.BpfOp;

namespace OciRun.Planning;

/// <summary>Compiles device rules to a program of type BPF_PROG_TYPE_CGROUP_DEVICE, which cgroup v2 has instead of device files
/// (kernel: Documentation/admin-guide/cgroup-v2.rst, "Device controller").</summary>
public static class DeviceFilter
{
    /// <summary>Bytes of one struct bpf_insn.</summary>
    public const int InstructionSize = 8;

    /// <summary>The instructions; null when every device is allowed, and nothing needs to be attached.</summary>
    public static byte[]? Compile(List<SpecDeviceRule>? rules, List<ConfigProblem> problems) =>
        Compile(DeviceRuleSet.Fold(rules, problems));

    /// <summary>The instructions; null when every device is allowed.</summary>
    public static byte[]? Compile(DeviceRuleSet set)
    {
        if (set.DefaultAllow && set.Exceptions.Count == 0)
        {
            return null;
        }
        DeviceException[] defaults = set.DefaultAllow ? DeviceRuleSet.Defaults() : [];
        Assembler code = new((set.Exceptions.Count + defaults.Length) * Assembler.MaxBlock + 16);
        code.Prologue();
        // With a list of refusals, these may cover devices that every container needs (/dev/null and its like): the defaults
        // are tested first.
        foreach (DeviceException device in defaults)
        {
            code.AllowWhenSubset(device);
        }
        foreach (DeviceException device in set.Exceptions)
        {
            if (set.DefaultAllow)
            {
                code.DenyWhenOverlapping(device);
            }
            else
            {
                code.AllowWhenSubset(device);
            }
        }
        code.Return(set.DefaultAllow);
        return code.ToArray();
    }

    /// <summary>Writes struct bpf_insn: code, registers, offset, immediate. Register 2 holds the device type, 3 the access, 4 and
    /// 5 the numbers.</summary>
    ref struct Assembler(int capacity)
    {
        public const int MaxBlock = 14;

        const byte LoadWord = BPF_LDX | BPF_MEM | BPF_W;
        const byte MoveReg = BPF_ALU64 | BPF_MOV | BPF_X;
        const byte MoveImm = BPF_ALU64 | BPF_MOV | BPF_K;
        const byte AndImm = BPF_ALU64 | BPF_AND | BPF_K;
        const byte ShiftRight = BPF_ALU64 | BPF_RSH | BPF_K;
        const byte Jump = BPF_JMP | BPF_JA;
        const byte JumpNotEqual = BPF_JMP | BPF_JNE | BPF_K;
        const byte JumpEqual = BPF_JMP | BPF_JEQ | BPF_K;
        const byte Exit = BPF_JMP | BPF_EXIT;

        readonly byte[] _bytes = new byte[capacity * InstructionSize];
        int _count;

        public readonly byte[] ToArray() => _bytes.AsSpan(0, _count * InstructionSize).ToArray();

        /// <summary>Takes struct bpf_cgroup_dev_ctx apart: access_type (access in the upper half, type in the lower), major,
        /// minor.</summary>
        public void Prologue()
        {
            Emit(LoadWord, 2, 1, 0, 0);
            Emit(MoveReg, 3, 2, 0, 0);
            Emit(AndImm, 2, 0, 0, 0xffff);
            Emit(ShiftRight, 3, 0, 0, 16);
            Emit(LoadWord, 4, 1, 4, 0);
            Emit(LoadWord, 5, 1, 8, 0);
        }

        public void AllowWhenSubset(DeviceException device) =>
            Block(device, JumpEqual, ~(int)device.Access & 7, device.Access != DeviceAccess.All, true);

        public void DenyWhenOverlapping(DeviceException device) => Block(device, JumpNotEqual, (int)device.Access, true, false);

        public void Return(bool allow)
        {
            Emit(MoveImm, 0, 0, 0, allow ? 1 : 0);
            Emit(Exit, 0, 0, 0, 0);
        }

        /// <summary>One exception: a test that fails leads over the rest of the block.</summary>
        void Block(DeviceException device, byte accessJump, int accessMask, bool testAccess, bool result)
        {
            int length = 4 + (testAccess ? 4 : 0) + (device.Major >= 0 ? 2 : 0) + (device.Minor >= 0 ? 2 : 0);
            int end = _count + length;
            Test(JumpEqual, 2, device.Type == 'b' ? BpfDevcg.BPF_DEVCG_DEV_BLOCK : BpfDevcg.BPF_DEVCG_DEV_CHAR, end);
            if (device.Major >= 0)
            {
                Test(JumpEqual, 4, (int)device.Major, end);
            }
            if (device.Minor >= 0)
            {
                Test(JumpEqual, 5, (int)device.Minor, end);
            }
            if (testAccess)
            {
                Emit(MoveReg, 1, 3, 0, 0);
                Emit(AndImm, 1, 0, 0, accessMask);
                Test(accessJump, 1, 0, end);
            }
            Return(result);
        }

        /// <summary>Goes on when the test holds, and elsewhere by a jump of its own. The verifier (kernel/bpf/verifier.c) first
        /// follows what comes next: so it first sees the whole program with nothing known of the device, finds every later path
        /// covered by that, and is done in linear time. The other way round it takes a million steps for 500 exceptions, and then
        /// gives up.</summary>
        void Test(byte code, int register, int value, int otherwise)
        {
            Emit(code, register, 0, 1, value);
            Emit(Jump, 0, 0, checked((short)(otherwise - _count - 1)), 0);
        }

        void Emit(byte code, int destination, int source, short offset, int immediate)
        {
            Span<byte> at = _bytes.AsSpan(_count * InstructionSize, InstructionSize);
            at[0] = code;
            at[1] = (byte)(destination | (source << 4));
            BinaryPrimitives.WriteInt16LittleEndian(at[2..], offset);
            BinaryPrimitives.WriteInt32LittleEndian(at[4..], immediate);
            _count++;
        }
    }
}
