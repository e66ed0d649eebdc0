using System;

namespace OciRun.Spec;

// config-linux.md, "Control groups".
public static partial class ConfigReader
{
    static SpecResources? Resources(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecResources();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("devices"u8))
            {
                value.Devices = json.Objects(DeviceRule);
            }
            else if (name.SequenceEqual("memory"u8))
            {
                value.Memory = Memory(ref json);
            }
            else if (name.SequenceEqual("cpu"u8))
            {
                value.Cpu = Cpu(ref json);
            }
            else if (name.SequenceEqual("pids"u8))
            {
                value.Pids = Pids(ref json);
            }
            else if (name.SequenceEqual("blockIO"u8))
            {
                value.BlockIO = BlockIO(ref json);
            }
            else if (name.SequenceEqual("hugepageLimits"u8))
            {
                value.HugepageLimits = json.Objects(HugepageLimit);
            }
            else if (name.SequenceEqual("network"u8))
            {
                value.Network = Network(ref json);
            }
            else if (name.SequenceEqual("rdma"u8))
            {
                value.Rdma = json.Map(Rdma);
            }
            else if (name.SequenceEqual("unified"u8))
            {
                value.Unified = json.StringMap();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecDeviceRule? DeviceRule(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecDeviceRule();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("allow"u8))
            {
                given |= json.Given(0);
                value.Allow = json.Bool();
            }
            else if (name.SequenceEqual("type"u8))
            {
                value.Type = json.String();
            }
            else if (name.SequenceEqual("major"u8))
            {
                value.Major = json.I64OrNull();
            }
            else if (name.SequenceEqual("minor"u8))
            {
                value.Minor = json.I64OrNull();
            }
            else if (name.SequenceEqual("access"u8))
            {
                value.Access = json.String();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "allow");
        return value;
    }

    static SpecMemory? Memory(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecMemory();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("limit"u8))
            {
                value.Limit = json.I64OrNull();
            }
            else if (name.SequenceEqual("reservation"u8))
            {
                value.Reservation = json.I64OrNull();
            }
            else if (name.SequenceEqual("swap"u8))
            {
                value.Swap = json.I64OrNull();
            }
            else if (name.SequenceEqual("kernel"u8))
            {
                value.Kernel = json.I64OrNull();
            }
            else if (name.SequenceEqual("kernelTCP"u8))
            {
                value.KernelTCP = json.I64OrNull();
            }
            else if (name.SequenceEqual("swappiness"u8))
            {
                value.Swappiness = json.U64OrNull();
            }
            else if (name.SequenceEqual("disableOOMKiller"u8))
            {
                value.DisableOOMKiller = json.BoolOrNull();
            }
            else if (name.SequenceEqual("useHierarchy"u8))
            {
                value.UseHierarchy = json.BoolOrNull();
            }
            else if (name.SequenceEqual("checkBeforeUpdate"u8))
            {
                value.CheckBeforeUpdate = json.BoolOrNull();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecCpu? Cpu(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecCpu();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("shares"u8))
            {
                value.Shares = json.U64OrNull();
            }
            else if (name.SequenceEqual("quota"u8))
            {
                value.Quota = json.I64OrNull();
            }
            else if (name.SequenceEqual("burst"u8))
            {
                value.Burst = json.U64OrNull();
            }
            else if (name.SequenceEqual("period"u8))
            {
                value.Period = json.U64OrNull();
            }
            else if (name.SequenceEqual("realtimeRuntime"u8))
            {
                value.RealtimeRuntime = json.I64OrNull();
            }
            else if (name.SequenceEqual("realtimePeriod"u8))
            {
                value.RealtimePeriod = json.U64OrNull();
            }
            else if (name.SequenceEqual("cpus"u8))
            {
                value.Cpus = json.String();
            }
            else if (name.SequenceEqual("mems"u8))
            {
                value.Mems = json.String();
            }
            else if (name.SequenceEqual("idle"u8))
            {
                value.Idle = json.I64OrNull();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecPids? Pids(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecPids();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("limit"u8))
            {
                value.Limit = json.I64OrNull();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecHugepageLimit? HugepageLimit(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecHugepageLimit();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("pageSize"u8))
            {
                value.PageSize = json.String();
            }
            else if (name.SequenceEqual("limit"u8))
            {
                given |= json.Given(0);
                value.Limit = json.U64();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "limit");
        return value;
    }

    static SpecNetwork? Network(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecNetwork();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("classID"u8))
            {
                value.ClassID = json.U32OrNull();
            }
            else if (name.SequenceEqual("priorities"u8))
            {
                value.Priorities = json.Objects(InterfacePriority);
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecInterfacePriority? InterfacePriority(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecInterfacePriority();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("name"u8))
            {
                value.Name = json.String();
            }
            else if (name.SequenceEqual("priority"u8))
            {
                given |= json.Given(0);
                value.Priority = json.U32();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "priority");
        return value;
    }

    static SpecRdma? Rdma(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecRdma();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("hcaHandles"u8))
            {
                value.HcaHandles = json.U32OrNull();
            }
            else if (name.SequenceEqual("hcaObjects"u8))
            {
                value.HcaObjects = json.U32OrNull();
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }
}
