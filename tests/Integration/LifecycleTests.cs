using Xunit;

namespace OciRun.Tests.Integration;

public sealed class LifecycleTests : ContainerTest
{
    [Fact]
    public void Run_shows_the_container_from_inside()
    {
        var seen = Run(NewBundle("report"));
        Assert.Equal("1", seen["pid"]);
        Assert.Equal("inside", seen["hostname"]);
    }

    [Fact]
    public void Create_state_start_state_kill_delete_walks_the_state_machine()
    {
        var id = Create(NewBundle("sleep", "60"));
        Assert.Equal("created", Status(id));
        Ok(Oci("start", id));
        Assert.Equal("running", Status(id));
        Ok(Oci("kill", id, "KILL"));
        WaitStatus(id, "stopped");
        Ok(Oci("delete", id));
        Fails(Oci("state", id), 1, "does not exist");
    }
}
